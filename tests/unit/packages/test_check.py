import io
import json
import subprocess
import sys
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.packages.check import CheckCancelled, Package, Report, check
from openaddons.packages.findings import Finding, Limits
from openaddons.packages.rules import registry
from openaddons.packages.version import Version
from tests.corpus.writer import MANIFEST, Member, manifest, pack, script
from tests.unit.packages.pictures import png

ICON = Member(b"128.png", png(128))
GOOD: dict[str, Any] = {
    "manifest_version": 3,
    "name": "Tab Tally",
    "version": "1.2.0",
    "description": "Counts tabs.",
    "icons": {"128": "128.png"},
}


def report_on(keys: Any, *members: Member, **options: Any) -> Report:
    text = keys if isinstance(keys, bytes) else json.dumps(keys).encode()
    return check(io.BytesIO(pack([Member(b"manifest.json", text), ICON, *members])), **options)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


def errors(report: Report) -> list[str]:
    return [finding.code for finding in report.errors]


def test_a_sound_package_is_described() -> None:
    keys = GOOD | {
        "name": "__MSG_name__",
        "description": "Counts __MSG_what__.",
        "default_locale": "en",
        "permissions": ["tabs", "storage"],
        "host_permissions": ["https://example.com/*"],
        "optional_permissions": ["history"],
    }
    messages = b'{"name": {"message": "Tab Tally"}, "what": {"message": "tabs"}}'
    members = [Member(b"_locales/en/messages.json", messages), Member(b"_locales/de/messages.json", messages)]
    report = report_on(keys, *members, Member(b".DS_Store", b"junk"))

    assert codes(report) == ["JunkFile", "PermissionBroad"]
    assert report.package == Package(
        name="Tab Tally",
        version=Version.parse("1.2.0"),
        description="Counts tabs.",
        manifest_version=3,
        manifest=keys,
        default_locale="en",
        locales=("de", "en"),
        root="",
        file_count=4,
        unpacked_bytes=len(json.dumps(keys)) + len(ICON.data) + 2 * len(messages),
        permissions=("history", "https://example.com/*", "storage", "tabs"),
    )


def test_a_theme_asks_for_no_permissions() -> None:
    package = report_on(GOOD | {"theme": {}, "permissions": ["tabs"]}).package

    assert package
    assert package.permissions == ()


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("Tab Tally", "tab_tally_1.2.0"),
        ("  Über—Zähler!  ", "uber_zahler_1.2.0"),
        ("日本", "extension_1.2.0"),
        ('../"; rm', "rm_1.2.0"),
        ("x" * 75, "x" * 60 + "_1.2.0"),
    ],
)
def test_the_file_name_is_made_of_safe_characters(name: str, file_name: str) -> None:
    package = report_on(GOOD | {"name": name}).package

    assert package
    assert package.file_name == file_name


def test_a_finding_names_the_place_in_the_file() -> None:
    report = report_on(b'{\n  "manifest_version": 3,\n  "name": "x",\n  "version": "1.x"\n}')

    assert report.errors == (
        Finding(
            code="VersionInvalid",
            severity="error",
            message="Required value 'version' is missing or invalid: "
            "1.x: not 1 to 4 integers without leading zeros, separated by dots.",
            fix="Use 1 to 4 integers from 0 to 65535, for example 1.2.0.",
            file="manifest.json",
            line=4,
            column=3,
        ),
    )


def test_broken_json_names_the_place_in_the_file() -> None:
    (finding,) = report_on(b'{\n "name": "x",\n}').errors

    assert (finding.code, finding.file, finding.line, finding.column) == (
        "ManifestJson",
        "manifest.json",
        2,
        13,
    )
    assert finding.message == "manifest.json is not valid JSON: trailing comma at line 2 column 13."


def test_all_errors_are_reported_at_once() -> None:
    report = report_on({"manifest_version": 2}, script(b"../a.js"), Member(b"b.js", b"x", both={"crc": 1}))

    assert errors(report) == [
        "ZipPathTraversal",
        "ManifestVersionUnsupported",
        "InvalidName",
        "VersionInvalid",
        "ZipCrcMismatch",
    ]
    assert report.package is None


def test_a_report_keeps_only_so_many_findings() -> None:
    report = report_on(GOOD, *(script(b"%d?" % number) for number in range(150)))

    assert (len(report.findings), len(report.errors), report.total) == (100, 100, 150)


