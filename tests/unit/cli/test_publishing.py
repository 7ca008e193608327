"""What `openaddons publish` does around the four calls: the check, the waits, the settings, the ways on."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openaddons.client import EdgeAddonsError, RequestRefused
from tests.unit.cli.command_line import ENVIRONMENT, PUBLISH, STORY, UPLOAD, CommandLine, write_package
from tests.unit.client.managed import answer, key, live, problem, product, submission
from tests.unit.client.scripted import (
    CUT,
    OPERATION,
    PRODUCT,
    REFUSED,
    SECRET,
    Scripted,
    accepted,
    operation,
)

NOT_FOUND = httpx2.Response(404, json={"statusCode": 404, "message": "Resource not found."})
BUSY = operation("Failed", errorCode="InProgressSubmission", message="In progress.")
UNCHANGED = operation("Failed", errorCode="NoModulesUpdated", message="No updates.")


def document(openaddons: CommandLine, *arguments: str, **options: Any) -> dict[str, Any]:
    """The one document of ``--json``."""
    return dict(json.loads(openaddons(*arguments, "--json", **options).stdout))


# The check


def test_a_package_with_errors_is_shown_as_lint_shows_it_and_not_sent(openaddons: CommandLine) -> None:
    write_package(Path("bad.zip"), "1.0beta")

    result = openaddons("publish", "bad.zip")

    assert (result.exit_code, result.stdout, openaddons.store.requests) == (4, "", [])
    assert "bad.zip/manifest.json:1:" in result.stderr
    assert ": error: VersionInvalid\n" in result.stderr
    assert "\nerror: bad.zip has errors, so nothing was sent.\nnext: " in result.stderr


def test_a_package_with_errors_is_told_to_scripts_with_its_findings(openaddons: CommandLine) -> None:
    write_package(Path("bad.zip"), "1.0beta")

    said = document(openaddons, "upload", "bad.zip")

    assert (said["outcome"], said["exit_code"]) == ("package_refused", 4)
    assert [finding["code"] for finding in said["findings"]] == ["VersionInvalid", "IconsMissing"]
    assert openaddons.store.requests == []


def test_who_insists_sends_it_unchecked(openaddons: CommandLine) -> None:
    write_package(Path("bad.zip"), "1.0beta")

    assert openaddons("publish", "bad.zip", "--no-lint", script=STORY).exit_code == 0
    assert len(openaddons.store.requests) == 4


def test_a_folder_is_packed_and_sent(openaddons: CommandLine) -> None:
    Path("ext").mkdir()
    Path("ext/manifest.json").write_text(
        '{"manifest_version": 3, "name": "A", "version": "2.0"}', encoding="utf-8"
    )

    result = openaddons("publish", "ext", script=STORY)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"ext (2.0) of product {PRODUCT} is sent to certification.")
    assert openaddons.store.requests[0].read().startswith(b"PK\x03\x04")


# How far


def test_without_waiting_nothing_is_asked(openaddons: CommandLine) -> None:
    said = document(openaddons, "publish", "--wait", "none", script=(accepted(PUBLISH),))

    assert (said["outcome"], said["publish_id"]) == ("accepted", PUBLISH)
    assert said["next"] == [f"openaddons wait {PUBLISH}"]


def test_in_review_says_how_the_product_stands(openaddons: CommandLine) -> None:
    script = (accepted(), operation(), answer(product()))
    result = openaddons("publish", "--wait", "in-review", script=script, managed=True)

    assert result.stdout == (
        f"The draft of product {PRODUCT} is sent to certification. The product is now: "
        "In the store + update in review. Version 1.2.0 waits for a reviewer's decision.\n"
    )


def test_in_review_is_accepted_where_the_store_says_no_more(openaddons: CommandLine) -> None:
    result = openaddons("publish", "--wait", "in-review", script=(accepted(), operation()))

    assert result.exit_code == 0
    assert result.stdout.endswith("Browsers get it when it has passed certification.\n")


IN_STORE = (
    answer({"submissions": [submission()]}),
    answer(product()),
    answer(product(live=live("1.2.0"), submission=submission("In the store"), state="In the store")),
)


def test_in_store_waits_until_browsers_get_it(openaddons: CommandLine) -> None:
    script = (answer(product()), accepted(), operation(), *IN_STORE)
    result = openaddons("publish", "--wait", "in-store", script=script, managed=True)

    assert result.exit_code == 0
    assert result.stdout == (
        "Version 1.2.0 of Tab Tally is in the store. Browsers get it with their next update check.\n"
    )


def test_another_process_takes_up_the_way_into_the_store(openaddons: CommandLine) -> None:
    script = (problem(404), operation(), *IN_STORE)

    assert openaddons("wait", OPERATION, "--until", "in-store", script=script, managed=True).exit_code == 0


def test_in_store_is_refused_at_another_make_of_store_before_anything_is_sent(
    openaddons: CommandLine,
) -> None:
    said = document(openaddons, "publish", "tab-tally.zip", "--wait", "in-store")

    assert (said["exit_code"], said["outcome"]) == (2, "not_supported")
    assert openaddons.store.requests == []


@pytest.mark.parametrize(
    ("state", "exit_code", "outcome"),
    [
        ("Review failed", 5, "review_failed"),
        ("Cancelled", 5, "submission_cancelled"),
        ("In review", 8, "timeout"),
    ],
)
def test_what_never_gets_into_the_store_is_a_failure(
    openaddons: CommandLine, state: str, exit_code: int, outcome: str
) -> None:
    stands = answer(product(submission=submission(state, reason="It hangs.")))
    script = (answer(product()), accepted(), operation(), IN_STORE[0], *[stands] * 90)

    said = document(openaddons, "publish", "--wait", "in-store", script=script, managed=True)

    assert (said["exit_code"], said["outcome"]) == (exit_code, outcome)


# Another submission in progress; nothing to publish


def test_a_slot_is_waited_for_and_taken(openaddons: CommandLine) -> None:
    script = (accepted(UPLOAD), operation(), *[accepted(), BUSY] * 2, accepted(), operation())
    result = openaddons("publish", "tab-tally.zip", "--wait-for-slot", "60", "--timeout", "1", script=script)

    assert result.exit_code == 0
    assert openaddons.clock.slept == [2.0, 5.0]


def test_a_slot_is_not_waited_for_longer_than_told(openaddons: CommandLine) -> None:
    result = openaddons("publish", "--wait-for-slot", "10", script=(accepted(), BUSY) * 9)

    assert (result.exit_code, sum(openaddons.clock.slept)) == (6, 10.0)
    assert "  openaddons publish --draft --wait-for-slot 3600\n" in result.stderr


def test_nothing_to_publish_may_be_well(openaddons: CommandLine) -> None:
    said = document(openaddons, "publish", "--ok-if-unchanged", script=(accepted(), UNCHANGED))

    assert (said["outcome"], said["exit_code"]) == ("unchanged", 0)


# Rehearsals


def rehearsed(openaddons: CommandLine, version: str = "1.2.0", *, managed: bool = True, **facts: Any) -> Any:
    write_package(Path("tab-tally.zip"), version)
    known = answer(product(**{"submission": None} | facts))
    missing = problem(404) if managed else NOT_FOUND
    script = (missing, known, known) if managed else (missing,)
    said = document(openaddons, "publish", "tab-tally.zip", "--dry-run", script=script, managed=managed)
    assert {request.method for request in openaddons.store.requests} == {"GET"}
    return said["outcome"], said["exit_code"], *said["next"]


def test_a_rehearsal_sends_nothing(openaddons: CommandLine) -> None:
    assert rehearsed(openaddons) == ("would_publish", 0)
    assert rehearsed(openaddons, managed=False) == ("would_publish", 0)


def test_a_rehearsal_foresees_a_version_that_is_not_higher(openaddons: CommandLine) -> None:
    assert rehearsed(openaddons, "1.1.0") == ("submission_invalid", 5)
    assert rehearsed(openaddons, "1.1.0", managed=False) == ("would_publish", 0)


def test_a_rehearsal_foresees_another_submission(openaddons: CommandLine) -> None:
    assert rehearsed(openaddons, submission=submission()) == (
        "submission_in_progress",
        6,
        "openaddons publish tab-tally.zip --wait-for-slot 3600",
    )
    assert rehearsed(openaddons, submission=submission("Superseded")) == ("would_publish", 0)


# check-credentials


def test_accepted_credentials_are_told_with_the_places_of_the_settings(openaddons: CommandLine) -> None:
    end = datetime.now(UTC) + timedelta(days=30)
    keys = [key(expiresTime=end.isoformat()), key(kind="clientSecret", expiresTime="2000-01-01T00:00:00Z")]
    script = (problem(404), answer(product()), answer({"keys": keys}))

    result = openaddons("check-credentials", script=script, managed=True)

    assert result.exit_code == 0
    assert f"knows product {PRODUCT}. The key ends on {end.date()}, in 30 days.\n" in result.stdout
    assert result.stdout.splitlines()[1:] == [
        "store          https://store.test (EDGE_ADDONS_BASE_URL)",
        f"product        {PRODUCT} (EDGE_ADDONS_PRODUCT_ID)",
        "client ID      client-1 (EDGE_ADDONS_CLIENT_ID)",
        "API key        (EDGE_ADDONS_API_KEY)",
    ]


@pytest.mark.parametrize(("age_days", "said"), [(64, "in 8 days"), (65, "warning: "), (73, "warning: ")])
def test_the_end_of_a_key_is_warned_of(openaddons: CommandLine, age_days: int, said: str) -> None:
    created = (datetime.now(UTC) - timedelta(days=age_days)).date().isoformat()
    result = openaddons("check-credentials", "--key-created", created, script=(NOT_FOUND,))

    assert result.exit_code == 0
    assert said in result.stdout


def test_a_product_that_the_credentials_do_not_open_is_no_success(openaddons: CommandLine) -> None:
    script = (problem(404), problem(404))

    assert openaddons("check-credentials", script=script, managed=True).exit_code == 2


def test_rejected_credentials_end_with_3(openaddons: CommandLine) -> None:
    result = openaddons("check-credentials", script=(httpx2.Response(401),))

    assert result.exit_code == 3


# Settings

LATER = "33333333-3333-4333-8333-333333333333"


def asked_product(openaddons: CommandLine, *arguments: str, **environment: str | None) -> str:
    openaddons("publish", "--draft", *arguments, script=(accepted(), operation()), env=environment)
    return openaddons.store.requests[0].url.path.split("/")[3]


def test_the_first_place_decides(openaddons: CommandLine) -> None:
    numbers = [f"{digit * 8}-1111-4111-8111-111111111111" for digit in "1234"]
    Path("openaddons.toml").write_text(f'[publish]\nproduct_id = "{numbers[3]}"\n', encoding="utf-8")
    assert asked_product(openaddons, EDGE_ADDONS_PRODUCT_ID=None) == numbers[3]

    Path(".env").write_text(f"EDGE_ADDONS_PRODUCT_ID={numbers[2]}\n", encoding="utf-8")
    assert asked_product(openaddons, EDGE_ADDONS_PRODUCT_ID=None) == numbers[2]
    assert asked_product(openaddons, EDGE_ADDONS_PRODUCT_ID=numbers[1]) == numbers[1]
    assert asked_product(openaddons, "--product", numbers[0], EDGE_ADDONS_PRODUCT_ID=numbers[1]) == numbers[0]


def test_openaddons_toml_tells_the_whole_story(openaddons: CommandLine) -> None:
    write_package(Path("tally-1.2.0.zip"), "1.2.0")
    Path("openaddons.toml").write_text(
        '[publish]\nbase_url = "https://store.test"\nclient_id = "client-1"\nwait = "none"\n'
        'notes_template = "Version {version}"\n'
        f'[products.tally]\nproduct_id = "{PRODUCT}"\npackage = "tally-{{version}}.zip"\n'
        f'[products.other]\nproduct_id = "{LATER}"\n',
        encoding="utf-8",
    )
    environment = dict.fromkeys(ENVIRONMENT) | {"EDGE_ADDONS_API_KEY": SECRET}

    result = openaddons("publish", "--product", "tally", script=STORY[:3], env=environment)

    assert result.exit_code == 0
    assert json.loads(openaddons.store.requests[2].content) == {"notes": "Version 1.2.0"}
    assert result.stdout.endswith(f"openaddons wait {PUBLISH} --product tally\n")


def test_the_key_comes_from_a_file_or_stdin(openaddons: CommandLine) -> None:
    Path("key").write_text(f"{SECRET}\n", encoding="utf-8")
    for file, given in (("key", None), ("-", f"{SECRET}\n")):
        result = openaddons(
            *("publish", "--api-key-file", file),
            script=(accepted(), operation()),
            env={"EDGE_ADDONS_API_KEY": "another"},
            input=given,
        )
        assert result.exit_code == 0
        assert openaddons.store.requests[0].headers["authorization"] == f"ApiKey {SECRET}"


KEYRING = """
def get_password(service, username):
    return {("https://store.test", "client-1"): "s3cr3t!$key"}.get((service, username))
