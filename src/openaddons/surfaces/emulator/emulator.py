"""The emulator: a store, the parts by which it is told how to behave, and the way back to where it began."""

import os
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from openaddons.clock import SettableClock
from openaddons.errors import ControlRefused
from openaddons.store.session import Changes, SqliteDatabase
from openaddons.surfaces.emulator.control import ControlSurface
from openaddons.surfaces.emulator.dated import Dated
from openaddons.surfaces.emulator.endpoints import CONTROL_PATH
from openaddons.surfaces.emulator.gate import FaultGate, Faults
from openaddons.surfaces.emulator.journal import Journal, Journaled
from openaddons.surfaces.emulator.script import EmulatorScript, wake_work
from openaddons.surfaces.emulator.seed import Account, plant, plant_reserved
from openaddons.surfaces.emulator.wire import Seed
from openaddons.surfaces.http import Refusals
from openaddons.surfaces.manage.app import tell
from openaddons.work.workshop import Workshop


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What a reset brings back."""

    rows: sqlite3.Connection
    keys: frozenset[str]


class Emulator:
    """What the emulator adds to a store. Close it before the store."""

    def __init__(
        self, workshop: Workshop, *, clock: SettableClock, script: EmulatorScript, seed: Seed
    ) -> None:
        database = workshop.tools.database
        assert isinstance(database, SqliteDatabase)
        self.workshop = workshop
        self.database = database
        self.clock = clock
        self.script = script
        self.faults = Faults()
        self.journal = Journal(clock)
        self.account = self._plant(seed)
        self._beginning = _Beginning(database.save(), frozenset(self._keys()))

    def close(self) -> None:
        """Forget the beginning."""
        self._beginning.rows.close()

    def routes(self) -> list[BaseRoute]:
        """The controls."""
        return ControlSurface(self).routes()

    def entrance(self, application: ASGIApp, catch_up: Callable[[], Awaitable[None]]) -> ASGIApp:
        """The application behind its clock's date, the journal and the fault gate."""
        gate = FaultGate(
            application, self.faults, script=self.script, database=self.database, catch_up=catch_up
        )
        return Dated(Journaled(Refusals(gate, tell), self.journal), self.clock)

    def ready(self) -> dict[str, Any]:
        """What a program that starts the emulator has to know. It holds secrets."""
        url = self.workshop.tools.settings.base_url
        account = self.account.to_json(url)
        product = account.pop("products")[0]
        return {
            "url": url,
            "pid": os.getpid(),
            **account,
            "productId": product["id"],
            "crxId": product["crxId"],
            "controlUrl": f"{url}{CONTROL_PATH}",
        }

    def change_time(self, change: Callable[[], None]) -> None:
        """Change the clock, look up again what was remembered for a while, and do what has become due. Blocks."""
        # While no step is under way: the lease of one would seem to have run out.
        with self.workshop.paused():
            change()
        self.database.announce(Changes(credentials_changed=True))
        wake_work(self.database)

    def restore(self) -> None:
        """Put store, clock and pace back to where they began. Blocks until no step is under way."""
        with self.workshop.paused():
            self.clock.reset()
            self.script.reset()
            self.database.restore(self._beginning.rows)
            objects = self.workshop.tools.objects
            for key in set(self._keys()) - self._beginning.keys:
                objects.delete(key)

    def _plant(self, seed: Seed) -> Account:
        account = plant(self.workshop, seed)[0]
        if not account.products:
            raise ControlRefused(problem="publishers.0.products: the first publisher needs a product")
        plant_reserved(self.workshop.tools, account.publisher)
        return account

    def _keys(self) -> list[str]:
        return [entry.key for entry in self.workshop.tools.objects.entries()]
