"""What is written into a package that is signed here: the release's version and the store's update URL."""

import io
import json
import zipfile
from typing import Any

import pytest

from openaddons.packages import browser_json
from openaddons.packages.archive import Archive
from openaddons.packages.findings import DEFAULT_LIMITS
from openaddons.packages.self_hosted import packed_manifest, read_icon, read_keys
from tests.unit.packages.pictures import png

_URL = "https://addons.example/updates?token=0123456789abcdef"


def _archive(manifest: bytes, files: dict[str, bytes] | None = None) -> Archive:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", manifest)
        for name, data in (files or {}).items():
            archive.writestr(name, data)
    return Archive.open(packed)


def _packed(manifest: bytes) -> dict[str, Any]:
    keys = read_keys(_archive(manifest), DEFAULT_LIMITS)
    found: dict[str, Any] = json.loads(packed_manifest(keys, version="2.0.0.1", update_url=_URL))
    return found


def test_the_version_and_the_update_url_are_those_of_the_store() -> None:
    packed = _packed(b'{"manifest_version": 3, "version": "1.0", "name": "Sample"}')

    assert packed == {"manifest_version": 3, "version": "2.0.0.1", "name": "Sample", "update_url": _URL}
    assert list(packed) == ["manifest_version", "version", "name", "update_url"]


@pytest.mark.parametrize(
    "manifest",
    [
        b'// a comment\n{"version": "1.0", /* and another */ "name": "a // b"}',
        b'\xef\xbb\xbf{"version": "1.0", "name": "a // b"}',
        b'{"name": "a", "version": "1.0", "name": "a \\/\\/ b"}',
    ],
    ids=["comments", "byte order mark", "a key twice"],
)
def test_what_only_browsers_read_becomes_plain_json(manifest: bytes) -> None:
    assert _packed(manifest) == {"version": "2.0.0.1", "name": "a // b", "update_url": _URL}


def test_every_character_and_number_stays_what_it_is() -> None:
    manifest = r'{"name": "\ud83d\ude00 é 😀 \u0000", "a": [1e3, 4294967296, -0.5, null, true]}'.encode()

    packed = packed_manifest(read_keys(_archive(manifest), DEFAULT_LIMITS), version="2", update_url=_URL)

    read = browser_json.parse(packed, max_depth=DEFAULT_LIMITS.json_depth).value
    assert (read["name"], read["a"]) == ("😀 é 😀 \0", [1000.0, 4294967296.0, -0.5, None, True])
    assert packed.isascii()


def test_the_same_release_is_packed_to_the_same_bytes() -> None:
    keys = {"version": "1", "name": "é", "icons": {"128": "icon.png"}}

    assert packed_manifest(keys, version="2", update_url=_URL) == packed_manifest(
        dict(keys), version="2", update_url=_URL
    )


@pytest.mark.parametrize(
    ("icons", "chosen"),
    [
        ({"16": "16.png", "128": "128.png", "256": "256.png"}, "128.png"),
        ({"16": "16.png", "256": "256.png", "512": "512.png"}, "256.png"),
        ({"16": "16.png", "48": "48.png"}, "48.png"),
        ({"128": "missing.png", "48": "48.png"}, "48.png"),
        ({"128": "text.png", "48": "/48.png"}, "48.png"),
        ({"128": "large.png", "48": "48.png"}, "48.png"),
        ({"128": "../48.png", "x": "16.png", "²": "16.png"}, None),
        ({"128": 5}, None),
        ({}, None),
        ("48.png", None),
        (None, None),
    ],
)
def test_the_icon_is_the_one_of_128_pixels_or_the_next_that_is_a_picture(
    icons: object, chosen: str | None
) -> None:
    files = {f"{size}.png": png(size) for size in (16, 48, 128, 256, 512)}
    files |= {"text.png": b"no picture", "large.png": png(128) + bytes(1 << 20)}
    archive = _archive(b"{}", files)

    assert read_icon(archive, {"icons": icons}) == (None if chosen is None else files[chosen])
