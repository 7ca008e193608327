import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

import click
import httpx2
import pytest
from click.testing import CliRunner

from openaddons import __version__
from openaddons.cli.main import COMMANDS, LazyGroup
from openaddons.cli.output import one_line, progress_bar, size_in_words
from openaddons.errors import NotKnown
from tests.unit.cli.command_line import CommandLine
from tests.unit.client.scripted import (
    OPERATION,
    PRODUCT,
    SECRET,
    Scripted,
    accepted,
    operation,
    token,
)

ICONS_MISSING = {
    "code": "IconsMissing",
    "severity": "warning",
    "message": "There is no 128 px icon.",
    "fix": "Add icons 16, 48 and 128.",
    "file": "manifest.json",
    "line": None,
    "column": None,
}
NOT_FOUND = httpx2.Response(404, json={"statusCode": 404, "message": "Resource not found."})


# upload, publish


def test_upload_says_what_is_true_and_what_is_next(openaddons: CommandLine) -> None:
    result = openaddons("upload", "tab-tally.zip", script=(accepted(), operation(message="Done.")))

    assert result.exit_code == 0
    assert result.stdout == (
        f"tab-tally.zip (1.1.0) is now the draft of product {PRODUCT}. Done. "
        "To send it to certification: openaddons publish --draft\n"
    )
    assert result.stderr == ""


def test_publish_with_a_package_uploads_waits_publishes_and_waits(openaddons: CommandLine) -> None:
    result = openaddons(
        "publish",
        "tab-tally.zip",
        "--notes",
        "Hello",
        script=(
            accepted(),
            operation("InProgress"),
            operation(),
            accepted(),
            operation("InProgress"),
            operation(message="Successfully created submission with ID 1152921505694969999"),
        ),
    )

    assert result.exit_code == 0
    assert "is sent to certification" in result.stdout
    assert "submission with ID 1152921505694969999. Browsers get it" in result.stdout
    assert json.loads(openaddons.store.requests[3].content) == {"notes": "Hello"}


def test_publish_alone_publishes_the_draft(openaddons: CommandLine) -> None:
    result = openaddons("publish", script=(accepted(), operation()))

    assert result.exit_code == 0
    assert [request.method for request in openaddons.store.requests] == ["POST", "GET"]


def test_a_refused_package_is_never_published(openaddons: CommandLine) -> None:
    failed = operation("Failed", message="1 problem.", errorCode="PackageValidationError", errors=["Bad."])

    result = openaddons("publish", "tab-tally.zip", script=(accepted(), failed))

    assert result.exit_code == 4
    assert len(openaddons.store.requests) == 2


def test_a_failure_lists_every_error_and_what_to_do(openaddons: CommandLine) -> None:
    failed = operation(
        "Failed",
        message="The package has 2 problems.",
        errorCode="PackageValidationError",
        errors=[
            {"message": "No name.", "code": "ManifestName", "file": "manifest.json", "line": 2},
            "No icon.",
        ],
    )

    result = openaddons("upload", "tab-tally.zip", script=(accepted(), failed))

    assert result.exit_code == 4
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "error: The package has 2 problems. [PackageValidationError]",
        "  - manifest.json:2: No name. [ManifestName]",
        "  - No icon.",
        "next: Correct what the errors name, build the package again and upload it. The draft is unchanged.",
        "  openaddons lint tab-tally.zip",
        f"operation: {OPERATION}",
    ]


