"""Settings become a store, and a store becomes an application: the only place that names concrete classes."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import structlog
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from openaddons.clock import Clock, SystemClock
from openaddons.errors import NotFound, StoreInUse
from openaddons.objects import open_objects
from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.store.hot import HotReads, PostgresHotReads, SqliteHotReads
from openaddons.store.leases import forget_leases
from openaddons.store.offered import announce_update_url
from openaddons.store.postgres import ENDED_CHANNEL, send_word
from openaddons.store.schema import ensure_current
from openaddons.store.sealing import keep_master_key, read_master_key
from openaddons.store.session import Database, open_database
from openaddons.store.telling.outbox import Outbox
from openaddons.surfaces.dashboard.app import DashboardSurface
from openaddons.surfaces.edge.app import Door, EdgeSurface
from openaddons.surfaces.edge.waiting import Waiting
from openaddons.surfaces.gate import Gate
from openaddons.surfaces.health import HealthSurface
from openaddons.surfaces.http import Refusals
from openaddons.surfaces.manage.app import ManageSurface, tell
from openaddons.surfaces.storefront.app import StorefrontSurface
from openaddons.surfaces.throttle import Throttle
from openaddons.surfaces.token.app import TokenSurface
from openaddons.surfaces.updates.app import UpdatesSurface
from openaddons.surfaces.updates.details import DetailsSurface
from openaddons.surfaces.updates.packages import PackagesSurface
from openaddons.surfaces.updates.snapshot import Follower, Snapshot
from openaddons.work.delivering import Courier
from openaddons.work.engine import Engine
from openaddons.work.inline import InlineEngine
from openaddons.work.sweeping import ObjectSweeper
from openaddons.work.tools import Script, Tools
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

_RECONNECT_SECONDS: Final = 1.0


@contextmanager
def open_store(
    settings: Settings, clock: Clock | None = None, script: Script | None = None
) -> Iterator[Workshop]:
    """The store without its surfaces: for the command line, workers, and the server to build on."""
    settings.data.mkdir(parents=True, exist_ok=True)
    ensure_current(settings.database_url)
    master_key = (
        keep_master_key(settings.data / "master.key")
        if settings.master_key is None
        else read_master_key(settings.master_key.get_secret_value())
    )
    objects = open_objects(settings.objects_url, spool_directory=settings.data / "spool")
    database = open_database(settings.database_url, clock or SystemClock())
    if database.engine.dialect.name == "postgresql":
        database.before_commit.append(send_word)
    database.before_commit.append(Outbox(mails=settings.smtp_url is not None))
    workshop = Workshop(
        Tools(database=database, objects=objects, master_key=master_key, settings=settings, script=script)
    )
    try:
        yield workshop
    finally:
        workshop.close()
        database.close()


_LOCK_NAME: Final = "serve.lock"


@contextmanager
def alone_with(data: Path) -> Iterator[None]:
    """Be the only serving process of an embedded database. Raises `StoreInUse`."""
    descriptor = os.open(data / _LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreInUse(path=data) from None
        yield
    finally:
        os.close(descriptor)


class Application:
    """The root ASGI application: what is answered from memory first, then one router for all surfaces."""

    def __init__(self, edge: EdgeSurface, updates: UpdatesSurface, routed: ASGIApp) -> None:
        self._edge = edge
        self._routed = routed
        self.answer_at_once = edge.answer_at_once
        self.answer_unparsed = updates.answer_at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] == "GET" and await self._edge.answer_from_memory(scope, send):
            return
        scope["app"] = (
            self  # Starlette's routes then raise what is not theirs to answer, so that we answer it
        )
        await self._routed(scope, receive, send)


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotFound


@dataclass(frozen=True, slots=True)
class Serving:
    """A store that answers requests: its application, and the parts that its end goes through."""

    application: Application
    entrance: ASGIApp
    """What requests come to first: the application itself, but in the emulator."""
    door: Door
    engine: Engine
    waiting: Waiting
    settings: Settings

    async def drain(self) -> bool:
        """Let nothing new in, end the work under way, then answer whoever waits. False when time ran out."""
        seconds = self.settings.drain_seconds
        received = await self.door.close(timeout_seconds=seconds)
        try:
            return await asyncio.to_thread(self.engine.stop, timeout_seconds=seconds) and received
        finally:
            self.waiting.close()


class Emulation(Protocol):
    """What the emulator adds to the store that it is: routes of its own, and what stands before all of them."""

    def routes(self) -> list[BaseRoute]: ...

    def entrance(self, application: ASGIApp, catch_up: Callable[[], Awaitable[None]]) -> ASGIApp:
        """``catch_up`` brings what browsers are offered up to date."""


@asynccontextmanager
async def serve_store(
    workshop: Workshop, *, clock: Clock | None = None, emulation: Emulation | None = None
) -> AsyncIterator[Serving]:
    """Everything that answers requests, on the running event loop."""
    settings, database = workshop.tools.settings, workshop.tools.database
    clock = clock or database.clock
    async with contextlib.AsyncExitStack() as stack:
        embedded = database.engine.dialect.name == "sqlite"
        if embedded:
            stack.enter_context(alone_with(settings.data))
            database.run(forget_leases)
        former = database.run(announce_update_url, url=settings.update_url())
        if former not in {None, settings.update_url()}:
            log.warning("serve.moved", former=former.partition("?")[0], now=settings.base_url)
        reads = open_hot_reads(database)
        stack.push_async_callback(reads.close)
        waiting = Waiting()
        database.after_commit.append(waiting.on_commit)
        door = Door(read_only=settings.read_only)
        edge, publishing = await stack.enter_async_context(
            _for_publishers(workshop, reads, clock=clock, waiting=waiting, door=door)
        )
        health = HealthSurface(database=database, door=door)
        updates, others, follower = await stack.enter_async_context(_for_browsers(workshop, reads))
        # Routes are tried one after the other, and there are 140: what browsers ask comes first.
        surfaces: tuple[_Surface, ...] = (updates, *others, edge, *publishing, health)
        routes = [route for surface in surfaces for route in surface.routes()]
        if emulation is not None:
            routes += emulation.routes()
        router = Router(routes, redirect_slashes=False, default=_no_route)
        engine = _engine(workshop)
        if not embedded:
            listening = asyncio.create_task(_listen(_url(database), waiting))
            stack.callback(listening.cancel)
        sweeper, courier = ObjectSweeper(workshop.tools), Courier(workshop.tools)
        stack.callback(sweeper.stop)
        stack.callback(courier.stop)
        stack.callback(lambda: engine.stop(timeout_seconds=settings.drain_seconds))
        engine.start()
        sweeper.start()
        courier.start()
        application = Application(edge, updates, Refusals(router, tell))
        entrance = application if emulation is None else emulation.entrance(application, follower.catch_up)
        yield Serving(
            application=application,
            entrance=entrance,
            door=door,
            engine=engine,
            waiting=waiting,
            settings=settings,
        )


class _Surface(Protocol):
    def routes(self) -> list[BaseRoute]: ...


@asynccontextmanager
async def _for_publishers(
    workshop: Workshop, reads: HotReads, *, clock: Clock, waiting: Waiting, door: Door
) -> AsyncIterator[tuple[EdgeSurface, tuple[_Surface, ...]]]:
    """What publishers, reviewers and their tools ask: the four endpoints, and the rest."""
    database, settings = workshop.tools.database, workshop.tools.settings
    token_key = workshop.tools.master_key.derive("access tokens")
    gate = Gate(reads, clock, token_key)
    database.after_commit.append(gate.forget)
    throttle = _throttle(settings)
    edge = EdgeSurface(
        database=database,
        reads=reads,
        objects=workshop.tools.objects,
        gate=gate,
        waiting=waiting,
        throttle=throttle,
        door=door,
        settings=settings,
    )
    database.after_commit.append(edge.forget)
    token = TokenSurface(
        database=database, reads=reads, throttle=throttle, clock=clock, token_key=token_key, settings=settings
    )
    manage = ManageSurface(
        database=database,
        objects=workshop.tools.objects,
        reads=reads,
        gate=gate,
        throttle=throttle,
        door=door,
        settings=settings,
        master_key=workshop.tools.master_key,
    )
    dashboard = DashboardSurface(tools=workshop.tools, throttle=throttle, door=door)
    async with gate.noting_uses(database):
        yield edge, (token, manage, dashboard)


@asynccontextmanager
async def _for_browsers(
    workshop: Workshop, reads: HotReads
) -> AsyncIterator[tuple[UpdatesSurface, tuple[_Surface, ...], Follower]]:
    """What browsers and the people before them ask: update checks, and the rest; and what keeps it up to date."""
    database, objects, settings = workshop.tools.database, workshop.tools.objects, workshop.tools.settings
    snapshot = Snapshot(settings)
    follower = Follower(snapshot, database, reads)
    database.after_commit.append(follower.on_commit)
    async with follower.following():
        yield (
            UpdatesSurface(snapshot, settings),
            (
                PackagesSurface(reads=reads, objects=objects, settings=settings),
                DetailsSurface(database=database, objects=objects, settings=settings),
                StorefrontSurface(database=database, objects=objects, settings=settings),
            ),
            follower,
        )


def _throttle(settings: Settings) -> Throttle:
    return Throttle(
        per_minute={
            "upload": settings.uploads_per_minute,
            "publish": settings.publishes_per_minute,
            "manage": settings.publishes_per_minute,
            "dashboard": settings.publishes_per_minute,
            "token": settings.tokens_per_minute,
        },
        at_once={"upload": settings.uploads_at_once},
    )


def _url(database: Database) -> str:
    url = database.engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def open_hot_reads(database: Database) -> HotReads:
    """The hot reads of a database, on the running event loop. The caller closes them."""
    if database.engine.dialect.name == "sqlite":
        assert database.engine.url.database is not None
        return SqliteHotReads(database.engine.url.database)
    return PostgresHotReads(_url(database))


def _engine(workshop: Workshop) -> Engine:
    settings = workshop.tools.settings
    if settings.engine_kind is EngineKind.QUEUE:
        from openaddons.work.postgres import QueueEngine

        return QueueEngine(workshop.tools.database)
    return InlineEngine(workshop, threads=settings.work_threads)


async def _listen(url: str, waiting: Waiting) -> None:
    """Hear of operations that ended in other processes. After a lost connection everybody looks again."""
    while True:
        try:
            await _listen_until_lost(url, waiting)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("database.listener-lost", error=str(error))
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _listen_until_lost(url: str, waiting: Waiting) -> None:
    connection = await asyncpg.connect(url)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(ENDED_CHANNEL, lambda *call: waiting.wake(str(call[3])))
        waiting.wake_all()
        await lost.wait()
    finally:
        await connection.close()
