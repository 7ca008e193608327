"""A store under attack: its processes, the clients that talk to it, and the audit of what is left."""

import io
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

import httpx2

from openaddons.app import open_store
from openaddons.settings import Settings
from openaddons.store.operations import read_operation
from openaddons.store.products import Product
from openaddons.store.releases import list_releases
from openaddons.store.states import OperationState
from openaddons.work.workshop import Workshop
from tests.chaos import victim
from tests.chaos.victim import Kill
from tests.stores import PATIENCE_SECONDS, Account, make_account, make_published, wait_until

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", "tests.chaos.victim"])

LEASE_SECONDS = 0.2
# On a busy machine a store may be killed for minutes before it has answered a client.
_CLIENT_PATIENCE_SECONDS = 15 * PATIENCE_SECONDS
_ENVIRONMENT = {
    "OPENADDONS_LEASE_SECONDS": str(LEASE_SECONDS),
    "OPENADDONS_UPLOADS_PER_MINUTE": "1000000",
    "OPENADDONS_PUBLISHES_PER_MINUTE": "1000000",
    "OPENADDONS_ATTEMPTS_LIMIT": "100",  # what is killed a hundred times is still not to blame
}


@dataclass(slots=True)
class Tally:
    """What is counted in a scene."""

    kills: int = 0
    accepted: int = 0  # operations of which a client received the 202
    ended: int = 0
    lost: int = 0
    doubled: int = 0


class Part:
    """One process of the store: ``serve`` or ``worker``."""

    def __init__(
        self,
        command: str,
        settings: Settings,
        kill: Kill | None = None,
        *,
        more: Mapping[str, str] | None = None,
    ) -> None:
        reader, writer = _PROCESSES.Pipe(duplex=False)
        environment = {"OPENADDONS_DATA": str(settings.data), "OPENADDONS_ENGINE": settings.engine.value}
        environment |= _ENVIRONMENT | dict(more or {})
        if settings.database is not None:
            environment["OPENADDONS_DATABASE"] = settings.database
        arguments = [command, "--ready-json", *(["--port", "0"] if command == "serve" else [])]
        self.log: Path = settings.data / f"{command}.log"
        self.process: ForkServerProcess = _PROCESSES.Process(
            target=victim.run, args=(arguments, environment, kill), kwargs={"output": writer, "log": self.log}
        )
        self.process.start()
        writer.close()
        with io.FileIO(reader.fileno(), closefd=False) as output:
            line = io.BufferedReader(output).readline()
        reader.close()
        self.url = ""
        if line:
            self.url = json.loads(line).get("url", "")
        else:
            self.process.join()

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.join()

    def signal(self, number: int) -> None:
        """Send a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        """SIGTERM, and wait for the end of the drain."""
        self.process.terminate()
        self.join()

    def join(self) -> None:
        """Wait for the end of a drain."""
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode == 0, self.log.read_text(encoding="utf-8")[-4000:]


class Scene:
    """A store as processes: ``serve``, and on PostgreSQL a ``worker`` too. The test looks into its tables."""

    def __init__(self, settings: Settings, workshop: Workshop) -> None:
        self.settings = settings
        self.workshop = workshop
        self.roles = ("serve",) if settings.database is None else ("serve", "worker")
        self.tally = Tally()
        self.accepted: set[str] = set()
        self.parts: dict[str, Part] = {}
        self.serving = threading.Event()
        self.account: Account = make_account(workshop)

    def product(self, name: str = "Sample") -> Product:
        """A product that is in the store with version 1.0.0."""
        return make_published(self.workshop, self.account, name=name)

    def start(self) -> None:
        """Start every part that is not alive."""
        for role in self.roles:
            if role not in self.parts or not self.parts[role].alive:
                self.parts[role] = Part(role, self.settings)
        self.serving.set()

    def order(self, kill: Kill, *, role: str) -> None:
        """Put a part that will kill itself in the place of the one that is there, and start the others."""
        if role in self.parts:
            self.parts[role].kill()
        self.parts[role] = Part(role, self.settings, kill)
        self.revive()  # it may be dead already, on its way to be ready
        self.start()

    def revive(self) -> bool:
        """If a part is dead, count the kill and start it again without orders. False if all were alive."""
        dead = [each for each in self.parts.values() if not each.alive]
        self.tally.kills += len(dead)
        if dead:
            self.start()
        return bool(dead)

    def kill(self, role: str) -> None:
        """Kill a part and start it again."""
        if role == "serve":
            self.serving.clear()
        self.parts[role].kill()
        self.revive()

    def stop(self) -> None:
        """End every part as an operator would."""
        for part in self.parts.values():
            if part.alive:
                part.stop()
        self.parts.clear()

    def ended(self, operation_id: str) -> bool:
        """Whether the tables say that the operation has ended."""
        operation = self.workshop.tools.database.read(read_operation, operation_id=operation_id)
        assert operation is not None, f"operation {operation_id} is lost"
        return operation.state is not OperationState.IN_PROGRESS

    def released(self, product: Product, version: str) -> bool:
        """Whether the product has a release of this version."""
        releases = self.workshop.tools.database.read(list_releases, product_id=product.id)
        return version in {each.version for each in releases}

    def wait_reviving(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds, starting again what dies meanwhile."""
        wait_until(lambda: condition() or (self.revive() and condition()))


