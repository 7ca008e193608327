"""What load balancers and operators ask: is the process alive, and should it be sent requests?"""

import asyncio
import json

import sqlalchemy as sa
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from openaddons import __version__
from openaddons.store.session import Database, Transaction
from openaddons.surfaces.edge.app import Door
from openaddons.surfaces.http import JSON_TYPE, respond


class HealthSurface:
    """``/healthz``: the process runs. ``/readyz``: it takes uploads and its database answers."""

    def __init__(self, *, database: Database, door: Door) -> None:
        self._database = database
        self._door = door

    def routes(self) -> list[BaseRoute]:
        """Both endpoints."""
        return [Route("/healthz", _Live()), Route("/readyz", self)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.to_thread(self._database.read, _ping)
        status, word = (200, "ready") if self._door.open else (503, "draining or read-only")
        await respond(scope, send, status, json.dumps({"status": word}).encode(), [JSON_TYPE])


class _Live:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = json.dumps({"status": "alive", "version": __version__}).encode()
        await respond(scope, send, 200, body, [JSON_TYPE])


def _ping(tx: Transaction) -> None:
    tx.execute(sa.select(1))
