from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

GROUP = {"CommandsInvalid", "CommandsTooMany"}


def broken(commands: Any, **keys: Any) -> set[str]:
    return codes({"commands": commands} | keys) & GROUP


def with_key(key: Any, name: str = "go") -> dict[str, Any]:
    return {name: {"suggested_key": key, "description": "Go"}}


@pytest.mark.parametrize(
    "key",
    [
        *(
            "Ctrl+A",
            "Alt+Shift+0",
            " Ctrl + Shift+ Comma ",
            "Ctrl+Ctrl+Z",
            "Alt+PageDown",
            "Ctrl+Tab",
            "Ctrl+Up",
        ),
        *("MediaStop", "", None, 42, ["Ctrl+A"]),
        {"default": "Ctrl+A", "mac": "Command+A"},
        {"linux": "MediaNextTrack"},
        {"default": "Ctrl+A", "mac": "MacCtrl+Shift+A", "chromeos": "Search+A", "windows": "Alt+A"},
        {"default": "Ctrl+A", "mac": "Option+Shift+A"},
    ],
)
def test_a_key_that_browsers_take_breaks_no_rule(key: Any) -> None:
    assert broken(with_key(key)) == set()


@pytest.mark.parametrize(
    ("key", "where", "problem"),
    [
        ("A", "", "A: there must be Ctrl or Alt in it"),
        ("Shift+A", "", "Shift+A: there must be Ctrl or Alt in it"),
        ("Ctrl+A+B", "", "Ctrl+A+B: it is not one key with up to two modifiers"),
        ("Ctrl+Shift", "", "Ctrl+Shift: it is not one key with up to two modifiers"),
        ("Ctrl+Alt+Shift+A", "", "Ctrl+Alt+Shift+A: it is not one key with up to two modifiers"),
        ("Ctrl+Alt+A", "", "Ctrl+Alt+A: Alt cannot be used together with Ctrl or Command"),
        ("Ctrl-A", "", "Ctrl-A: Ctrl-A is no key that can be used"),
        ("Ctrl+F1", "", "Ctrl+F1: F1 is no key that can be used"),
        ("ctrl+A", "", "ctrl+A: it is not one key with up to two modifiers"),
        ("Ctrl+a", "", "Ctrl+a: a is no key that can be used"),
        ("Ctrl+", "", "Ctrl+:  is no key that can be used"),
        ("Ctrl+MediaStop", "", "Ctrl+MediaStop: media keys cannot have any modifier"),
        ("Command+A", "", "Command+A: Command and Option are for mac only; Ctrl means Command there"),
        ("Search+A", "", "Search+A: it is not one key with up to two modifiers"),
        ({}, "", "either specify a key for linux, or a default key"),
        ({"mac": "Command+A"}, "", "either specify a key for linux, or a default key"),
        ({"default": "Ctrl+A", "amiga": "Ctrl+A"}, ".amiga", "Ctrl+A: amiga is no platform"),
        ({"default": ""}, ".default", "expected a combination of keys"),
        ({"default": 1}, ".default", "expected a combination of keys"),
        (
            {"default": "Ctrl+A", "mac": "Ctrl+Option+A"},
            ".mac",
            "Ctrl+Option+A: Alt cannot be used together with Ctrl or Command",
        ),
    ],
)
def test_another_key_is_refused_with_the_reason(key: Any, where: str, problem: str) -> None:
    expected = f"Invalid value for 'commands.go.suggested_key{where}': {problem}."

    assert messages("CommandsInvalid", {"commands": with_key(key)}) == [expected]


@pytest.mark.parametrize(
    "commands", [{}, {"_execute_action": {}}, {"go": {"description": "Go", "global": 1}}]
)
def test_a_command_needs_a_description_alone(commands: Any) -> None:
    assert broken(commands) == set()


@pytest.mark.parametrize(
    "commands",
    [
        *(None, [], "x", {"go": 1}, {"go": {}}, {"go": {"description": ""}}, {"go": {"description": 1}}),
        {"_execute_sidebar_action": {}},
        # Media keys are for other commands.
        with_key("MediaStop", "_execute_action"),
    ],
)
def test_what_is_no_command_is_refused(commands: Any) -> None:
    assert broken(commands) == {"CommandsInvalid"}


def test_a_theme_has_no_commands() -> None:
    assert broken(1, theme={}) == set()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", None, {"linux": "MediaStop", "default": "Ctrl+5"}], set()),
        (["Ctrl+1", "Ctrl+2", "Ctrl+3", {"default": "Ctrl+4"}, {"linux": "Ctrl+5"}], {"CommandsTooMany"}),
    ],
)
def test_four_keys_may_be_suggested(keys: list[Any], expected: set[str]) -> None:
    commands = {str(n): {"description": "d", "suggested_key": key} for n, key in enumerate(keys)}

    assert broken(commands) == expected


@given(JSON, st.text("CtrlAShif+ Medo", max_size=12), st.sampled_from(["default", "mac", "linux", "x"]))
def test_no_value_is_too_strange(value: Any, keys: str, platform: str) -> None:
    report_on({"commands": value})
    report_on({"commands": {"go": value, "too": {"suggested_key": value, "description": value}}})
    report_on(
        {"commands": {"go": {"suggested_key": {platform: value}}, "too": {"suggested_key": {platform: keys}}}}
    )
