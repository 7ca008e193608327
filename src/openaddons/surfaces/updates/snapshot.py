"""What browsers are offered, in memory: the answer of an update check is a function of it alone (decision 4)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from openaddons.settings import Settings
from openaddons.store.hot import HotReads
from openaddons.store.offered import ALL, OfferedProduct, OfferedRelease, offered_generation, read_offered
from openaddons.store.offers import list_rings
from openaddons.store.session import Changes, Database, Transaction
from openaddons.surfaces.updates import protocol
from openaddons.surfaces.updates.protocol import Asked, Offer

log = structlog.get_logger()

PACKAGES_PATH: Final = "/packages"
"""A signed package is at ``/packages/<CRX ID>/<SHA-256>.crx``: the path names the bytes, so they never change."""

_PERIOD_SECONDS: Final = 0.25
_END_SECONDS: Final = 5.0


def package_url(settings: Settings, *, crx_id: str, digest: str) -> str:
    """Where a signed package is."""
    return settings.with_token(f"{settings.base_url}{PACKAGES_PATH}/{crx_id}/{digest}.crx")


class Snapshot:
    """The offers of every product, by CRX ID.

    Changes are made in place by one thread, while another answers: after each step all that is told was true
    a moment ago, or is now.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._live: dict[bytes, Offer] = {}
        self._newest: set[Asked] = set()
        """What browsers ask that have what is live: most do, so this is looked at first."""
        self._closed: dict[bytes, bytes] = {}
        """The ``<app>`` elements of products of which nothing is live; what else is in it does not count."""
        self._rings: dict[str, dict[bytes, Offer]] = {}
        """The offers that are ahead of the live ones, by ring."""

    def clear(self) -> None:
        """Offer nothing any more; the rings stay."""
        self._live.clear()
        self._newest.clear()
        self._closed.clear()
        for ahead in self._rings.values():
            ahead.clear()

    @property
    def rings(self) -> Collection[str]:
        """The rings that there are."""
        return self._rings.keys()

    def add_rings(self, names: Iterable[str]) -> None:
        """Know of these rings from now on."""
        for name in names:
            self._rings.setdefault(name, {})

    def put(self, product: OfferedProduct) -> None:
        """Take in what is offered of a product now."""
        crx_id = product.crx_id.encode()
        live, former = product.releases.get(ALL), self._live.get(crx_id)
        if former is not None:
            self._newest.discard(protocol.asked_about(crx_id, protocol.offered_version(former)))
        if product.blocked or live is None:
            closed = protocol.restricted if product.blocked else protocol.no_update
            self._closed[crx_id] = closed(crx_id)
            self._live.pop(crx_id, None)
        else:
            self._live[crx_id] = self._offer(product.crx_id, live)
            self._newest.add(protocol.asked_about(crx_id, live.version.encode()))
        for ring, ahead in self._rings.items():
            release = product.releases.get(ring)
            if release is None:
                ahead.pop(crx_id, None)
            else:
                ahead[crx_id] = self._offer(product.crx_id, release)

    def answer(self, asked: Sequence[Asked], ring: str = ALL) -> bytes:
        """The XML that answers a check by a browser of that ring."""
        if ring == ALL and self._newest.issuperset(asked):
            return protocol.gupdate([protocol.no_updates(asked)])
        find, apps = self._finder(ring), []
        for each in asked:
            crx_id = each[protocol.CRX_ID]
            offer = find(crx_id)
            if offer is None:
                apps.append(self._closed.get(crx_id) or protocol.unknown(crx_id))
            elif protocol.is_behind(each, offer):
                apps.append(offer)
            else:
                apps.append(protocol.no_update(crx_id))
        return protocol.gupdate(apps)

    def find(self, crx_id: bytes, ring: str = ALL) -> Offer | None:
        """What a browser of that ring is offered of one product; None for nothing."""
        return self._finder(ring)(crx_id)

    def _finder(self, ring: str) -> Callable[[bytes], Offer | None]:
        live = self._live.get
        if ring == ALL:
            return live
        ahead = self._rings[ring].get
        return lambda crx_id: ahead(crx_id) or live(crx_id)

    def _offer(self, crx_id: str, release: OfferedRelease) -> Offer:
        return protocol.update(
            crx_id,
            release.version,
            codebase=package_url(self._settings, crx_id=crx_id, digest=release.digest),
            digest=release.digest,
            size_bytes=release.size_bytes,
            minimum=release.minimum_chrome_version,
        )


class Follower:
    """Keeps a snapshot up to date, whichever process changes what is offered.

    Changes of this process are taken in at once; for others' the generation is read four times a second, which
    costs some 10 µs and, unlike a notification, cannot be lost.
    """

    def __init__(self, snapshot: Snapshot, database: Database, reads: HotReads) -> None:
        self._snapshot = snapshot
        self._database = database
        self._reads = reads
        self._known = -1
        self._restored = False
        self._changed = asyncio.Event()
        self._reading = asyncio.Lock()
        self._ended = False
        self._loop = asyncio.get_running_loop()

    def on_commit(self, changes: Changes) -> None:
        """Hear of what this process changed, in whichever thread committed it."""
        if changes.restored:
            self._restored = True
        if changes.offers_changed:
            self._loop.call_soon_threadsafe(self._changed.set)

    async def catch_up(self) -> None:
        """Read what has changed since the last time; of a database that was restored, everything.

        What was committed before is in the snapshot afterwards.
        """
        async with self._reading:
            if self._restored:
                self._restored, self._known = False, -1
                self._snapshot.clear()
            if await self._reads.offered_generation() != self._known:
                self._known = await asyncio.to_thread(self._database.read, self._read)

    def _read(self, tx: Transaction) -> int:
        generation = offered_generation(tx)
        self._snapshot.add_rings(ring.name for ring in list_rings(tx))
        for product in read_offered(tx, since=self._known):
            self._snapshot.put(product)
        return generation

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Catch up once, then again and again until the end of the block.

        While the database is away, the last snapshot is what there is.
        """
        await self.catch_up()
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self._ended = True
            self._changed.set()
            # A reading thread is not cancelled: its connection would be left to whoever closes the database.
            await asyncio.wait({following}, timeout=_END_SECONDS)
            following.cancel()

    async def _follow(self) -> None:
        lost = False
        while not self._ended:
            try:
                async with asyncio.timeout(_PERIOD_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                await self.catch_up()
            except Exception:
                if not lost:  # and not four times a second
                    log.exception("updates.snapshot-not-read")
                lost = True
            else:
                lost = False
