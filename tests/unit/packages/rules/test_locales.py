import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.catalogues import Catalogue, read_catalogue, undefined
from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

GROUP = {
    "DefaultLocaleInvalid",
    "LocalesWithoutDefault",
    "LocalesMissing",
    "LocaleCatalogMissing",
    "LocaleMessagesInvalid",
    "LocaleMessageUndefined",
    "LocaleTranslationMissing",
}
DEFAULT = {"default_locale": "en"}
NAME = b'{"a": {"message": "A"}}'


def broken(keys: dict[str, Any], **catalogues: bytes) -> set[str]:
    files = {f"_locales/{locale}/messages.json": data for locale, data in catalogues.items()}
    return codes(keys, files) & GROUP


@pytest.mark.parametrize(
    ("keys", "catalogues"),
    [
        ({}, {}),
        (DEFAULT, {"en": b"{}"}),
        ({"default_locale": "pt_BR"}, {"pt_BR": b"{}"}),
        # Folders that the browser does not know are no concern of it.
        (DEFAULT, {"en": b"{}", "xx": b"[", ".hidden": b"[", "fr-CA": b"["}),
        (DEFAULT | {"name": "__MSG_A__ __MSG_@@ui_locale__"}, {"en": NAME}),
        (DEFAULT | {"author": "__MSG_nope__"}, {"en": NAME}),
        ({"name": "__MSG_nope__"}, {}),
        (DEFAULT | {"name": "__MSG_a__"}, {"en": NAME, "de": NAME}),
        # A variety of a language falls back to the language.
        (DEFAULT | {"name": "__MSG_a__"}, {"en": NAME, "de": NAME, "de_AT": b"{}"}),
    ],
)
def test_locales_as_they_should_be(keys: dict[str, Any], catalogues: dict[str, bytes]) -> None:
    assert broken(keys, **catalogues) == set()


@pytest.mark.parametrize(
    ("keys", "catalogues", "code"),
    [
        ({"default_locale": 1}, {}, "DefaultLocaleInvalid"),
        ({"default_locale": ""}, {}, "DefaultLocaleInvalid"),
        ({"default_locale": None}, {}, "DefaultLocaleInvalid"),
        ({"default_locale": "e n"}, {}, "DefaultLocaleInvalid"),
        ({}, {"en": b"{}"}, "LocalesWithoutDefault"),
        ({"default_locale": 1}, {"en": b"{}"}, "LocalesWithoutDefault"),
        ({"default_locale": "fr"}, {"en": b"{}"}, "LocalesWithoutDefault"),
        ({"default_locale": "EN"}, {"en": b"{}"}, "LocalesWithoutDefault"),
        ({"default_locale": "en-US"}, {"en-US": b"{}"}, "LocalesWithoutDefault"),
        ({"default_locale": "xx"}, {"xx": b"{}"}, "LocalesWithoutDefault"),
        (DEFAULT, {}, "LocalesMissing"),
        (DEFAULT, {"en": b"["}, "LocaleMessagesInvalid"),
        (DEFAULT, {"en": b"{}", "fr": b"[]"}, "LocaleMessagesInvalid"),
        (DEFAULT | {"name": "__MSG_b__"}, {"en": NAME}, "LocaleMessageUndefined"),
        (
            DEFAULT | {"description": "__MSG_a__ __MSG_@@extension_id__"},
            {"en": NAME},
            "LocaleMessageUndefined",
        ),
        (DEFAULT | {"action": {"default_title": "__MSG_b__"}}, {"en": NAME}, "LocaleMessageUndefined"),
        (DEFAULT | {"commands": {"c": {"description": "__MSG_b__"}}}, {"en": NAME}, "LocaleMessageUndefined"),
        (
            DEFAULT | {"omnibox": {"keyword": "__MSG_b__"}},
            {"en": NAME, "fr": b"{}"},
            "LocaleMessageUndefined",
        ),
        (
            DEFAULT | {"name": "__MSG_a__"},
            {"en": NAME, "de": b'{"b": {"message": "B"}}'},
            "LocaleTranslationMissing",
        ),
    ],
)
def test_locales_as_they_should_not_be(keys: dict[str, Any], catalogues: dict[str, bytes], code: str) -> None:
    assert broken(keys, **catalogues) == {code}


