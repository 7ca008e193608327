import io
import json
from typing import Any

import pytest

from openaddons.packages import browser_json
from openaddons.packages.archive import Archive
from openaddons.packages.browser_json import Place
from openaddons.packages.findings import DEFAULT_LIMITS
from openaddons.packages.manifest import Manifest, read_manifest
from tests.corpus.writer import Member, pack

CATALOGUE = "_locales/en/messages.json"


def manifest_of(text: str, **files: bytes) -> Manifest:
    members = [Member(b"manifest.json", text.encode())]
    members += [Member(name.encode(), content) for name, content in files.items()]
    archive = Archive.open(io.BytesIO(pack(members)))
    return read_manifest(archive, browser_json.parse(text.encode(), max_depth=200), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("name", "messages", "resolved"),
    [
        ("plain", {}, "plain"),
        ("__MSG_x__", {"x": {"message": "Tab Tally"}}, "Tab Tally"),
        ("__MSG_APP_name__!", {"app_NAME": {"message": "Tally"}}, "Tally!"),
        ("__MSG_a__ __MSG_b__", {"a": {"message": "A"}, "b": {"message": "B"}}, "A B"),
        ("__MSG_x__", {}, "__MSG_x__"),
        ("__MSG_x__", {"x": {"message": ""}}, ""),
        ("__MSG_x__", {"x": "text"}, "__MSG_x__"),
        (
            "__MSG_x__",
            {"x": {"message": "for $WHO$", "placeholders": {"who": {"content": "you"}}}},
            "for you",
        ),
        ("__MSG_x__", {"x": {"message": "$no$ $1"}}, "$no$ $1"),
        ("__MSG_a____MSG_b__", {"a": {"message": "A"}, "b": {"message": "B"}}, "AB"),
        ("__MSG_a__b__", {"a": {"message": "A"}, "a__b": {"message": "B"}}, "Ab__"),
        ("__MSG___b__", {"__b": {"message": "B"}}, "__MSG___b__"),
        ("__MSG_x__", ["a list at the top ends a browser"], "__MSG_x__"),
    ],
)
def test_messages_of_the_default_locale_fill_the_name(name: str, messages: Any, resolved: str) -> None:
    text = json.dumps({"name": name, "default_locale": "en"})

    assert manifest_of(text, **{CATALOGUE: json.dumps(messages).encode()}).localized("name") == resolved


def test_a_long_message_is_filled_in_whole() -> None:
    text = json.dumps({"name": "__MSG_x__", "default_locale": "en"})
    catalogue = json.dumps({"x": {"message": "x" * 100_000}}).encode()

    assert manifest_of(text, **{CATALOGUE: catalogue}).localized("name") == "x" * 100_000


def test_references_do_not_multiply_a_text_beyond_memory() -> None:
    """A hundred thousand times half a megabyte, by way of the manifest and by way of a placeholder."""
    text = json.dumps({"name": "__MSG_x__" * 100_000, "default_locale": "en"})
    message = {"message": "$a$" * 100_000, "placeholders": {"a": {"content": "y" * 500_000}}}
    catalogue = json.dumps({"x": message}).encode()

    assert len(manifest_of(text, **{CATALOGUE: catalogue}).localized("name")) < 3_000_000


@pytest.mark.parametrize("catalogue", [b"{", b"\xff", b"null"])
def test_a_broken_catalogue_fills_nothing(catalogue: bytes) -> None:
    text = '{"name": "__MSG_x__", "default_locale": "en"}'

    assert manifest_of(text, **{CATALOGUE: catalogue}).localized("name") == "__MSG_x__"


def test_without_a_default_locale_nothing_is_filled_in() -> None:
    manifest = manifest_of('{"name": "__MSG_x__"}', **{CATALOGUE: b'{"x": {"message": "X"}}'})

    assert (manifest.localized("name"), manifest.default_locale) == ("__MSG_x__", None)


def test_a_default_locale_cannot_lead_out_of_its_folder() -> None:
    text = '{"name": "__MSG_x__", "default_locale": "../en"}'

    assert (
        manifest_of(text, **{"en/messages.json": b'{"x": {"message": "X"}}'}).localized("name") == "__MSG_x__"
    )


def test_locales_are_the_folders_under_locales() -> None:
    files = {
        "_locales/de/messages.json": b"{}",
        CATALOGUE: b"{}",
        "_locales/readme.txt": b"",
        "x/_locales/fr/a": b"",
    }

    assert manifest_of("{}", **files).locales == ("de", "en")


def test_what_is_no_string_stays_what_it_is() -> None:
    assert manifest_of('{"name": 5}').localized("name") == 5
    assert manifest_of("{}").localized("name") is None


def test_a_key_has_a_place_in_the_file() -> None:
    manifest = manifest_of('{\n  "name": 5\n}')

    assert manifest.place("name") == Place(2, 3)
    assert manifest.place("version") is None