@pytest.mark.parametrize(
    ("script", "exit_code", "outcome"),
    [
        ((httpx2.Response(401),), 3, "credentials_rejected"),
        ((NOT_FOUND,), 2, "not_found"),
        ((accepted(), operation("Failed", errorCode="CreateNotAllowed")), 5, "create_not_allowed"),
        ((accepted(), operation("Failed", errorCode="InProgressSubmission")), 6, "submission_in_progress"),
        ((accepted(), operation("Failed", errorCode="NoModulesUpdated")), 7, "nothing_to_publish"),
        ((accepted(), operation("Failed")), 9, "operation_failed"),
        ((accepted(), *[operation("InProgress")] * 99), 8, "timeout"),
        ((httpx2.ReadError("reset"),), 9, "answer_lost"),
        ((*[httpx2.ConnectError("refused")] * 6,), 9, "network_error"),
        ((httpx2.Response(500),), 9, "store_unavailable"),
    ],
)
def test_every_outcome_has_an_exit_code_and_a_word(
    openaddons: CommandLine, script: tuple[Scripted, ...], exit_code: int, outcome: str
) -> None:
    text = openaddons("publish", script=script)
    document = openaddons("publish", "--json", script=script)

    assert (text.exit_code, document.exit_code) == (exit_code, exit_code)
    assert text.stderr.startswith("error: ")
    assert "\nnext: " in text.stderr
    parsed = json.loads(document.stdout)
    assert (parsed["outcome"], parsed["exit_code"]) == (outcome, exit_code)
    assert parsed["message"]
    assert document.stderr == ""


def test_json_is_one_document(openaddons: CommandLine) -> None:
    result = openaddons("upload", "tab-tally.zip", "--json", script=(accepted(), operation(message="Done")))

    assert json.loads(result.stdout) == {
        "outcome": "uploaded",
        "exit_code": 0,
        "message": "Done",
        "advice": "To send it to certification:",
        "next": ["openaddons publish --draft"],
        "product_id": PRODUCT,
        "package": {"path": "tab-tally.zip", "version": "1.1.0"},
        "upload_id": OPERATION,
        "publish_id": None,
        "submission_id": None,
        "status": "Succeeded",
        "error_code": None,
        "errors": [],
        "findings": [ICONS_MISSING],
        "http_status": None,
        "correlation_id": None,
    }


@pytest.mark.parametrize("command", ["upload", "publish"])
def test_no_wait_gives_the_operation(openaddons: CommandLine, command: str) -> None:
    arguments = ["tab-tally.zip"] if command == "upload" else []

    result = openaddons(command, *arguments, "--no-wait", script=(accepted(),))

    assert result.exit_code == 0
    assert result.stdout.endswith(f"openaddons wait {OPERATION}\n")


def test_notes_come_from_a_file_or_stdin(openaddons: CommandLine, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("\ufeffUse the demo account.", encoding="utf-8")

    openaddons("publish", "--notes-file", str(notes), script=(accepted(), operation()))
    assert json.loads(openaddons.store.requests[0].content) == {"notes": "Use the demo account."}

    openaddons("publish", "--notes-file", "-", script=(accepted(), operation()), input="From stdin.")
    assert json.loads(openaddons.store.requests[0].content) == {"notes": "From stdin."}


def test_what_a_store_says_is_neither_an_order_to_the_terminal_nor_to_the_build(
    openaddons: CommandLine,
) -> None:
    failed = operation("Failed", errorCode="X", message="a\n::error::b\x1b[2Jc")

    result = openaddons("publish", script=(accepted(), failed))

    assert result.stderr.startswith("error: a ::error::b [2Jc [X]\n")


# status


def test_status_finds_an_upload_or_else_a_publish(openaddons: CommandLine) -> None:
    script = (NOT_FOUND, operation())
    result = openaddons("status", OPERATION, script=script)

    assert result.exit_code == 0
    assert "is sent to certification" in result.stdout
    document = json.loads(openaddons("status", OPERATION, "--json", script=script).stdout)
    assert (document["upload_id"], document["publish_id"]) == (None, OPERATION)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("upload", "submissions/draft/package/operations"), ("publish", "submissions/operations")],
)
def test_status_asks_for_one_kind_when_told(openaddons: CommandLine, kind: str, path: str) -> None:
    result = openaddons("status", OPERATION, "--kind", kind, script=(NOT_FOUND,))

    assert result.exit_code == 2
    assert openaddons.store.requests[0].url.path.endswith(f"{path}/{OPERATION}")


def test_status_of_an_operation_that_is_neither(openaddons: CommandLine) -> None:
    result = openaddons("status", OPERATION, script=(NOT_FOUND, NOT_FOUND))

    assert result.exit_code == 2
    assert f"neither an upload nor a publish {OPERATION}" in result.stderr


