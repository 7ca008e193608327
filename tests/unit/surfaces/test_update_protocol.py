"""The codec of update checks: whatever a query holds, what is read of it, and that the answer is XML."""

import xml.etree.ElementTree as ET
from urllib.parse import parse_qs, quote, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openaddons.surfaces.updates import protocol
from openaddons.surfaces.updates.protocol import (
    ASKED_LIMIT,
    Asked,
    Offer,
    TooManyAsked,
    is_behind,
    offered_digest,
    offered_version,
    read_asked,
)

CRX_IDS = st.text(alphabet="abcdefghijklmnop", min_size=32, max_size=32)
VERSIONS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
ASKED = st.lists(st.tuples(CRX_IDS, VERSIONS), max_size=ASKED_LIMIT)


def read(query: bytes) -> list[tuple[bytes, bytes]]:
    """CRX IDs and installed versions."""
    return [(each[:32], each[39:]) for each in read_asked(query)]


def x(*fields: str) -> str:
    """One ``x`` with everything in it escaped that need not be as it is."""
    return "x=" + quote("&".join(fields), safe="")


@given(ASKED)
def test_what_browsers_write_is_read(asked: list[tuple[str, str]]) -> None:
    parts = [x(f"id={crx_id}", f"v={version}", "installsource=other", "uc") for crx_id, version in asked]
    query = "&".join(["os=linux", *parts]).encode()

    assert read(query) == [(crx_id.encode(), version.encode()) for crx_id, version in asked]


@given(CRX_IDS, VERSIONS, st.permutations(["id", "v", "uc", "ap"]), st.booleans())
def test_order_and_escapes_do_not_matter(crx_id: str, version: str, names: list[str], lower: bool) -> None:
    values = {"id": f"id={crx_id}", "v": f"v={version}", "uc": "uc", "ap": "ap=x"}
    query = x(*(values[name] for name in names))
    written = query.lower() if lower else query

    assert read(written.encode()) == [(crx_id.encode(), version.encode())]


def naive(query: bytes) -> list[tuple[bytes, bytes]]:
    """As a library for forms reads it, twice; of what stands twice the first counts."""
    found = []
    for part in query.split(b"&"):
        if part.startswith(b"x="):
            inner = (
                unquote_to_bytes(part[2:])
                .decode("latin-1")
                .replace("%", "%25")
                .replace("+", "%2B")
                .replace(";", "%3B")
            )
            fields = parse_qs(inner, keep_blank_values=True, encoding="latin-1", max_num_fields=None)
            crx_id = fields.get("id", [""])[0].encode("latin-1")
            if len(crx_id) == 32 and set(crx_id) <= set(b"abcdefghijklmnop"):
                found.append((crx_id, fields.get("v", [""])[0].encode("latin-1")))
    return found


PIECES = st.sampled_from(
    [
        b"x=",
        b"&",
        b"id%3D",
        b"id=",
        b"%26",
        b"v%3D",
        b"1.2",
        b"a" * 32,
        b"b" * 32,
        b"%",
        b"%2",
        b"%3d",
        b"uc",
        b"=",
        b"x",
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join))
@example(b"x=id%3D" + b"a" * 32 + b"%26v%3D1.2%26id%3D" + b"b" * 32)
@example(b"x=id%3D" + b"a" * 32 + b"%26v%3D1.2")
def test_rubbish_is_read_as_a_library_would(query: bytes) -> None:
    assert read(query) == naive(query)


@given(st.binary(max_size=2000))
def test_any_bytes_are_read(query: bytes) -> None:
    for crx_id, _ in read(query):
        assert len(crx_id) == 32


def test_too_many_are_refused() -> None:
    assert read_asked(b"&".join([b"x="] * ASKED_LIMIT)) == []
    with pytest.raises(TooManyAsked):
        read_asked(b"&".join([b"x="] * (ASKED_LIMIT + 1)))


def asked_and_offered(installed: bytes, version: str) -> tuple[Asked, Offer]:
    crx_id = "a" * 32
    offer = protocol.update(crx_id, version, codebase="", digest="f" * 64, size_bytes=5, minimum=None)
    return protocol.asked_about(crx_id.encode(), installed), offer


@given(VERSIONS, VERSIONS)
def test_versions_are_compared_as_numbers(one: str, other: str) -> None:
    def padded(version: str) -> list[int]:
        return [*map(int, version.split(".")), 0, 0, 0][:4]

    assert is_behind(*asked_and_offered(one.encode(), other)) == (padded(one) < padded(other))


@pytest.mark.parametrize(
    "none", [b"", b"x", b"1.", b".1", b"1..2", b"-1", b"1 ", b"9" * 60_000, b"1." * 300 + b"1"]
)
def test_what_is_no_version_is_behind(none: bytes) -> None:
    assert is_behind(*asked_and_offered(none, "1.0"))


@given(st.text(alphabet="a/:?&<>\"'%=ü", max_size=20))
def test_an_answer_is_xml_whatever_the_url(codebase: str) -> None:
    offer = protocol.update(
        "a" * 32, "1.2", codebase=codebase, digest="f" * 64, size_bytes=5, minimum="120.0"
    )
    parts = [offer, protocol.unknown(b"b" * 32), protocol.restricted(b"c" * 32)]
    body = protocol.gupdate(parts)

    (told,) = ET.fromstring(body).iter("{http://www.google.com/update2/response}updatecheck")
    assert body.startswith(b"<?xml")
    assert told.attrib == {
        "status": "ok",
        "codebase": codebase,
        "version": "1.2",
        "hash_sha256": "f" * 64,
        "size": "5",
        "prodversionmin": "120.0",
    }
    assert (offered_version(offer), offered_digest(offer)) == (b"1.2", b"f" * 64)
