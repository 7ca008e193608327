"""Update checks, as browsers send them to a store of one's own: a plain GET, answered with XML.

No cookie is read or set: the browser sends the user's cookies for our host along. "No" is a 4xx, which is not
asked again; a 5xx is, up to ten times.
"""

import re
from typing import Final

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from openaddons.errors import NotFound, TooManyAsked
from openaddons.ids import new_correlation_id
from openaddons.settings import Settings
from openaddons.store.offered import ALL
from openaddons.surfaces.http import plain_route, respond
from openaddons.surfaces.updates import protocol
from openaddons.surfaces.updates.snapshot import Snapshot, package_url
from openaddons.surfaces.updates.tokens import Tokens

UPDATES_PATH: Final = "/updates"
# As the public stores have them (Edge's, Chrome's), for tools that were made for those.
STORE_PATHS: Final = ("/extensionwebstorebase/v1/crx", "/service/update2/crx")
_PATHS: Final = frozenset(path.encode() for path in (UPDATES_PATH, *STORE_PATHS))

_REDIRECT: Final = re.compile(rb"(?:^|&)response=redirect(?:&|$)")
_HEADERS: Final = (
    (b"content-type", protocol.CONTENT_TYPE),
    # A release replaces the answer at once.
    (b"cache-control", b"no-cache"),
    (b"x-content-type-options", b"nosniff"),
)
_LINES: Final = b"".join(b"%b: %b\r\n" % header for header in _HEADERS)


class UpdatesSurface:
    """Answers update checks from a snapshot."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        self._snapshot = snapshot
        self._settings = settings
        self._tokens = Tokens(settings)

    def routes(self) -> list[BaseRoute]:
        """The store's own paths and those of the public stores."""
        paths = (UPDATES_PATH, UPDATES_PATH + "/{ring}", *STORE_PATHS)
        return [plain_route(path, "GET", self.check) for path in paths]

    def answer_at_once(self, target: bytes) -> bytes | None:
        """The headers and the body that answer a request for this target; None for one that is not usual."""
        path, _, query = target.partition(b"?")
        ring = self._ring(path)
        if ring is None or b"response=" in query or not self._tokens.admit(query):
            return None
        try:
            body = self._snapshot.answer(protocol.read_asked(query), ring)
        except protocol.TooManyAsked:
            return None
        return b"content-length: %d\r\nx-correlation-id: %b\r\n%b\r\n%b" % (
            len(body),
            new_correlation_id().encode(),
            _LINES,
            body,
        )

    def _ring(self, path: bytes) -> str | None:
        """The ring that asks at this path; None when it is no path of update checks."""
        if path in _PATHS:
            return ALL
        before, _, ring = path.decode("ascii", "replace").rpartition("/")
        return ring if before == UPDATES_PATH and ring in self._snapshot.rings else None

    async def check(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an update check, or redirect to the package."""
        query: bytes = scope["query_string"]
        # First: nobody else learns which rings there are.
        self._tokens.check(query)
        ring = scope["path_params"].get("ring", ALL)
        if ring != ALL and ring not in self._snapshot.rings:
            raise NotFound
        try:
            asked = protocol.read_asked(query)
        except protocol.TooManyAsked:
            raise TooManyAsked(limit=protocol.ASKED_LIMIT) from None
        if _REDIRECT.search(query):
            location = self._package_url(asked, ring).encode()
            await respond(
                scope, send, 302, headers=[(b"location", location), (b"cache-control", b"no-cache")]
            )
            return
        await respond(scope, send, 200, self._snapshot.answer(asked, ring), _HEADERS)

    def _package_url(self, asked: list[protocol.Asked], ring: str) -> str:
        """The URL of the first package that is asked for and offered. Raises `NotFound`."""
        for each in asked:
            crx_id = each[protocol.CRX_ID]
            offer = self._snapshot.find(crx_id, ring)
            if offer is not None:
                digest = protocol.offered_digest(offer).decode()
                return package_url(self._settings, crx_id=crx_id.decode(), digest=digest)
        raise NotFound
