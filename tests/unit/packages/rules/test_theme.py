from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import FILES, JSON, messages, report_on


def told(theme: Any) -> list[str]:
    return messages("ThemeInvalid", {"theme": theme}, FILES | {"i/frame.png": b"1", "plain": b"1"})


@pytest.mark.parametrize(
    "theme",
    [
        {},
        {"images": 1, "colors": 1, "tints": 1, "properties": 1},
        {"images": {"theme_frame": "i/frame.png", "theme_toolbar": {"100": "gone.png"}}},
        {"images": {"a": "./i//frame.png", "b": "/plain", "c": "i", "d": "", "e": "ignored.txt"}},
        {"colors": {"frame": [1, 2, 3], "toolbar": [300, -1, 0, 0.5]}},
        {"tints": {"buttons": [0.5, 1, 0]}},
    ],
)
def test_a_sound_theme_breaks_no_rule(theme: Any) -> None:
    assert told(theme) == []


@pytest.mark.parametrize(
    ("theme", "where", "problem"),
    [
        (None, "theme", "expected dictionary, got null"),
        ({"images": {"a": 1}}, "theme.images.a", "expected string, got integer"),
        ({"images": {"a": {"100": None}}}, "theme.images.a.100", "expected string, got null"),
        ({"images": {"a": "gone.png"}}, "theme.images.a", "there is no file 'gone.png'"),
        ({"images": {"a": "gone"}}, "theme.images.a", "there is no file 'gone'"),
        ({"colors": {"frame": "#fff"}}, "theme.colors.frame", "colors must be integers"),
        ({"colors": {"frame": [1.5, 2, 3]}}, "theme.colors.frame", "colors must be integers"),
        ({"colors": {"frame": [1, 2]}}, "theme.colors.frame", "colors must be integers"),
        ({"colors": {"frame": [1, 2, True]}}, "theme.colors.frame", "colors must be integers"),
        ({"colors": {"frame": [1, 2, 3, "1"]}}, "theme.colors.frame", "colors must be integers"),
        ({"tints": {"buttons": [1, 2]}}, "theme.tints.buttons", "tints must be lists of three numbers"),
        ({"tints": {"buttons": [1, 2, "3"]}}, "theme.tints.buttons", "tints must be lists of three numbers"),
    ],
)
def test_a_faulty_one_is_told(theme: Any, where: str, problem: str) -> None:
    assert told(theme) == [f"Invalid value for '{where}': {problem}."]


@given(JSON, st.sampled_from(["images", "colors", "tints"]))
def test_no_value_is_too_strange(value: Any, member: str) -> None:
    report_on({"theme": value})
    report_on({"theme": {member: value}})
    report_on({"theme": {member: {"x": value, "y": {"100": value}, "z": [value, value, value]}}})


def test_a_folder_is_there_though_other_names_begin_like_it() -> None:
    files = dict.fromkeys(("a-b/x.png", "a.png", "a/x.png", "ab/x.png"), b"1")
    theme = {"images": {"frame": "a", "button": "ab", "toolbar": "a-"}}

    assert messages("ThemeInvalid", {"theme": theme}, files) == [
        "Invalid value for 'theme.images.toolbar': there is no file 'a-'."
    ]
