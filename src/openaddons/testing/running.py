"""An emulator for a while: on a thread of this process, or in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openaddons.testing.store import EdgeStore

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Mapping

_END_SECONDS: Final = 15.0
_CONTROL_SECONDS: Final = 60.0


@contextmanager
def emulator(*, seed: Mapping[str, Any] | None = None, in_process: bool = True) -> Iterator[EdgeStore]:
    """A running emulator until the end of the block, on a port of its own; any number of them side by side.

    ``seed`` is what a seed file holds (docs/emulator.md). ``in_process=False`` gives it a process of its own:
    it starts in a second or two instead of at once, and competes with nothing.
    """
    import httpx2

    with (
        _in_thread(seed) if in_process else _in_own_process(seed) as ready,
        httpx2.Client(base_url=ready["url"], timeout=_CONTROL_SECONDS, trust_env=False) as http,
    ):
        yield EdgeStore(
            url=ready["url"],
            control_url=ready["controlUrl"],
            publisher_name=ready["publisherName"],
            client_id=ready["clientId"],
            api_key=ready["apiKey"],
            client_secret=ready["clientSecret"],
            token_url=ready["tokenUrl"],
            product_id=ready["productId"],
            crx_id=ready["crxId"],
            http=http,
        )


class _Thread:
    """The thread on which the server runs, and its event loop."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def run(self, made: Any, listening: Any) -> None:
        """Serve until `stop`."""
        import uvloop

        try:
            uvloop.run(self._serve(made, listening))
        except BaseException as error:  # shown to whoever waits
            self.failure = error
        finally:
            self.ready.set()

    async def _serve(self, made: Any, listening: Any) -> None:
        import asyncio

        from openaddons.server import serve

        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await serve(
            made.workshop,
            listening,
            on_ready=lambda _: self.ready.set(),
            stopping=self._stopping,
            emulation=made,
        )

    def stop(self) -> None:
        """Have it end. Safe when it has ended, or never began."""
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)


@contextmanager
def _in_thread(seed: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    from openaddons.emulation import emulate
    from openaddons.logs import use_logging_of_host
    from openaddons.surfaces.emulator.seed import DEFAULT_SEED
    from openaddons.surfaces.emulator.wire import Seed, check

    use_logging_of_host()
    with emulate(DEFAULT_SEED if seed is None else check(Seed, seed)) as (made, listening):
        server = _Thread()
        thread = threading.Thread(target=server.run, args=(made, listening), name="openaddons-emulator")
        thread.start()
        try:
            server.ready.wait()
            if server.failure is not None:
                raise RuntimeError("the emulator did not start") from server.failure
            yield made.ready()
        finally:
            server.stop()
            thread.join()


@contextmanager
def _in_own_process(seed: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="openaddons-seed-") as folder, tempfile.TemporaryFile() as errors:
        command = [sys.executable, "-m", "openaddons", "emulator", "--ready-json"]
        if seed is not None:
            path = Path(folder) / "seed.json"
            path.write_text(json.dumps(seed), encoding="utf-8")
            command += ["--seed", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:  # noqa: S603 - ours
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    errors.seek(0)
                    raise RuntimeError(f"the emulator did not start:\n{errors.read().decode()}")
                yield json.loads(line)
            finally:
                process.terminate()
                try:
                    process.wait(timeout=_END_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
