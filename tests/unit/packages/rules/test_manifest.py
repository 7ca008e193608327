from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.data.manifest_keys import KEYS
from tests.unit.packages.rules.asking import JSON, messages, report_on

UNKNOWN, UNAVAILABLE = "ManifestUnknownKey", "ManifestKeyUnavailable"


@pytest.mark.parametrize(
    "key", ["browser_specific_settings", "$schema", "author", "action", "differential_fingerprint"]
)
def test_a_known_key_needs_no_word(key: str) -> None:
    assert messages(UNKNOWN, {key: {}}) == messages(UNAVAILABLE, {key: {}}) == []


@pytest.mark.parametrize("key", ["Name", "sidebar_action", "background.scripts", ""])
def test_an_unknown_key_is_named(key: str) -> None:
    assert messages(UNKNOWN, {key: 1}) == [f"Unrecognized manifest key {key}."]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"browser_action": {}}, "browser_action is ignored: it is for Manifest V2 and older."),
        ({"background": {"scripts": 1}}, "background.scripts is ignored: it is for Manifest V2 and older."),
        ({"manifest_version": 2, "action": {}}, "action is ignored: it is for Manifest V3."),
        ({"mime_types": []}, "mime_types is ignored: it is for certain extensions only."),
        ({"icon_variants": []}, "icon_variants is ignored: it is not released."),
        ({"kiosk": {}}, "kiosk is ignored: it is for platform apps, and this is an extension."),
        (
            {"theme": {}, "options_ui": {}},
            "options_ui is ignored: it is for extensions, packaged apps, and this is a theme.",
        ),
    ],
)
def test_a_key_that_has_no_effect_is_told_with_the_reason(keys: dict[str, Any], expected: str) -> None:
    assert messages(UNAVAILABLE, keys) == [expected]


@given(JSON, st.sampled_from(sorted(KEYS)), st.sampled_from([{}, {"theme": {}}, {"app": {}}, {"export": {}}]))
def test_no_value_is_too_strange(value: Any, key: str, others: dict[str, Any]) -> None:
    first, _, second = key.partition(".")
    report_on({first: {second: value} if second else value} | others)
    report_on(others | {first: {second: value} if second else value})
