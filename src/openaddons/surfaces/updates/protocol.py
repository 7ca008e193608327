"""The update protocol of Chromium's extensions, version 2.0: the query of a check, and the XML of its answer.

::

    GET /updates?os=linux&prod=chromiumcrx&…&x=id%3D<CRX ID>%26v%3D1.2%26installsource%3D…%26uc&x=…

    <gupdate protocol="2.0"><app appid="…" status="ok"><updatecheck status="ok" codebase="…" version="1.3"/></app>…

Each ``x`` is itself a query string, percent-encoded (extensions/browser/updater/manifest_fetch_data.cc). What the
browser takes as an answer is in extensions/common/update_manifest.cc, and was measured: nothing may stand before
the XML declaration, ``codebase`` is absolute, ``version`` is the manifest's own.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

ASKED_LIMIT: Final = 256
"""Add-ons in one check. Browsers fit some twenty into the 2,000 characters that they allow themselves."""

CONTENT_TYPE: Final = b"text/xml; charset=utf-8"

_CRX_ID: Final = re.compile(rb"[a-p]{32}")
# How browsers write it; whatever else begins like this is read closely. Literal at both ends, which is quick.
_USUAL: Final = re.compile(rb"&x=id%3D([a-p]{32})%26v%3D([0-9.]+)%26")
_VERSION: Final = re.compile(rb"[0-9]{1,10}(?:\.[0-9]{1,10}){0,7}")
_VERSION_BYTES_LIMIT: Final = 87

_BEGIN: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">'
)
_END: Final = b"</gupdate>\n"


Asked = tuple[bytes, bytes]
"""The CRX ID of an add-on that a browser asks about, and the version that it has: ``0.0.0.0`` or empty for none."""


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
        if _CRX_ID.fullmatch(crx_id):
            yield crx_id, fields.get(b"v", b"")


def is_behind(installed: bytes, offered: bytes) -> bool:
    """Whether a browser that has ``installed`` would take ``offered``. One that has no version would.

    Parts are compared as numbers, missing ones being 0 (base/version.cc).
    """
    return len(installed) > _VERSION_BYTES_LIMIT or _is_behind(installed, offered)


@lru_cache(maxsize=4096)  # of a thousand browsers, hundreds have the same two
def _is_behind(installed: bytes, offered: bytes) -> bool:
    return not _VERSION.fullmatch(installed) or _parts(installed) < _parts(offered)


def _parts(version: bytes) -> list[int]:
    parts = [int(part) for part in version.split(b".")]
    while parts and not parts[-1]:
        parts.pop()
    return parts


def gupdate(apps: Iterable[bytes]) -> bytes:
    """The answer that says these things of add-ons."""
    return b"".join((_BEGIN, *apps, _END))


class Offer(NamedTuple):
    """A package that browsers are offered."""

    version: bytes
    app: bytes
    """The finished ``<app>`` element for browsers that are behind."""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the package, hexadecimal digits."""
        return self.app.partition(b' hash_sha256="')[2][:64]


def update(
    crx_id: str, version: str, *, codebase: str, digest: str, size_bytes: int, minimum: str | None
) -> Offer:
    """There is a package, for browsers from version ``minimum`` on."""
    address = escape(codebase, {'"': "&quot;"})
    least = f' prodversionmin="{minimum}"' if minimum else ""
    app = (
        f'<app appid="{crx_id}" status="ok"><updatecheck status="ok" codebase="{address}" '
        f'version="{version}" hash_sha256="{digest}" size="{size_bytes}"{least}/></app>'
    )
    return Offer(_shared(version), app.encode())


@lru_cache(maxsize=4096)
def _shared(version: str) -> bytes:
    """One object for all add-ons of that version: it stays in the caches, where each one's own would not."""
    return version.encode()


def no_update(crx_id: bytes) -> bytes:
    """What the browser has is the newest, or nothing is offered."""
    return b'<app appid="%b" status="ok"><updatecheck status="noupdate"/></app>' % crx_id


def unknown(crx_id: bytes) -> bytes:
    """There is no such add-on here."""
    return b'<app appid="%b" status="error-unknownApplication"/>' % crx_id


def restricted(crx_id: bytes) -> bytes:
    """It is here, and nobody may have it (Omaha's word for it)."""
    return b'<app appid="%b" status="restricted"/>' % crx_id
