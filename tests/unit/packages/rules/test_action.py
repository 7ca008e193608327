from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

INVALID = "ActionInvalid"


@pytest.mark.parametrize(
    "keys",
    [
        {"action": {}},
        {"action": {"default_popup": "", "default_title": "", "default_icon": {}}},
        {"action": {"default_popup": "/p.html?x#y", "default_icon": "i.png", "default_state": "disabled"}},
        {"action": {"default_popup": "index.html/", "more": 1}},
        {"browser_action": 1},
        {"manifest_version": 2, "action": 1, "browser_action": {"default_title": "x"}},
        {"theme": {}, "action": 1},
    ],
)
def test_a_sound_action_breaks_no_rule(keys: dict[str, Any]) -> None:
    assert INVALID not in codes(keys)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"action": None}, "Invalid value for 'action': expected dictionary, got null."),
        ({"action": []}, "Invalid value for 'action': expected dictionary, got list."),
        (
            {"action": {"default_icon": 1}},
            "Invalid value for 'action.default_icon': expected string or dictionary.",
        ),
        (
            {"action": {"default_icon": ""}},
            "Invalid value for 'action.default_icon': it is not the path of a file in the package.",
        ),
        (
            {"action": {"default_title": 1}},
            "Invalid value for 'action.default_title': expected string, got integer.",
        ),
        (
            {"action": {"default_popup": 1}},
            "Invalid value for 'action.default_popup': expected string, got integer.",
        ),
        (
            {"action": {"default_popup": "https://example.com/"}},
            "Invalid value for 'action.default_popup': it is not the path of a page in the package.",
        ),
        (
            {"action": {"default_state": "off"}},
            """Invalid value for 'action.default_state': expected "enabled" or "disabled".""",
        ),
        (
            {"manifest_version": 2, "page_action": {"default_state": "enabled"}},
            "Invalid value for 'page_action': default_state is for action only.",
        ),
        (
            {"manifest_version": 2, "page_action": {}, "browser_action": {}},
            "Invalid value for 'browser_action': there is page_action too, and only one of them can be shown.",
        ),
    ],
)
def test_a_faulty_one_is_told(keys: dict[str, Any], message: str) -> None:
    assert messages(INVALID, keys) == [message]


MEMBERS = ("default_icon", "default_title", "default_popup", "default_state")


@given(JSON, st.sampled_from(MEMBERS), st.sampled_from([2, 3]))
def test_no_value_is_too_strange(value: Any, member: str, version: int) -> None:
    key = "action" if version == 3 else "page_action"
    report_on({"manifest_version": version, key: value})
    report_on({"manifest_version": version, key: {member: value}})
