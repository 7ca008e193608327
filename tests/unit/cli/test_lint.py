import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from openaddons import linting
from openaddons.cli.main import main
from openaddons.linting import Linted, as_github, as_sarif, for_people, lint_quickly
from openaddons.packages.check import Report, check
from openaddons.packages.findings import Finding
from openaddons.packages.rules.registry import RULES

GOOD = '{\n  "manifest_version": 3,\n  "name": "Tab Tally",\n  "version": "1.2.0"\n}\n'
BAD = GOOD.replace("3", "2").replace("1.2.0", "1.02")
BAD_CODES = {"ManifestVersionUnsupported", "VersionInvalid"}


def lint(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["lint", *arguments], **options)


def make(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as packer:
        for name, content in files.items():
            packer.writestr(name, content)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, {"good/manifest.json": GOOD, "bad/manifest.json": BAD})
    zipped(tmp_path / "bad.zip", {"ext/manifest.json": BAD})
    return tmp_path


def test_a_good_package_ends_with_0() -> None:
    result = lint("good")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("no errors, ")


def test_findings_are_listed_with_place_code_and_remedy() -> None:
    result = lint("bad")

    assert result.exit_code == 1
    assert (
        "bad/manifest.json:2:3: error: ManifestVersionUnsupported\n"
        "    Manifest version 2 is not supported; only 3 is.\n"
        "    Fix: Migrate to Manifest V3.\n\n"
    ) in result.stdout
    assert "\x1b" not in result.stdout


def test_several_packages_are_counted_together() -> None:
    packages = json.loads(lint("bad", "good", "bad.zip", "--format", "json").stdout)
    last = lint("bad", "good", "bad.zip").stdout.splitlines()[-1]

    assert packages["errors"] == 4
    assert last.startswith("4 errors, ")
    assert last.endswith(" in 3 packages")


@pytest.mark.parametrize("path", ["bad", "bad.zip"])
def test_the_answer_is_the_stores(path: str, here: Path) -> None:
    asked = check(io.BytesIO((here / "bad.zip").read_bytes()))
    [package] = json.loads(lint(path, "--format", "json").stdout)["packages"]

    assert package["findings"] == [finding._asdict() for finding in asked.findings]
    assert (package["errors"], package["name"]) == (2, None)


def test_a_good_package_is_described_for_scripts() -> None:
    [package] = json.loads(lint("good", "--format", "json").stdout)["packages"]

    assert (package["path"], package["errors"]) == ("good", 0)
    assert (package["name"], package["version"]) == ("Tab Tally", "1.2.0")


def test_manifest_v2_can_be_allowed() -> None:
    make(Path("old"), {"manifest.json": GOOD.replace("3", "2")})

    assert lint("old").exit_code == 1
    assert lint("old", "--allow-manifest-v2").exit_code == 0


def test_nothing_is_written(here: Path) -> None:
    before = sorted(here.rglob("*"))
    lint("bad", "bad.zip")

    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments", [[], ["nothing-here"], ["good", "--format", "xml"], ["good", "--explain", "Nonsense"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert lint(*arguments).exit_code == 2


def test_an_ignore_file_that_is_not_understood_is_wrong_usage(here: Path) -> None:
    make(here, {"good/.openaddonsignore": "*.ts\na[b]\n"})
    result = lint("good")

    assert result.exit_code == 2
    assert "good: .openaddonsignore, line 2:" in result.stderr