def test_status_of_an_operation_in_progress_is_not_done(openaddons: CommandLine) -> None:
    result = openaddons("status", OPERATION, "--json", script=(operation("InProgress"),))

    assert result.exit_code == 8
    assert json.loads(result.stdout)["outcome"] == "in_progress"


def test_wait_waits_for_the_end(openaddons: CommandLine) -> None:
    result = openaddons(
        "wait", OPERATION, script=(operation("InProgress"), operation("InProgress"), operation())
    )

    assert result.exit_code == 0
    assert len(openaddons.store.requests) == 3


def test_status_of_a_failed_operation_fails(openaddons: CommandLine) -> None:
    failed = operation("Failed", errorCode="NoModulesUpdated", message="No updates.")

    assert openaddons("status", OPERATION, "--kind", "publish", script=(failed,)).exit_code == 7


# Usage


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (["wait"], {}, "OPERATION_ID"),
        (["publish", "tab-tally.zip", "--draft"], {}, "not both"),
        (["publish", "--wait-for-slot", "9", "--wait", "none"], {}, "needs to wait"),
        (["publish", "--config", "none.toml"], {}, "does not exist"),
        (["publish", "--api-key-file", "-", "--notes-file", "-"], {}, "stdin cannot be both"),
        (["publish", "--notes-file", "tab-tally.zip"], {}, "The notes are not UTF-8"),
        (["status", "operation-1"], {}, "must be a GUID"),
        (["publish"], {"EDGE_ADDONS_PRODUCT_ID": None}, "EDGE_ADDONS_PRODUCT_ID"),
        (["publish"], {"EDGE_ADDONS_PRODUCT_ID": "tab-tally"}, "neither a product ID"),
        (["publish"], {"EDGE_ADDONS_CLIENT_ID": None}, "EDGE_ADDONS_CLIENT_ID"),
        (["publish"], {"EDGE_ADDONS_API_KEY": None}, "EDGE_ADDONS_API_KEY"),
        (["publish"], {"EDGE_ADDONS_API_KEY": "s3cr\net"}, "holds a blank"),
        (["publish"], {"EDGE_ADDONS_CLIENT_SECRET": "other"}, "not both"),
        (["publish"], {"EDGE_ADDONS_API_KEY": None, "EDGE_ADDONS_CLIENT_SECRET": "s"}, "--token-url"),
        (["publish"], {"EDGE_ADDONS_BASE_URL": "store.test"}, "must begin with https://"),
        (["publish", "--base-url", ""], {}, "must begin with https://"),
        (["publish", "--ca-file", "none.pem"], {}, "none.pem (--ca-file) has no certificate authorities"),
        (["publish"], {"EDGE_ADDONS_CA_FILE": "tab-tally.zip"}, "has no certificate authorities"),
        (["publish", "none.zip"], {}, "does not exist"),
        (["publish", "--notes", "a", "--notes-file", "-"], {}, "not two of them"),
        (["upload"], {}, "ZIP"),
    ],
)
def test_wrong_usage_is_explained_and_sends_nothing(
    openaddons: CommandLine, arguments: list[str], env: dict[str, str | None], said: str
) -> None:
    result = openaddons(*arguments, env=env, input="a-key")

    assert result.exit_code == 2
    assert said in result.stderr
    assert openaddons.store.requests == []


def test_a_key_with_a_line_end_from_the_build_system_works(openaddons: CommandLine) -> None:
    result = openaddons(
        "publish", script=(accepted(), operation()), env={"EDGE_ADDONS_API_KEY": f"{SECRET}\n"}
    )

    assert result.exit_code == 0
    assert openaddons.store.requests[0].headers["authorization"] == f"ApiKey {SECRET}"


