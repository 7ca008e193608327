"""A product's public details as JSON, at the path and in the words of Microsoft's store.

Microsoft documents neither; badges and feeds read ``version``, ``name``, ``averageRating``, ``activeInstallCount``,
``description``, ``shortDescription``, ``developer``, ``manifest`` (a text) and ``lastUpdateDate`` (seconds). What this
store does not know, ratings and installations, is null: 0 would be a statement.
"""

import asyncio
import json
import re
import zipfile
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from openaddons.errors import NotFound
from openaddons.objects import Objects
from openaddons.packages.archive import MANIFEST_NAME
from openaddons.settings import Settings
from openaddons.store.details import ProductDetails, find_details
from openaddons.store.session import Database
from openaddons.surfaces.http import JSON_TYPE, plain_route, respond
from openaddons.surfaces.updates.tokens import Tokens

DETAILS_PATH: Final = "/addons/getproductdetailsbycrxid"
_CRX_ID: Final = re.compile(r"[a-p]{32}")
# Badge services keep what they read for minutes in any case.
_HEADERS: Final = (JSON_TYPE, (b"cache-control", b"max-age=60"))


class DetailsSurface:
    """``/addons/getproductdetailsbycrxid/<CRX ID>``, with or without ``?hl=<language>``."""

    def __init__(self, *, database: Database, objects: Objects, settings: Settings) -> None:
        self._database = database
        self._objects = objects
        self._tokens = Tokens(settings)

    def routes(self) -> list[BaseRoute]:
        """The one path."""
        return [plain_route(DETAILS_PATH + "/{crx_id}", "GET", self.show)]

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the details of a product that all are offered, be it hidden. Raises `NotFound`."""
        query: bytes = scope["query_string"]
        self._tokens.check(query)
        language = parse_qs(query.decode("ascii", "replace")).get("hl", [""])[0]
        said = await asyncio.to_thread(self._read, scope["path_params"]["crx_id"], language)
        await respond(scope, send, 200, json.dumps(said, separators=(",", ":")).encode(), _HEADERS)

    def _read(self, crx_id: str, language: str) -> dict[str, Any]:
        known = _CRX_ID.fullmatch(crx_id)
        details = self._database.read(find_details, crx_id=crx_id) if known else None
        if details is None:
            raise NotFound
        with self._objects.open(details.object_key) as file, zipfile.ZipFile(file) as package:
            manifest = package.read(MANIFEST_NAME).decode()  # our own: it was checked and written anew
        return {
            "storeProductId": details.product_id,
            "crxId": details.crx_id,
            "name": details.name,
            "version": details.version,
            "developer": details.developer,
            "shortDescription": details.short_description,
            "description": _description(details, language),
            "category": details.category,
            "isHavingMatureContent": details.mature_content,
            "averageRating": None,
            "ratingCount": None,
            "activeInstallCount": None,
            "lastUpdateDate": details.offered_time.timestamp(),
            "manifest": manifest,
        }


def _description(details: ProductDetails, language: str) -> str:
    """The listing's in that language, else its first, else the manifest's."""
    first = next(iter(details.descriptions.values()), "")
    return details.descriptions.get(language, first) or details.short_description
