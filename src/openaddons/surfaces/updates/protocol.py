"""The update protocol of Chromium's extensions, version 2.0: the query of a check, and the XML of its answer.

::

    GET /updates?os=linux&prod=chromiumcrx&…&x=id%3D<CRX ID>%26v%3D1.2%26installsource%3D…%26uc&x=…

    <gupdate protocol="2.0"><app appid="…" status="ok"><updatecheck status="ok" codebase="…" version="1.3"/></app>…

Each ``x`` is itself a query string, percent-encoded (extensions/browser/updater/manifest_fetch_data.cc). What the
browser takes as an answer is in extensions/common/update_manifest.cc, and was measured: nothing may stand before
the XML declaration, ``codebase`` is absolute, ``version`` is the manifest's own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

ASKED_LIMIT: Final = 256
"""Add-ons in one check. Browsers fit some twenty into the 2,000 characters that they allow themselves."""

CONTENT_TYPE: Final = b"text/xml; charset=utf-8"

_IS_CRX_ID: Final = re.compile(rb"[a-p]{32}")
# How browsers write it; whatever else begins like this is read closely. Literal at both ends, which is quick.
_USUAL: Final = re.compile(rb"&x=id%3D([a-p]{32}%26v%3D[0-9.]+)%26")
_VERSION: Final = re.compile(rb"[0-9]{1,10}(?:\.[0-9]{1,10}){0,7}")
_VERSION_BYTES_LIMIT: Final = 87
_OFFERED_BYTES_LIMIT: Final = 43  # four numbers of ten digits; of a manifest, none has more than five

_BEGIN: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">'
)
_END: Final = b"</gupdate>\n"
_NO_UPDATE: Final = b'<app appid="%b" status="ok"><updatecheck status="noupdate"/></app>'
_UPDATE: Final = '<app appid="{crx_id}" status="ok"><updatecheck status="ok" version="'
_OFFERED_AT: Final = len(_UPDATE.format(crx_id="a" * 32))
_OFFERED: Final = slice(_OFFERED_AT, _OFFERED_AT + _OFFERED_BYTES_LIMIT + 1)  # with a quotation mark at least

Asked = bytes
"""An add-on that a browser asks about and the version that it has, as `asked_about` writes them."""
CRX_ID: Final = slice(32)
_INSTALLED_AT: Final = 32 + len(b"%26v%3D")
_INSTALLED: Final = slice(_INSTALLED_AT, _INSTALLED_AT + _VERSION_BYTES_LIMIT + 1)  # one more is no version

Offer = bytes
"""The finished ``<app>`` element for browsers that are behind, as `update` writes it."""


class TooManyAsked(Exception):  # noqa: N818 - a verdict on the query
    """More than `ASKED_LIMIT`."""


def read_asked(query: bytes) -> list[Asked]:
    """The add-ons that the raw query of a check asks about. What is no CRX ID is passed over.

    Raises:
        TooManyAsked: they are more than browsers ask about.
    """
    query = b"&" + query
    asked_count = query.count(b"&x=")
    if asked_count > ASKED_LIMIT:
        raise TooManyAsked
    found: list[Asked] = _USUAL.findall(query)
    return found if len(found) == asked_count else list(_read_closely(query))


def _read_closely(query: bytes) -> Iterator[Asked]:
    for part in query.split(b"&"):
        if not part.startswith(b"x="):
            continue
        pairs = (field.partition(b"=") for field in unquote_to_bytes(part[2:]).split(b"&"))
        fields: dict[bytes, bytes] = {}
        for name, _, value in pairs:
            fields.setdefault(name, value)
        crx_id = fields.get(b"id", b"")
        if _IS_CRX_ID.fullmatch(crx_id):
            yield asked_about(crx_id, fields.get(b"v", b""))


def asked_about(crx_id: bytes, installed: bytes) -> Asked:
    """What a browser that has this version asks; ``0.0.0.0`` or nothing is none.

    It is the browser's own writing, so that a usual query need only be cut.
    """
    return b"%b%%26v%%3D%b" % (crx_id, installed)


def is_behind(asked: Asked, offer: Offer) -> bool:
    """Whether a browser that asks so would take the offer. One that has no version would.

    Parts of versions are compared as numbers, missing ones being 0 (base/version.cc).
    """
    return _is_less(asked[_INSTALLED], offer[_OFFERED])


@lru_cache(maxsize=4096)  # of a thousand browsers, hundreds have the same two
def _is_less(installed: bytes, offered: bytes) -> bool:
    return not _VERSION.fullmatch(installed) or _parts(installed) < _parts(offered.partition(b'"')[0])


def _parts(version: bytes) -> list[int]:
    parts = [int(part) for part in version.split(b".")]
    while parts and not parts[-1]:
        parts.pop()
    return parts


def gupdate(apps: Iterable[bytes]) -> bytes:
    """The answer that says these things of add-ons."""
    return b"".join((_BEGIN, *apps, _END))


def update(
    crx_id: str, version: str, *, codebase: str, digest: str, size_bytes: int, minimum: str | None
) -> Offer:
    """There is a package, for browsers from version ``minimum`` on. Its SHA-256 is in hexadecimal digits."""
    address = escape(codebase, {'"': "&quot;"})
    least = f' prodversionmin="{minimum}"' if minimum else ""
    app = (
        f'{_UPDATE.format(crx_id=crx_id)}{version}" codebase="{address}" '
        f'hash_sha256="{digest}" size="{size_bytes}"{least}/></app>'
    )
    return app.encode()


def offered_version(offer: Offer) -> bytes:
    """The version of the package."""
    return offer[_OFFERED].partition(b'"')[0]


def offered_digest(offer: Offer) -> bytes:
    """SHA-256 of the package, hexadecimal digits."""
    return offer.partition(b' hash_sha256="')[2][:64]


def no_update(crx_id: bytes) -> bytes:
    """What the browser has is the newest, or nothing is offered."""
    return _NO_UPDATE % crx_id


def no_updates(asked: Sequence[Asked]) -> bytes:
    """The same, of each add-on that is asked about."""
    return _NO_UPDATE * len(asked) % tuple([each[CRX_ID] for each in asked])


def unknown(crx_id: bytes) -> bytes:
    """There is no such add-on here."""
    return b'<app appid="%b" status="error-unknownApplication"/>' % crx_id


def restricted(crx_id: bytes) -> bytes:
    """It is here, and nobody may have it (Omaha's word for it)."""
    return b'<app appid="%b" status="restricted"/>' % crx_id