"""


def test_the_keyring_gives_the_key_to_the_store_that_it_was_kept_for(
    openaddons: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring.py").write_text(KEYRING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    nothing: dict[str, str | None] = {"EDGE_ADDONS_API_KEY": None}

    kept = openaddons("publish", "--keyring", script=(accepted(), operation()), env=nothing)
    elsewhere = openaddons("publish", "--keyring", "--base-url", "https://evil.test", env=nothing)

    assert (kept.exit_code, elsewhere.exit_code) == (0, 2)
    assert "Run: keyring set https://evil.test client-1" in elsewhere.stderr


def test_the_keyring_is_imported_only_when_asked_for(
    openaddons: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert openaddons("publish", script=(accepted(), operation())).exit_code == 0
    result = openaddons("publish", "--keyring", env={"EDGE_ADDONS_API_KEY": None})
    assert result.exit_code == 2
    assert "pip install 'openaddons[keyring]'" in result.stderr


def test_verbose_says_where_each_setting_was_found(openaddons: CommandLine) -> None:
    Path(".env").write_text(f"EDGE_ADDONS_API_KEY='{SECRET}'\n", encoding="utf-8")
    result = openaddons(
        *("publish", "--verbose", "--base-url", "https://store.test/"),
        script=(accepted(), operation()),
        env={"EDGE_ADDONS_API_KEY": None},
    )

    assert result.stderr.splitlines() == [
        "store          https://store.test (--base-url)",
        f"product        {PRODUCT} (EDGE_ADDONS_PRODUCT_ID)",
        "client ID      client-1 (EDGE_ADDONS_CLIENT_ID)",
        "API key        (.env, line 1)",
    ]


# The way on after a failure


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ((httpx2.Response(401),), ["openaddons check-credentials"]),
        ((*[REFUSED] * 6,), ["openaddons publish tab-tally.zip"]),
        ((STORY[0], *[CUT] * 10), [f"openaddons wait {UPLOAD}", "openaddons publish --draft"]),
        (
            (STORY[0], *[operation("InProgress")] * 99),
            [f"openaddons wait {UPLOAD}", "openaddons publish --draft"],
        ),
        ((STORY[0], operation("Failed")), ["openaddons publish tab-tally.zip"]),
        ((*STORY[:2], CUT), ["openaddons publish --draft"]),
        ((*STORY[:3], *[CUT] * 10), [f"openaddons wait {PUBLISH}"]),
        ((*STORY[:3], operation("Failed")), ["openaddons publish --draft"]),
    ],
)
def test_a_failure_ends_in_the_commands_that_go_on_from_there(
    openaddons: CommandLine, script: tuple[Scripted, ...], commands: list[str]
) -> None:
    assert document(openaddons, "publish", "tab-tally.zip", script=script)["next"] == commands


def test_what_was_an_option_is_typed_again_and_no_secret(openaddons: CommandLine) -> None:
    options = ("--product", PRODUCT, "--client-id", "client 1;", "--api-key", SECRET, "--timeout", "9")
    result = openaddons("upload", "tab-tally.zip", *options[:2], *options[4:], script=(STORY[0], *[CUT] * 10))

    assert f"\n  openaddons wait {UPLOAD} --product {PRODUCT}\n" in result.stderr


def test_an_interrupted_wait_says_how_to_take_it_up(openaddons: CommandLine) -> None:
    def interrupt(_request: httpx2.Request) -> httpx2.Response:
        raise KeyboardInterrupt

    result = openaddons("publish", "tab-tally.zip", script=(STORY[0], interrupt))

    assert result.exit_code == 1
    assert result.stderr.splitlines()[:2] == [
        f"To go on: openaddons wait {UPLOAD}",
        "To go on: openaddons publish --draft",
    ]


def failures(of: type[EdgeAddonsError]) -> list[type[EdgeAddonsError]]:
    return [each for below in of.__subclasses__() for each in (below, *failures(below))]


@pytest.mark.parametrize("failure", failures(EdgeAddonsError))
def test_every_outcome_is_in_the_table_of_exit_codes(failure: type[EdgeAddonsError]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "publishing.md").read_text(encoding="utf-8")
    word = re.sub(r"(?<!^)(?=[A-Z])", "_", failure.__name__).lower()
    begin = f"| {failure.exit_code} | " if failure is not RequestRefused else "`request_refused`"

    assert any(line.startswith(begin) and f"`{word}`" in line for line in page.splitlines())