def test_a_package_that_cannot_be_read_is_wrong_usage(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(linting, "check", refuse)
    result = lint("bad.zip")

    assert result.exit_code == 2
    assert "bad.zip cannot be read: Permission denied." in result.stderr


@pytest.mark.parametrize("code", ["ZipSymlink", "zipsymlink"])
def test_a_rule_is_explained(code: str) -> None:
    result = lint("--explain", code)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "ZipSymlink (error)"
    row = RULES["ZipSymlink"]
    for title, text in (("What", row.what), ("Why", row.why), ("Fix", row.how), ("Source", row.source)):
        assert f"{title} {text}" in " ".join(result.stdout.split())


def test_a_misspelt_rule_is_suggested() -> None:
    assert "Did you mean ZipSymlink?" in lint("--explain", "ZipSymlnk").stderr
    assert (
        "Did you mean IconMissing or IconsMissing or OptionsMissing?"
        in lint("--explain", "icnmissing").stderr
    )


@pytest.mark.parametrize("code", RULES)
def test_every_rule_can_be_explained_within_80_columns(code: str) -> None:
    result = lint("--explain", code)

    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if len(line) > 80 and " " in line.strip()] == []


# Colours


class Terminal:
    """A click test runner whose output is a terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(linting, "sys", type("", (), {"stdout": type("", (), {"isatty": lambda: True})}))

    def lint(self, **environment: str | None) -> str:
        return lint("bad", color=True, env={"NO_COLOR": None, "TERM": "xterm", **environment}).stdout


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[31merror\x1b[0m" in Terminal(monkeypatch).lint()


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_gets_none(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in Terminal(monkeypatch).lint(**environment)


# Formats

texts = st.text(max_size=20)
numbers = st.none() | st.integers(1, 9)
findings = st.builds(
    Finding,
    code=st.sampled_from(sorted(RULES)),
    severity=st.sampled_from(["error", "warning"]),
    message=texts,
    fix=texts,
    file=st.none() | texts,
    line=numbers,
    column=numbers,
)


def linted(*found: Finding, is_folder: bool = True) -> Linted:
    errors = sum(finding.severity == "error" for finding in found)
    return Linted("ext", is_folder, Report(found, total=len(found), error_total=errors, package=None))


@given(findings)
def test_no_finding_breaks_out_of_its_annotation(finding: Finding) -> None:
    first, *others = as_github([linted(finding)]).split("\n")
    properties, _, message = first.removeprefix(f"::{finding.severity} ").partition("::")

    assert len(others) == 1
    assert not others[0].startswith("::")
    assert set("\r\n") & set(first) == set()
    assert [each.partition("=")[0] for each in properties.split(",")][-1] == "title"
    assert message.count("%") >= (finding.message + finding.fix).count("%")


def test_annotations_are_escaped_as_github_reads_them() -> None:
    finding = Finding("ZipEmpty", "warning", "50%\nof it: a, b", "Fix.", file="a:b,c.js", line=1, column=2)

    assert as_github([linted(finding)]).splitlines()[0] == (
        "::warning file=ext/a%3Ab%2Cc.js,line=1,col=2,title=ZipEmpty::50%25%0Aof it: a, b Fix."
    )


def test_a_zip_is_annotated_as_a_whole() -> None:
    lines = lint("bad.zip", "--format", "github").stdout.splitlines()

    assert (
        "::error file=bad.zip,title=ManifestVersionUnsupported::manifest.json:2:3: "
        "Manifest version 2 is not supported; only 3 is. Migrate to Manifest V3."
    ) in lines


def test_annotations_point_to_files_below_an_enclosing_folder(here: Path) -> None:
    make(here, {"outer/ext/manifest.json": BAD})

    assert "::error file=outer/ext/manifest.json,line=2" in lint("outer", "--format", "github").stdout


@given(st.lists(findings, max_size=4), st.booleans())
def test_sarif_is_complete(found: list[Finding], is_folder: bool) -> None:
    document = json.loads(as_sarif([linted(*found, is_folder=is_folder)]))
    [run] = document["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}

    assert document["version"] == "2.1.0"
    assert set(rules) == {finding.code for finding in found}
    for code, rule in rules.items():
        assert rule["shortDescription"]["text"] == RULES[code].what
        assert rule["fullDescription"]["text"] == RULES[code].why
        assert RULES[code].why in rule["help"]["text"]
    for finding, result in zip(found, run["results"], strict=True):
        [location] = result["locations"]
        physical = location["physicalLocation"]
        artifact = run["artifacts"][physical["artifactLocation"]["index"]]
        assert (result["ruleId"], result["level"]) == (finding.code, finding.severity)
        assert artifact["location"]["uri"] == physical["artifactLocation"]["uri"]
        assert physical.get("region", {}).get("startLine") == finding.line
        if "parentIndex" in artifact:
            assert run["artifacts"][artifact["parentIndex"]]["location"] == {"uri": "ext"}


def test_sarif_of_folders_and_zips(here: Path) -> None:
    make(here, {"bad/é a.js": ""})
    [run] = json.loads(lint("bad", "bad.zip", "--format", "sarif").stdout)["runs"]

    assert run["artifacts"] == [
        {"location": {"uri": "bad/manifest.json"}},
        {"location": {"uri": "bad.zip"}},
        {"location": {"uri": "manifest.json"}, "parentIndex": 1},
    ]


@given(st.lists(findings, max_size=4))
def test_what_people_read_fits_80_columns_and_obeys_no_stranger(found: list[Finding]) -> None:
    for line in for_people([linted(*found)], coloured=False).splitlines():
        assert line.isprintable()
        assert len(line) <= 80 or line.startswith("ext")


def test_that_there_is_more_is_said() -> None:
    report = Report((), total=5, error_total=5, package=None)

    assert for_people([Linted("a", is_folder=True, report=report)], coloured=False).splitlines() == [
        "a: at least 5 more findings are not shown.",
        "",
        "More about a rule: openaddons lint --explain CODE",
        "",
        "5 errors, no warnings in 1 package",
    ]


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    path = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        capture_output=True,
        env={"PYTHONPATH": path, **environment},
        check=False,
    )


def test_letters_that_the_stream_does_not_have_are_escaped(here: Path) -> None:
    make(here, {"bäd/manifest.json": BAD})
    ran = run("-m", "openaddons", "lint", "bäd", PYTHONIOENCODING="ascii", PYTHONUTF8="1")

    assert rb"b\xe4d/manifest.json:2:3: error: ManifestVersionUnsupported" in ran.stdout


# The quick way in


@pytest.mark.parametrize(
    "arguments",
    [
        ["good"],
        ["bad", "bad.zip"],
        ["--format", "json", "bad"],
        ["bad", "--format", "github"],
        ["--allow-manifest-v2", "--format", "sarif", "bad.zip"],
    ],
)
def test_the_quick_way_in_says_what_the_other_says(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = lint(*arguments)

    assert lint_quickly(arguments) == asked.exit_code
    assert capsys.readouterr().out == asked.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing-here"],
        ["good", "--format"],
        ["good", "--format", "xml"],
        ["good", "--format=json"],
        ["--help"],
        ["-h"],
        ["--explain", "ZipEmpty"],
        ["good", "--", "bad"],
        ["good", ""],
    ],
)
def test_what_is_not_plain_is_left_to_the_other(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint_quickly(arguments) is None
    assert capsys.readouterr() == ("", "")


HEAVY = {
    "asyncio",
    "click",
    "dataclasses",
    "httpx2",
    "inspect",
    "pathlib",
    "pydantic",
    "sqlalchemy",
    "zipfile",
}


def test_lint_starts_without_what_it_does_not_need() -> None:
    program = (
        # The process would end at once; this is for a look back.
        "import os, sys; os._exit = sys.exit\n"
        "sys.argv = ['openaddons', 'lint', 'good']; from openaddons.__main__ import main\n"
        "try: main()\n"
        f"finally: print({HEAVY!r} & set(sys.modules), file=sys.stderr)"
    )
    ran = run("-c", program)

    assert (ran.returncode, ran.stderr.strip()) == (0, b"set()")


@pytest.mark.parametrize("arguments", [["bad"], ["--format=human", "bad"]])
def test_nobody_reading_on_is_no_fault(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        ran = subprocess.run(
            [sys.executable, "-m", "openaddons", "lint", *arguments],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (ran.returncode, ran.stderr) == (1, b"")
