import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.rules.identity import VERSION_NOT_INCREASED
from tests.unit.packages.rules.asking import FILES, JSON, codes, messages, report_on

GROUP = {
    "InvalidName",
    "NameTooLong",
    "InvalidShortName",
    "VersionInvalid",
    "InvalidVersionName",
    "InvalidManifestVersion",
    "ManifestVersionUnsupported",
    "InvalidDescription",
    "DescriptionTooLong",
    "DescriptionMissing",
    "InvalidAuthor",
    "AppsNotSupported",
}
# With a description, for the lack of one is a finding too.
SOUND = {"description": "Counts tabs."}


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(SOUND | keys) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"name": "x" * 75, "description": "x" * 132},
        {"name": "😀" * 75, "description": "😀" * 132},
        {"short_name": "Tally", "version_name": ""},
        {"author": "me@example.com"},
        {"author": {"email": "me@example.com"}},
        {"theme": {}},
        {"theme": {}, "app": {}},
        {"export": {}},
    ],
)
def test_a_sound_identity_breaks_no_rule(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"name": ""}, "InvalidName"),
        ({"name": ["x"]}, "InvalidName"),
        ({"name": "x" * 76}, "NameTooLong"),
        ({"short_name": ""}, "InvalidShortName"),
        ({"short_name": None}, "InvalidShortName"),
        ({"version": "1.0.0.0.0"}, "VersionInvalid"),
        ({"version": 1}, "VersionInvalid"),
        ({"version_name": 1}, "InvalidVersionName"),
        ({"version_name": None}, "InvalidVersionName"),
        ({"manifest_version": "3"}, "InvalidManifestVersion"),
        ({"manifest_version": 2}, "ManifestVersionUnsupported"),
        ({"manifest_version": 4}, "ManifestVersionUnsupported"),
        ({"description": []}, "InvalidDescription"),
        ({"description": None}, "InvalidDescription"),
        ({"description": "x" * 133}, "DescriptionTooLong"),
        ({"description": ""}, "DescriptionMissing"),
        ({"author": {"name": "me"}}, "InvalidAuthor"),
        ({"author": 1}, "InvalidAuthor"),
        ({"app": {"launch": {"web_url": "https://example.com/"}}}, "AppsNotSupported"),
        ({"app": None}, "AppsNotSupported"),
    ],
)
def test_a_faulty_one_breaks_the_rule_for_it(keys: dict[str, Any], code: str) -> None:
    assert broken(keys) == {code}


def catalogues(**texts: str) -> dict[str, bytes]:
    return FILES | {
        f"_locales/{locale}/messages.json": json.dumps(
            {"Text": {"message": text}, "other": {"message": "o"}}
        ).encode()
        for locale, text in texts.items()
    }


@pytest.mark.parametrize(
    ("texts", "locales"),
    [
        ({"en": "short"}, []),
        ({"en": "x" * 70, "de": "x" * 70}, []),
        ({"en": "x" * 71}, ["en"]),
        ({"en": "short", "de": "x" * 71, "fr": "short"}, ["de"]),
        # Austria says what Germany says, and the browser knows no such language as xx.
        ({"en": "short", "de": "x" * 71, "xx": "x" * 71}, ["de"]),
    ],
)
def test_a_name_is_measured_in_every_language(texts: dict[str, str], locales: list[str]) -> None:
    keys = {"default_locale": "en", "name": "The __MSG_TEXT__!"}

    found = messages("NameTooLong", keys, catalogues(**texts))

    assert found == [f"The name has 76 characters in {locale}; the limit is 75." for locale in locales]


def test_a_variety_of_a_language_falls_back_to_it() -> None:
    files = catalogues(en="short", de="x" * 200) | {"_locales/de_AT/messages.json": b"{}"}
    report = report_on({"default_locale": "en", "description": "__MSG_text__"}, files)

    assert [finding.file for finding in report.errors] == [
        "_locales/de/messages.json",
        "_locales/de_AT/messages.json",
    ]


def test_a_version_that_is_not_increased_is_for_publishing_to_say() -> None:
    assert VERSION_NOT_INCREASED.finding(new="1.0", old="1.1").message == (
        "Version 1.0 must be greater than the published version 1.1."
    )


KEYS = ("name", "short_name", "version", "version_name", "description", "author", "app", "manifest_version")


@given(JSON, st.sampled_from(KEYS))
def test_no_value_is_too_strange(value: Any, key: str) -> None:
    report_on({key: value})
    report_on({key: value, "default_locale": "en"}, catalogues(en="x"))
