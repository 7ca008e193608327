"""An emulator from nothing: a temporary folder, a store in it that has been seeded, an address that is taken.

It is the server, by settings (promise 9 of the product): what stands here, and the controls beside it, is all that
differs.
"""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from openaddons.app import open_store
from openaddons.clock import SettableClock
from openaddons.policies import EngineKind
from openaddons.server import listen
from openaddons.settings import Settings
from openaddons.surfaces.emulator.emulator import Emulator
from openaddons.surfaces.emulator.script import EmulatorScript
from openaddons.surfaces.emulator.wire import Seed

_NO_LIMIT = 1_000_000


@contextmanager
def emulate(
    seed: Seed, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[tuple[Emulator, socket.socket]]:
    """An emulator and the socket to serve it on. At the end of the block nothing of it is left.

    Raises `AddressTaken`, and `ControlRefused` when the seed cannot be planted.
    """
    with tempfile.TemporaryDirectory(prefix="openaddons-emulator-") as folder:
        settings, listening = listen(_settings(Path(folder), host=host, port=port))
        clock = SettableClock()
        script = EmulatorScript(clock)
        with (
            listening,
            open_store(settings, clock, script) as workshop,
            closing(Emulator(workshop, clock=clock, script=script, seed=seed)) as emulator,
        ):
            yield emulator, listening


def _settings(folder: Path, *, host: str, port: int) -> Settings:
    """Whatever leads to a store that is kept is set here; the rest may come from the environment."""
    return Settings(
        data=folder,
        database=None,
        objects="memory://",
        host=host,
        port=port,
        public_url=None,
        update_tokens=None,
        master_key=None,
        engine=EngineKind.INLINE,
        read_only=False,
        uploads_per_minute=_NO_LIMIT,
        publishes_per_minute=_NO_LIMIT,
        tokens_per_minute=_NO_LIMIT,
        webhook_private_addresses=True,  # receivers of a test suite are on the same machine
        smtp_url=None,
        drain_seconds=1.0,  # nobody misses what it was doing
        fast_answers=False,  # every request passes the fault gate
    )