class Client:
    """A publishing tool that repeats what it got no answer to, or an answer that is in ``repeats``."""

    def __init__(
        self, scene: Scene, *, on_trouble: Callable[[], object], repeats: frozenset[int] = frozenset()
    ) -> None:
        self._scene = scene
        self._on_trouble = on_trouble
        self._repeats = repeats
        self.repeated = 0
        self._http = httpx2.Client(timeout=PATIENCE_SECONDS, trust_env=False, headers=scene.account.headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def upload(self, product: Product, package: bytes) -> str:
        """Upload until there is a 202; the operation's id."""
        path = f"/v1/products/{product.id}/submissions/draft/package"
        return self._accepted(path, package, {"Content-Type": "application/zip"})

    def publish(self, product: Product) -> str:
        """Publish until there is a 202; the operation's id."""
        return self._accepted(f"/v1/products/{product.id}/submissions", b"", {})

    def status(self, product: Product, operation_id: str, *, kind: str = "publish") -> dict[str, Any]:
        """The operation's JSON once it has ended."""
        between = "draft/package/" if kind == "upload" else ""
        path = f"/v1/products/{product.id}/submissions/{between}operations/{operation_id}"
        deadline = time.monotonic() + _CLIENT_PATIENCE_SECONDS
        while time.monotonic() < deadline:
            # One part may end the operation while another is dead: so nobody waits long for the answer.
            answer = self._until_answered("GET", path, b"", {"Prefer": "wait=1"})
            assert answer.status_code == 200, answer.text
            told: dict[str, Any] = answer.json()
            if told.get("status") != "InProgress":
                return told
            self._on_trouble()
        raise AssertionError(f"operation {operation_id} has not ended in {_CLIENT_PATIENCE_SECONDS} seconds")

    def _accepted(self, path: str, content: bytes, headers: dict[str, str]) -> str:
        answer = self._until_answered("POST", path, content, headers)
        assert answer.status_code == 202, answer.text
        operation_id = str(answer.headers["location"])
        self._scene.accepted.add(operation_id)
        self._scene.tally.accepted = len(self._scene.accepted)
        return operation_id

    def _until_answered(
        self, method: str, path: str, content: bytes, headers: dict[str, str]
    ) -> httpx2.Response:
        deadline = time.monotonic() + _CLIENT_PATIENCE_SECONDS
        while True:
            try:
                url = self._scene.parts["serve"].url + path
                answer = self._http.request(method, url, content=content, headers=headers)
            except (httpx2.TransportError, httpx2.UnsupportedProtocol):
                pass
            else:
                if answer.status_code not in self._repeats:
                    return answer
                self.repeated += 1
            assert time.monotonic() < deadline, "the store does not answer"
            self._on_trouble()


@contextmanager
def scene(settings: Settings) -> Iterator[Scene]:
    """A scene whose processes are all ended at the end of the block."""
    settings.data.mkdir(exist_ok=True)
    with open_store(settings) as workshop:
        opened = Scene(settings, workshop)
        try:
            yield opened
        finally:
            for part in opened.parts.values():
                part.kill()
