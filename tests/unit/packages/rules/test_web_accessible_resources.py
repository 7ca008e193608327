from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, report_on

CODE = "WebAccessibleResourcesInvalid"
ENTRY: dict[str, Any] = {"resources": ["p.html"], "matches": ["https://example.com/*"]}


@pytest.mark.parametrize(
    "value",
    [
        [],
        [ENTRY],
        [{"resources": [], "matches": []}],
        [{"resources": ["gone.png"], "extension_ids": ["*"]}],
        [{"resources": ["p.html"], "extension_ids": ["abcdefghijklmnopabcdefghijklmnop"]}],
        [{"resources": ["p.html"], "use_dynamic_url": True}],
        [ENTRY | {"matches": ["<all_urls>", "chrome-extension://x/*", "file://x/*", "data:/*"]}],
        [ENTRY | {"unheard_of": 1}],
    ],
)
def test_the_form_of_manifest_v3_is_taken(value: Any) -> None:
    assert CODE not in codes({"web_accessible_resources": value})


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        ["p.html"],
        [{}],
        [{"resources": ["p.html"]}],
        [{"resources": ["p.html"], "use_dynamic_url": False}],
        [{"matches": ["https://example.com/*"]}],
        [ENTRY | {"resources": [1]}],
        [ENTRY | {"matches": "https://example.com/*"}],
        [ENTRY | {"matches": ["https://example.com/maps/*"]}],
        [ENTRY | {"matches": ["example.com"]}],
        [ENTRY | {"matches": ["foo://x/*"]}],
        [ENTRY | {"extension_ids": ["*", "abcdefghijklmnopabcdefghijklmnop"]}],
        [ENTRY | {"extension_ids": ["z" * 32]}],
        [ENTRY | {"extension_ids": ["a" * 31]}],
        [ENTRY | {"use_dynamic_url": 1}],
        [ENTRY, {"resources": ["p.html"]}],
    ],
)
def test_any_other_form_is_refused(value: Any) -> None:
    assert CODE in codes({"web_accessible_resources": value})


def test_manifest_v2_has_another_form() -> None:
    assert CODE not in codes({"manifest_version": 2, "web_accessible_resources": ["p.html"]})
    assert CODE in codes({"manifest_version": 2, "web_accessible_resources": [ENTRY]})


@given(JSON, st.dictionaries(st.sampled_from([*ENTRY, "extension_ids", "use_dynamic_url"]), JSON))
def test_no_value_is_too_strange(value: Any, members: dict[str, Any]) -> None:
    report_on({"web_accessible_resources": value})
    report_on({"web_accessible_resources": [ENTRY | members, value]})
