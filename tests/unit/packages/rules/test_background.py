from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, report_on

GROUP = {"BackgroundInvalid", "BackgroundMissing"}


def broken(background: Any, **keys: Any) -> set[str]:
    return codes({"background": background} | keys) & GROUP


@pytest.mark.parametrize(
    "background",
    [
        *(42, None, [], {}, {"type": 1}, {"persistent": 1}),
        {"service_worker": "a.js"},
        {"service_worker": " /d/../a.js?x#y", "type": "module"},
        {"service_worker": "a%2Ejs", "type": "classic", "allow_js_access": True},
        {"service_worker": "a.js", "scripts": ["gone.js"], "page": 1, "persistent": "no"},
        {"scripts": 1},
    ],
)
def test_a_sound_background_breaks_no_rule(background: Any) -> None:
    assert broken(background) == set()


@pytest.mark.parametrize(
    ("background", "code"),
    [
        *(
            ({"service_worker": value}, "BackgroundInvalid")
            for value in (None, 1, "", ".", "#", "https://a/b.js")
        ),
        ({"service_worker": "a.js", "type": "Module"}, "BackgroundInvalid"),
        ({"service_worker": "a.js", "type": None}, "BackgroundInvalid"),
        ({"allow_js_access": 1}, "BackgroundInvalid"),
        ({"service_worker": "gone.js"}, "BackgroundMissing"),
        ({"service_worker": "A.js"}, "BackgroundMissing"),
        ({"service_worker": "d"}, "BackgroundMissing"),
    ],
)
def test_a_faulty_one_breaks_the_rule_for_it(background: Any, code: str) -> None:
    assert broken(background) == {code}


@pytest.mark.parametrize(
    ("background", "expected"),
    [
        ({"service_worker": "a.js"}, {"BackgroundInvalid"}),
        ({"type": "classic"}, {"BackgroundInvalid"}),
        ({}, set()),
        ({"page": "p.html"}, set()),
    ],
)
def test_the_permission_transient_background_is_for_event_pages(background: Any, expected: set[str]) -> None:
    assert broken(background, permissions=["transientBackground", 1]) == expected


@pytest.mark.parametrize(
    ("background", "expected"),
    [
        ({"page": "p.html"}, set()),
        ({"scripts": ["a.js", "gone.txt"], "persistent": False}, set()),
        ({"scripts": []}, set()),
        ({"scripts": ["gone.js"]}, {"BackgroundMissing"}),
        ({"page": "gone.html"}, {"BackgroundMissing"}),
        ({"scripts": 1}, {"BackgroundInvalid"}),
        ({"scripts": [1, ""]}, {"BackgroundInvalid"}),
        ({"page": ""}, {"BackgroundInvalid"}),
        ({"page": "p.html", "persistent": 1}, {"BackgroundInvalid"}),
        ({"scripts": [], "persistent": True}, {"BackgroundInvalid"}),
        ({"page": "p.html", "scripts": ["a.js"]}, {"BackgroundInvalid"}),
        ({"scripts": ["a.js"], "service_worker": "a.js"}, {"BackgroundInvalid"}),
    ],
)
def test_pages_and_scripts_are_of_manifest_v2(background: Any, expected: set[str]) -> None:
    assert broken(background, manifest_version=2) == expected


def test_event_pages_cannot_use_web_request() -> None:
    background = {"page": "p.html", "persistent": False}

    assert broken(background, manifest_version=2, permissions=["webRequest"]) == {"BackgroundInvalid"}
    assert broken(background | {"persistent": True}, manifest_version=2, permissions=["webRequest"]) == set()


def test_the_background_of_a_platform_app_is_in_its_app() -> None:
    keys = {"app": {"background": {"scripts": ["gone.js"]}}, "manifest_version": 2}

    assert codes(keys) & GROUP == {"BackgroundMissing"}


MEMBERS = ("scripts", "page", "service_worker", "type", "persistent", "allow_js_access")


@given(JSON, st.sampled_from(MEMBERS), st.sampled_from([2, 3]))
def test_no_value_is_too_strange(value: Any, member: str, version: int) -> None:
    report_on({"manifest_version": version, "background": value, "permissions": value})
    report_on({"manifest_version": version, "background": {"service_worker": "a.js", member: value}})
    report_on({"manifest_version": version, "app": {"background": {member: value}}})
