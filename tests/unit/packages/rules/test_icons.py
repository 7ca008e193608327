from typing import Any

import pytest
from hypothesis import given

from tests.unit.packages.pictures import png
from tests.unit.packages.rules.asking import JSON, codes, messages

GROUP = {"IconsInvalid", "IconMissing", "IconUndecodable", "IconMimeType", "IconsMissing", "IconSize"}
FILES = {
    "i.png": png(128),
    "d/i.png": png(16),
    "wide.png": png(16, 8),
    "i.svg": b"<svg></svg>" * 9,
    "t.txt": b"1",
}
ICONS = {"128": "i.png"}


def broken(keys: dict[str, Any], **files: bytes) -> set[str]:
    return codes({"icons": ICONS} | keys, FILES | files) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"icons": ICONS | {"16": "/d/i.png"}},
        {"icons": ICONS | {"+16": "./d//i.png"}},
        {"icons": ICONS | {"016": "d/i.png"}},
        {"action": {"default_icon": "d/i.png"}},
        {"action": {"default_icon": {"16": "d/i.png"}}},
        {"browser_action": {"default_icon": {"x": 1}}},
        {"icons": {}, "theme": {"images": {"theme_frame": "wide.png", "theme_toolbar": {"100": "i.png"}}}},
    ],
)
def test_icons_as_they_should_be(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"icons": None}, "IconsInvalid"),
        ({"icons": ["i.png"]}, "IconsInvalid"),
        ({"icons": ICONS | {"x": "i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"0": "i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"-16": "i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"2049": "i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": 1}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": ""}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": "../i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": "d/./i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": "d\\i.png"}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": "i.png?x"}}, "IconsInvalid"),
        ({"action": {"default_icon": {"x": "i.png"}}}, "IconsInvalid"),
        ({"icons": ICONS | {"16": "I.png"}}, "IconMissing"),
        ({"icons": ICONS | {"16": "%69.png"}}, "IconMissing"),
        ({"action": {"default_icon": "gone.png"}}, "IconMissing"),
        ({"action": {"default_icon": {"16": "gone.png"}}}, "IconMissing"),
        ({"icons": ICONS | {"16": "i.svg"}}, "IconUndecodable"),
        ({"action": {"default_icon": "i.svg"}}, "IconUndecodable"),
        ({"theme": {"images": {"theme_frame": "i.svg"}}}, "IconUndecodable"),
        ({"theme": {"images": {"theme_toolbar": {"100": "gone.png"}}}}, "IconUndecodable"),
        ({"icons": ICONS | {"16": "t.txt"}}, "IconMimeType"),
        ({"icons": ICONS | {"16": "gone.txt"}}, "IconMimeType"),
        ({"icons": {"16": "d/i.png"}}, "IconsMissing"),
        ({"icons": ICONS | {"48": "d/i.png"}}, "IconSize"),
        ({"icons": ICONS | {"16": "wide.png"}}, "IconSize"),
    ],
)
def test_icons_as_they_should_not_be(keys: dict[str, Any], code: str) -> None:
    assert broken(keys) == {code}


def test_an_empty_file_is_no_icon() -> None:
    assert broken({}, **{"i.png": b""}) == {"IconMissing"}


def test_a_picture_that_is_named_twice_is_told_of_once() -> None:
    keys = {"icons": ICONS | {"16": "i.svg", "48": "i.svg"}}

    assert messages("IconUndecodable", keys, FILES) == [
        "Could not decode image: 'i.svg' (no format of images that browsers decode)."
    ]


@given(JSON)
def test_no_value_makes_a_rule_raise(value: Any) -> None:
    for keys in (
        {"icons": value},
        {"icons": {"16": value}},
        {"action": value},
        {"action": {"default_icon": value}},
        {"theme": value},
        {"theme": {"images": value}},
        {"theme": {"images": {"theme_frame": value}}},
    ):
        broken(keys)