@pytest.mark.parametrize("folder", ["fr", "FR", "pt_BR"])
def test_a_folder_of_a_known_locale_needs_a_catalogue(folder: str) -> None:
    files = {"_locales/en/messages.json": b"{}", f"_locales/{folder}/Messages.json": b"{}"}

    assert codes(DEFAULT, files) & GROUP == {"LocaleCatalogMissing"}


def test_a_fault_in_a_catalogue_has_its_place() -> None:
    files = {"_locales/en/messages.json": b'{\n  "a": {"message": "$who$"}\n}'}
    (finding,) = [
        found for found in report_on(DEFAULT, files).errors if found.code == "LocaleMessagesInvalid"
    ]

    assert (finding.file, finding.line, finding.column) == ("_locales/en/messages.json", 2, 3)
    assert "variable $who$ of key a is used but not defined" in finding.message


def test_a_catalogue_that_is_too_large_is_told_of() -> None:
    files = {"_locales/en/messages.json": b"{" + b" " * (1 << 20) + b"}"}

    assert messages("LocaleMessagesInvalid", DEFAULT, files) == [
        "Invalid locale file '_locales/en/messages.json': it has 1048578 bytes; the limit is 1048576."
    ]


def test_each_message_that_is_not_defined_is_told_of() -> None:
    keys = DEFAULT | {"name": "__MSG_b__", "short_name": "__MSG_c__"}

    assert messages("LocaleMessageUndefined", keys, {"_locales/en/messages.json": NAME}) == [
        "Variable __MSG_b__ used but not defined.",
        "Variable __MSG_c__ used but not defined.",
    ]


# Chromium 156 loaded unpacked extensions with catalogues like these; some rows put several of them together.
SOUND = [
    b"{}",
    b"\xef\xbb\xbf{}",
    b"{} // c",
    b'{"a":{"message":"x\ny"}}',
    b'{"a":{"message":"\\x41"}}',
    b'{"a":{"message":"x","n":' + b"[" * 197 + b"]" * 197 + b"}}",
    {"a": {"message": ""}},
    {"@": {"message": "x"}, "@@foo": {"message": "x"}, "@@extension_id": {"message": "x"}},
    {"a": {"message": "$x"}},
    {"a": {"message": "$x y$ $ $$"}},
    {"a": {"message": "t", "placeholders": {}, "description": 1}},
    {"a": {"message": "$X$", "placeholders": {"x": {"content": "$y$"}}}},
    {"a": {"message": "t"}, "A": {"message": "u"}},
]
# … and refused these, or died of them: a top level that is no object.
BROKEN = [
    b"",
    b"{",
    b"[]",
    b'""',
    b"1",
    b'{"a":{"message":"x"},}',
    b'{"a":{"message":"\xe9"}}',
    b'{"a":{"message":"\\ud800"}}',
    b'{"a":{"message":"x","n":1e999}}',
    b'{"a":{"message":"x","n":' + b"[" * 198 + b"]" * 198 + b"}}",
    "{}".encode("utf-16"),
    {"a": {}},
    {"a": None},
    {"a": {"message": 1}},
    {"": {"message": "x"}},
    {"a-b": {"message": "x"}},
    {"é": {"message": "x"}},
    {"@@ui_locale": {"message": "x"}},
    {"@@UI_locale": {"message": "x"}},
    {"a": {"message": "$x$"}},
    {"a": {"message": "$1$"}},
    {"a": {"message": "$ x$y$"}},
    {"a": {"message": "$$x$$"}},
    {"a": {"message": "t", "placeholders": None}},
    {"a": {"message": "t", "placeholders": {"x": 1}}},
    {"a": {"message": "t", "placeholders": {"x": {}}}},
    {"a": {"message": "t", "placeholders": {"x": {"content": 1}}}},
    {"a": {"message": "t", "placeholders": {"x y": {"content": "1"}}}},
]