def test_warnings_do_not_refuse() -> None:
    report = report_on(
        b'{"manifest_version": 2, "manifest_version": 3, "name": "x", "version": "1"} // why not'
    )

    assert {"ManifestComments", "ManifestDuplicateKey"} <= {finding.code for finding in report.warnings}
    assert report.errors == ()
    assert report.package
    assert report.package.manifest_version == 3


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"manifest_version": 2}, "ManifestVersionUnsupported"),
        ({"manifest_version": 4}, "ManifestVersionUnsupported"),
        ({"app": {"background": {}}}, "ManifestVersionUnsupported"),
        ({}, "InvalidManifestVersion"),
        ({"app": {"launch": {}}}, "InvalidManifestVersion"),
        *(
            ({"manifest_version": value}, "InvalidManifestVersion")
            for value in (1, 0, -3, 3.0, True, "3", None, 1 << 40)
        ),
    ],
)
def test_only_manifest_version_3_is_taken(keys: Any, code: str) -> None:
    base = {key: value for key, value in GOOD.items() if key != "manifest_version"}

    assert code in errors(report_on(base | keys))


@pytest.mark.parametrize(("version", "expected"), [(2, []), (3, []), (4, ["ManifestVersionUnsupported"])])
def test_the_operator_can_allow_manifest_version_2(version: int, expected: list[str]) -> None:
    assert errors(report_on(GOOD | {"manifest_version": version}, allow_manifest_v2=True)) == expected


def test_a_name_that_its_catalogue_leaves_empty_is_refused() -> None:
    messages = Member(b"_locales/en/messages.json", b'{"n": {"message": ""}}')

    assert codes(report_on(GOOD | {"name": "__MSG_n__", "default_locale": "en"}, messages)) == ["InvalidName"]


def test_a_manifest_whose_data_is_broken_is_not_read() -> None:
    data = pack([Member(b"manifest.json", MANIFEST, both={"crc": 1})])

    assert codes(check(io.BytesIO(data))) == ["ZipCrcMismatch"]


def test_hostile_text_in_messages_is_made_printable() -> None:
    (finding,) = report_on(GOOD, script("a\u202e\x1b[2J{name}".encode())).findings

    assert finding.message == "a\\u202e\\x1b[2J{name} is not a valid path."
    assert finding.file == "a\\u202e\\x1b[2J{name}"


def test_limits_are_the_callers() -> None:
    assert codes(report_on(GOOD, limits=Limits(manifest_bytes=10))) == ["ManifestTooLarge"]
    assert codes(report_on(GOOD | {"x": [[[]]]}, limits=Limits(json_depth=4))) == ["ManifestJson"]


def test_faults_that_nobody_will_read_are_counted_and_not_put_into_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Mock(wraps=Finding)
    monkeypatch.setattr(registry, "Finding", made)
    scripts = [{"matches": ["x"] * 20_000, "js": [""] * 20_000}]
    report = report_on(GOOD | {"content_scripts": scripts, "permissions": [1] * 20_000})

    # A thousand of each rule: MatchPatternInvalid, PermissionsInvalid, ContentScriptMimeType.
    assert (report.error_total, report.total) == (2_000, 3_000)
    assert len(report.findings) == 100
    assert made.call_count <= 200  # as many of each severity


def test_a_check_can_be_cancelled_while_a_rule_counts_faults() -> None:
    cancelled = Mock(return_value=False)
    report = report_on(GOOD | {"permissions": [1] * 1_000}, cancelled=cancelled)

    assert report.error_total == 1_000
    assert cancelled.call_count > 1_000


def test_a_check_can_be_cancelled() -> None:
    with pytest.raises(CheckCancelled):
        report_on(GOOD, cancelled=lambda: True)


def test_a_check_asks_often_whether_it_is_cancelled() -> None:
    cancelled = Mock(return_value=False)
    report_on(GOOD, Member(b"big", bytes(1 << 20)), cancelled=cancelled)

    assert cancelled.call_count > 16


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*GOOD, "description", "permissions", "default_locale", "app"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.lists(st.text())
        | st.just({})
        | st.just("1.0")
        | st.just(3),
    )
)
def test_any_manifest_is_taken_or_refused(keys: Any) -> None:
    report = report_on(keys)

    assert (report.package is None) == bool(report.errors)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 400), st.integers(1, 255), st.integers(0, 400))
def test_mutated_packages_are_taken_or_refused(at: int, change: int, cut: int) -> None:
    data = bytearray(pack([manifest(), script()]))
    data[at % len(data)] ^= change
    for mutant in (bytes(data), bytes(data[: cut % len(data)])):
        report = check(io.BytesIO(mutant))
        assert (report.package is None) == bool(report.errors)


def test_the_check_needs_the_standard_library_alone() -> None:
    heavy = "import sys, openaddons.packages.check; print({'cryptography', 'PIL'} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)

    assert answer.stdout == "set()\n"
