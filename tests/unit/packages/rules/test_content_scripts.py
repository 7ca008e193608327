from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.rules.content_scripts import is_utf8
from tests.unit.packages.rules.asking import FILES, JSON, codes, report_on

SCRIPT: dict[str, Any] = {"matches": ["https://example.com/*"], "js": ["a.js"]}
GROUP = {
    "ContentScriptsInvalid",
    "MatchPatternInvalid",
    "ContentScriptMatchesEmpty",
    "ContentScriptFilesEmpty",
    "ContentScriptMissing",
    "ContentScriptEncoding",
    "ContentScriptMimeType",
    "MatchOriginAsFallbackPath",
}


def broken(*scripts: Any, files: dict[str, bytes] | None = None) -> set[str]:
    return codes({"content_scripts": list(scripts)}, files) & GROUP


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"css": ["b.css"], "js": []},
        {"css": [], "exclude_matches": [], "include_globs": ["*"], "exclude_globs": []},
        {"run_at": "document_idle", "world": "MAIN", "all_frames": True, "match_about_blank": False},
        {"match_origin_as_fallback": True},
        {"match_origin_as_fallback": False, "matches": ["https://example.com/maps/*"]},
        {"unheard_of": 1},
        {"js": ["/a.js"]},
        {"js": ["./a.js"]},
    ],
)
def test_a_sound_content_script_breaks_no_rule(members: dict[str, Any]) -> None:
    assert broken(SCRIPT | members) == set()


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"matches": None}, "ContentScriptsInvalid"),
        ({"matches": [1]}, "ContentScriptsInvalid"),
        ({"js": "a.js"}, "ContentScriptsInvalid"),
        ({"css": [None]}, "ContentScriptsInvalid"),
        ({"run_at": "document_ready"}, "ContentScriptsInvalid"),
        ({"run_at": None}, "ContentScriptsInvalid"),
        ({"world": "main"}, "ContentScriptsInvalid"),
        ({"all_frames": 1}, "ContentScriptsInvalid"),
        ({"matches": ["example.com"]}, "MatchPatternInvalid"),
        ({"exclude_matches": ["https://a*/*"]}, "MatchPatternInvalid"),
        ({"matches": []}, "ContentScriptMatchesEmpty"),
        ({"js": []}, "ContentScriptFilesEmpty"),
        ({"js": ["a.js", "gone.js"]}, "ContentScriptMissing"),
        ({"js": ["A.js"]}, "ContentScriptMissing"),
        ({"js": ["%61.js"]}, "ContentScriptMissing"),
        ({"css": ["gone.css"]}, "ContentScriptMissing"),
        ({"js": ["b.css"]}, "ContentScriptMimeType"),
        ({"css": ["a.js"]}, "ContentScriptMimeType"),
        ({"js": [""]}, "ContentScriptMimeType"),
        (
            {"match_origin_as_fallback": True, "matches": ["https://example.com/maps/*"]},
            "MatchOriginAsFallbackPath",
        ),
    ],
)
def test_a_faulty_content_script_breaks_the_rule_for_it(members: dict[str, Any], code: str) -> None:
    assert broken(SCRIPT | members) == {code}


@pytest.mark.parametrize("value", [None, 1, "x", {}, [None], [[]], [{}]])
def test_what_is_no_list_of_objects_is_no_list_of_content_scripts(value: Any) -> None:
    assert "ContentScriptsInvalid" in codes({"content_scripts": value})


def test_a_finding_says_where_the_fault_is() -> None:
    report = report_on({"content_scripts": [SCRIPT, SCRIPT | {"matches": ["*://ok/*", "https://a"]}]})
    (finding,) = [finding for finding in report.findings if finding.code == "MatchPatternInvalid"]

    assert finding.message == "Invalid value for 'content_scripts[1].matches[1]': Empty path."
    assert (finding.file, finding.line) == ("manifest.json", 1)


def test_a_script_must_be_utf8() -> None:
    files = FILES | {"utf16.js": "1".encode("utf-16"), "bom.js": b"\xef\xbb\xbf1"}

    assert broken(SCRIPT | {"js": ["utf16.js"]}, files=files) == {"ContentScriptEncoding"}
    assert broken(SCRIPT | {"js": ["bom.js"]}, files=files) == set()


@given(st.text())
def test_text_is_utf8_unless_it_holds_what_is_no_character(text: str) -> None:
    no_characters = any(0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE for letter in text)

    assert is_utf8(text.encode()) is not no_characters


@pytest.mark.parametrize(
    "data", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"\xef\xb7\x90", b"\xf0\x9f\xbf\xbe"]
)
def test_other_bytes_are_not(data: bytes) -> None:
    assert not is_utf8(data)


@given(JSON, st.dictionaries(st.sampled_from([*SCRIPT, "css", "run_at", "exclude_matches"]), JSON))
def test_no_value_is_too_strange(value: Any, members: dict[str, Any]) -> None:
    report_on({"content_scripts": value})
    report_on({"content_scripts": [SCRIPT | members, value]})