def read(content: Any) -> Catalogue:
    return read_catalogue(content if isinstance(content, bytes) else json.dumps(content).encode())


@pytest.mark.parametrize("content", SOUND, ids=str)
def test_a_sound_catalogue(content: Any) -> None:
    assert read(content).problems == ()


@pytest.mark.parametrize("content", BROKEN, ids=str)
def test_a_broken_catalogue(content: Any) -> None:
    assert read(content).problems


PLAIN = {"m": {"message": "x"}, "n": {"message": "y", "description": "z"}}


@pytest.mark.parametrize("content", [content for content in BROKEN if isinstance(content, dict)], ids=str)
def test_a_broken_message_among_plain_ones(content: dict[str, Any]) -> None:
    alone, among_others = (
        [problem.detail for problem in read(each).problems] for each in (content, PLAIN | content)
    )

    assert among_others == alone


@pytest.mark.parametrize(
    "odd",
    [{"description": None}, {"description": 1}, {"n": "z"}, {"description": {}, "n": 1}],
    ids=str,
)
def test_an_odd_message_among_plain_ones_is_looked_at_closely(odd: dict[str, Any]) -> None:
    deep = b"[" * 199 + b"]" * 199
    text = json.dumps(PLAIN | {"a": {"message": "x", "deep": 0} | odd}).encode()

    assert read(text).problems == ()
    assert read(text.replace(b'"deep": 0', b'"deep": ' + deep)).problems


def test_a_catalogue_keeps_what_was_asked_for() -> None:
    content = {
        "A": {"message": "1"},
        "b": {"message": "$x$", "placeholders": {"X": {"content": "2"}}},
        "c": 3,
    }
    content |= {f"m{number}": {"message": ""} for number in range(1000)}

    found = read_catalogue(json.dumps(content).encode(), frozenset({"a", "b", "c", "d"}))

    assert found == Catalogue(
        1003, frozenset({"a", "b", "c"}), texts={"a": "1", "b": "2"}, problems=found.problems
    )


def test_a_thousand_broken_messages_make_a_few_problems() -> None:
    assert len(read({f"m{number}": None for number in range(1000)}).problems) == 5


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("__MSG_a__", ["a"]),
        ("x__MSG_a____MSG_B__", ["a", "B"]),
        ("__MSG_known__", []),
        ("__MSG_KNOWN__", []),
        ("__MSG_a", []),
        ("__MSG_a b__MSG_c__", ["c"]),
        ("__MSG___", []),
    ],
)
def test_which_names_in_a_text_are_not_defined(text: str, names: list[str]) -> None:
    assert list(undefined(text, frozenset({"known"}), "__MSG_", "__")) == names


@given(
    JSON
    | st.dictionaries(
        st.sampled_from(["a", "b c", "@@bidi_dir"]),
        JSON
        | st.dictionaries(
            st.sampled_from(["message", "placeholders"]), JSON | st.dictionaries(st.text(max_size=2), JSON)
        ),
    )
)
def test_no_json_makes_the_reader_raise(value: Any) -> None:
    assert isinstance(read(value), Catalogue)


@given(JSON)
def test_no_value_makes_a_rule_raise(value: Any) -> None:
    for key in (
        "default_locale",
        "name",
        "action",
        "omnibox",
        "commands",
        "app",
        "chrome_settings_overrides",
    ):
        broken(DEFAULT | {key: value}, en=NAME, fr=b"{}")
    broken(DEFAULT | {"chrome_settings_overrides": {"search_provider": value}}, en=NAME)