def test_a_client_secret_is_exchanged_for_a_token(openaddons: CommandLine) -> None:
    result = openaddons(
        "publish",
        script=(token(), accepted(), operation()),
        env={
            "EDGE_ADDONS_API_KEY": None,
            "EDGE_ADDONS_CLIENT_SECRET": SECRET,
            "EDGE_ADDONS_TOKEN_URL": "https://login.test/t/oauth2/v2.0/token",
        },
    )

    assert result.exit_code == 0
    assert openaddons.store.requests[1].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize("command", ["upload", "publish", "status", "wait", "check-credentials"])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_exit_code_and_no_secret(openaddons: CommandLine, command: str, flag: str) -> None:
    result = openaddons(command, flag)

    assert result.exit_code == 0
    assert "Exit codes:" in result.stdout
    assert all(f"\n    {code}  " in result.stdout for code in (0, 2, 3, 4, 5, 6, 7, 8, 9))


# The group


def test_help_and_version_import_no_command() -> None:
    code = (
        "import sys; from openaddons.cli.main import main\n"
        "try: main([sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "heavy = {'httpx2', 'starlette', 'sqlalchemy', 'openaddons.client'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    for flag in ("--help", "--version"):
        done = run([sys.executable, "-c", code, flag], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert __version__ in done.stdout or all(name in done.stdout for name in COMMANDS)


def test_the_client_imports_nothing_of_the_server_and_no_http_library() -> None:
    code = (
        "import sys; from openaddons.client import EdgeAddons\n"
        "ours = {name for name in sys.modules if name.startswith('openaddons')}\n"
        "alien = {name for name in ours if not name.startswith('openaddons.client')} - {'openaddons'}\n"
        "sys.exit(f'{alien}' if alien or 'httpx2' in sys.modules else 0)"
    )

    assert run([sys.executable, "-c", code], check=False).returncode == 0


def group_of(function: Callable[[], None] | None = None, module: str = "openaddons.none:x") -> LazyGroup:
    group = LazyGroup("openaddons", commands_table={"serve": (module, "Run the store.")})
    if function is not None:
        group.add_command(click.command("run")(function))
    return group


def test_a_refusal_of_the_store_is_one_line_and_exit_code_1() -> None:
    def refuse() -> None:
        raise NotKnown(noun="product", id="x")

    result = CliRunner().invoke(group_of(refuse), ["run"])

    assert result.exit_code == 1
    assert result.stderr == "error: There is no product x. [NotKnown]\n"


def test_a_library_that_is_not_installed_names_the_extra() -> None:
    result = CliRunner().invoke(group_of(module="a_library_nobody_has.x:y"), ["serve"])

    assert result.exit_code == 1
    assert "pip install 'openaddons[server]'" in result.stderr


def test_a_module_of_ours_that_is_missing_is_not_hidden() -> None:
    with pytest.raises(ModuleNotFoundError):
        CliRunner().invoke(group_of(), ["serve"], catch_exceptions=False)


def test_completion_reads_the_table_alone() -> None:
    items = group_of(lambda: None).shell_complete(click.Context(group_of()), "")

    assert [(item.value, item.help) for item in items] == [("run", ""), ("serve", "Run the store.")]


# Output


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (12_300, "12.3 kB"),
        (4_500_000, "4.5 MB"),
        (2 * 10**12, "2000.0 GB"),
    ],
)
def test_sizes_in_words(size_bytes: int, words: str) -> None:
    assert size_in_words(size_bytes) == words


def test_one_line_keeps_letters_of_every_script() -> None:
    assert one_line(" Größe\t→ 大きい\r\n") == "Größe → 大きい"


def test_one_line_gives_no_orders_to_a_build() -> None:
    assert one_line("a\n::error::b ##[add-mask]c") == "a ::error::b ## [add-mask]c"


def test_progress_is_drawn_for_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert progress_bar("Uploading", quiet=False) is None

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert progress_bar("Uploading", quiet=True) is None
    draw = progress_bar("Uploading", quiet=False)
    assert draw is not None
    for done_bytes in (0, 1, 500, 1000):
        draw(done_bytes, 1000)

    drawn = capsys.readouterr().err
    assert drawn.count("\r") == 3
    assert drawn.endswith(f"[{'#' * 30}] 100 %\n")
