"""The management API: routes, who may call, and how refusals are told (RFC 9457)."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from http import HTTPStatus
from typing import Any, Final

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from openaddons.errors import (
    BodyTooLarge,
    ChangedMeanwhile,
    NotFound,
    NotKnown,
    Refusal,
    RequestRefused,
    TransitionRefused,
    ValueRefused,
)
from openaddons.ids import NOBODYS_GUID, read_guid
from openaddons.objects import Objects
from openaddons.settings import Settings
from openaddons.store.hot import HotReads
from openaddons.store.publishers import Principal
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Database
from openaddons.surfaces.edge.app import Door
from openaddons.surfaces.gate import Gate
from openaddons.surfaces.http import (
    JSON_TYPE,
    ClientGone,
    Told,
    correlation_id,
    plain_route,
    read_body,
    respond,
    tell_plainly,
)
from openaddons.surfaces.manage import (
    drafts,
    events,
    fields,
    keys,
    operations,
    products,
    releases,
    submissions,
    webhooks,
)
from openaddons.surfaces.manage.endpoints import Call, Endpoint
from openaddons.surfaces.manage.openapi import describe_api
from openaddons.surfaces.throttle import Throttle

PREFIX: Final = "/manage/v1"
ENDPOINTS: Final = (
    *products.ENDPOINTS,
    *drafts.ENDPOINTS,
    *operations.ENDPOINTS,
    *submissions.ENDPOINTS,
    *releases.ENDPOINTS,
    *events.ENDPOINTS,
    *keys.ENDPOINTS,
    *webhooks.ENDPOINTS,
)
BODY_BYTES_LIMIT: Final = 65_536

REFUSED_BY_THE_STORE: Final[Mapping[type[Refusal], int]] = {
    NotKnown: 404,
    ChangedMeanwhile: 409,
    TransitionRefused: 409,
    ValueRefused: 400,
}
"""What verbs of the store refuse and here is the caller's to mend. Any other refusal of theirs is a fault of ours."""
_PROBLEM_TYPE: Final = (b"content-type", b"application/problem+json")
_NO_STORE: Final = (b"cache-control", b"no-store")  # keys are shown here


class ManageSurface:
    """Answers everything below ``/manage/v1``."""

    def __init__(
        self,
        *,
        database: Database,
        objects: Objects,
        reads: HotReads,
        gate: Gate,
        throttle: Throttle,
        door: Door,
        settings: Settings,
        master_key: MasterKey,
    ) -> None:
        self._database = database
        self._objects = objects
        self._reads = reads
        self._gate = gate
        self._throttle = throttle
        self._door = door
        self._settings = settings
        self._master_key = master_key
        self._description = json.dumps(describe_api(ENDPOINTS, prefix=PREFIX), ensure_ascii=False).encode()

    def routes(self) -> list[BaseRoute]:
        """Every path, with all its methods, and the description of them all."""
        resources: dict[str, _Resource] = {}
        for endpoint in ENDPOINTS:
            resource = resources.setdefault(PREFIX + endpoint.path, _Resource(self))
            resource.endpoints[endpoint.method] = endpoint
        return [
            *(Route(path, each, methods=list(each.endpoints)) for path, each in resources.items()),
            plain_route(PREFIX + "/openapi.json", "GET", self._describe),
        ]

    async def _describe(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(scope, send, 200, self._description, [JSON_TYPE])

    async def answer(self, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call. Credentials come first, then the product, then the rest."""
        principal = await self._gate.admit(scope["headers"])
        path = dict(scope["path_params"])
        if "product_id" in path:
            path["product_id"] = await self._own_product(path["product_id"], principal)
        with self._door.passing() if endpoint.changes else nullcontext():
            if endpoint.changes:
                self._throttle.check("manage", principal.client_id)
            try:
                body, given = await self._read(endpoint, scope, receive)
                call = Call(
                    database=self._database,
                    objects=self._objects,
                    settings=self._settings,
                    principal=principal,
                    path=path,
                    given=given,
                    body=body,
                    correlation_id=correlation_id(scope),
                    master_key=self._master_key,
                )
                answer = await asyncio.to_thread(endpoint.answer, call)
            except tuple(REFUSED_BY_THE_STORE) as refusal:
                status = REFUSED_BY_THE_STORE[type(refusal)]
                told, headers = _problem(scope, status, refusal), [_PROBLEM_TYPE]
            else:
                status = endpoint.status
                told, headers = (b"", []) if endpoint.gives is None else (_json(answer), [JSON_TYPE])
            await respond(scope, send, status, told, [*headers, _NO_STORE])

    async def _own_product(self, given: str, principal: Principal) -> str:
        """The product in the path. Raises `NotFound`, the same for a malformed, unknown or foreign one."""
        product_id = read_guid(given) or NOBODYS_GUID
        owner = await self._reads.owner(product_id)
        if owner != principal.publisher_id or not principal.may_touch(product_id):
            raise NotFound
        return product_id

    async def _read(self, endpoint: Endpoint, scope: Scope, receive: Receive) -> tuple[bytes, dict[str, Any]]:
        """The body, and what is given by name in it or in the query."""
        if not endpoint.changes:
            return b"", fields.read_query(scope["query_string"], endpoint.takes)
        limit_bytes = BODY_BYTES_LIMIT if endpoint.body is None else endpoint.body.limit_bytes
        body, idle_seconds = bytearray(), self._settings.upload_idle_seconds
        async for piece in read_body(receive, idle_seconds=idle_seconds, total_seconds=2 * idle_seconds):
            body += piece
            if len(body) > limit_bytes:
                raise BodyTooLarge(limit_bytes=limit_bytes)
        if endpoint.body is not None:
            return bytes(body), {}
        return bytes(body), fields.read_body(bytes(body), endpoint.takes)


class _Resource:
    """A path: what its methods answer."""

    def __init__(self, surface: ManageSurface) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        with suppress(ClientGone):
            await self._surface.answer(self.endpoints[method], scope, receive, send)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def tell(scope: Scope, refusal: RequestRefused) -> Told:
    """A refusal as it is told below ``/manage/v1``, also where there is no path, and elsewhere."""
    if not scope["path"].startswith(PREFIX):
        return tell_plainly(scope, refusal)
    return _problem(scope, refusal.status, refusal), _PROBLEM_TYPE


def _problem(scope: Scope, status: int, refusal: Refusal) -> bytes:
    """How a refusal is told (RFC 9457); ``code`` is for programs and never changes."""
    return _json(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": refusal.message,
            "code": refusal.code,
            "correlationId": correlation_id(scope),
        }
    )
