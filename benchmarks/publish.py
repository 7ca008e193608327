"""``openaddons publish`` against the clients of others: whole processes, side by side, on the same store.

The others know Microsoft's host alone, so they go through the relay of the acceptance tests: TLS for that name, carried
on to the store. Ours goes through the same relay, for the comparison, and straight to the store, for the record.
"""

import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from benchmarks.check import (
    CORPUS,
    OPENADDONS,
    ROOT,
    Sample,
    Spent,
    files_of,
    made_packages,
    real_packages,
)
from benchmarks.machine import Cores, ProgramMissing, Strangers, choose_cores, pinned
from benchmarks.npm import installed_from_npm
from benchmarks.report import at_most, spread, table, warn_of_strangers
from benchmarks.store import Store, running_store
from openaddons import __version__
from tests.acceptance.clients import CLIENTS, NPM_PACKAGES, Order
from tests.acceptance.relay import Ended, Relay, relay_to

_ROUNDS: Final = 9
_PATIENCE_SECONDS: Final = 60.0
_NOTES: Final = "Click the button, then look at the badge."

LIMIT_WALL: Final = 0.5

# Read in the released sources, of: check the package, upload, wait, publish with notes, wait, fail if it was refused.
_LEAVES_OUT: Final[Mapping[str, str]] = {
    "edge-addons-api": "no check before; asks about the publish once and does not read the answer",
    "publish-browser-extension": "no check before, no notes; NEVER ASKS ABOUT THE PUBLISH",
    "@plasmohq/edge-addons-api": "no check before; asks about the publish once and does not read the answer",
    "web-ext-deploy": "no check before; asks about the publish once",
}

# bash's own ``time``: of the client with all it waited for, without what sets its namespaces up.
_TIMED: Final = 'TIMEFORMAT="%3R %3U %3S"; time "$@"'

_OUR_LIBRARY: Final = """
import os
from openaddons.client import ApiKey, EdgeAddons

product_id = os.environ["PRODUCT_ID"]
with EdgeAddons(ApiKey(os.environ["CLIENT_ID"], os.environ["API_KEY"])) as store:
    store.wait_upload(product_id, store.upload(product_id, os.environ["ZIP_PATH"]))
    print(store.wait_publish(product_id, store.publish(product_id, notes=os.environ["NOTES"])))
"""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A client that is measured, and what it does not do."""

    name: str
    leaves_out: str
    command: Callable[[Order], list[str]]
    ours: bool = False
    relayed: bool = True


def contestants() -> list[Contestant]:
    """Ours in three ways, then the others."""
    return [
        Contestant(f"openaddons publish {__version__}", "nothing", _publish, ours=True),
        Contestant("the same without relay and TLS", "nothing", _publish, ours=True, relayed=False),
        Contestant("openaddons.client in a few lines", "no check before", _library, ours=True),
        *(
            Contestant(f"{client.name} {_version_of(client.name)}", _LEAVES_OUT[client.name], client.command)
            for client in CLIENTS
        ),
    ]


def _version_of(client: str) -> str:
    """Of an npm package what is pinned, of a Python package what is installed."""
    pins = dict(pin.rsplit("@", 1) for pin in NPM_PACKAGES)
    return pins.get(client) or version(client)


def _publish(order: Order) -> list[str]:
    return [sys.executable, "-c", OPENADDONS, "publish", str(order.zip_path), "--notes", order.notes]


def _library(_order: Order) -> list[str]:
    return [sys.executable, "-c", _OUR_LIBRARY]


class Race:
    """Lets clients publish, one after the other, to a store that has nothing else to do."""

    def __init__(self, store: Store, relay: Relay, *, sample: Sample, folder: Path, npm: Path) -> None:
        self.server = store.server
        self._store = store
        self._relay = relay
        self._files = files_of(sample)
        self._folder = folder
        self._npm = npm
        self._numbers = itertools.count(1)

    def run(self, contestant: Contestant) -> Spent:
        """What one publish of the next version takes; returns when that version is in the store."""
        number = next(self._numbers)
        directory = self._folder / f"{number}"
        directory.mkdir()
        order = self._order(directory, f"2.0.{number}")
        command = ["bash", "-c", _TIMED, "bash", *contestant.command(order)]
        environment = self._environment(order)
        if contestant.relayed:
            ended = self._relay.run(command, directory=directory, environment=environment)
        else:
            base_url = {"EDGE_ADDONS_BASE_URL": f"http://127.0.0.1:{self._store.port}"}
            ended = _run(command, directory=directory, environment=environment | base_url)
        if ended.status:
            raise AssertionError(f"{contestant.name} ended with {ended.status}:\n{ended.output}")
        self._wait_until_in_store(f"2.0.{number}")
        return spent_in(ended.output)

    def _order(self, directory: Path, version: str) -> Order:
        publisher = self._store.publisher
        order = Order(
            zip_path=directory / "update.zip",
            product_id=self._store.product_id,
            client_id=publisher["client_id"],
            api_key=publisher["api_key"],
            client_secret=publisher["client_secret"],
            tenant_id=publisher["tenant_id"],
            notes=_NOTES,
            directory=directory,
            npm=self._npm,
        )
        write_package(order.zip_path, self._files, version=version)
        return order

    def _environment(self, order: Order) -> dict[str, str]:
        ours = {
            "EDGE_ADDONS_PRODUCT_ID": order.product_id,
            "EDGE_ADDONS_CLIENT_ID": order.client_id,
            "EDGE_ADDONS_API_KEY": order.api_key,
        }
        # An installed program's modules are compiled; the first round, which is not counted, does it.
        python = {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(self._folder / "bytecode")}
        return order.environment | ours | python

    def _wait_until_in_store(self, version: str) -> None:
        asked = f"http://127.0.0.1:{self._store.port}/updates?x=id%3D{self._store.crx_id}%26v%3D0.0.1%26uc"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with urlopen(asked) as answer:
                if f'version="{version}"' in answer.read().decode():
                    return
            if time.monotonic() > deadline:
                raise AssertionError(f"version {version} did not come into the store")
            time.sleep(0.02)


def write_package(path: Path, files: Sequence[tuple[str, bytes]], *, version: str) -> None:
    """The same files as a package of another version."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files:
            if name != "manifest.json":
                package.writestr(name, content)
        manifest = json.loads(dict(files)["manifest.json"])
        package.writestr("manifest.json", json.dumps(manifest | {"version": version}))


def spent_in(output: str) -> Spent:
    """What bash's ``time`` wrote behind a client's own output: by the clock, in user mode and in the kernel."""
    found = re.search(r"(\d+\.\d+) (\d+\.\d+) (\d+\.\d+)\s*\Z", output)
    if found is None:
        raise ValueError(f"no times at the end of: {output[-500:]}")
    clock, user, system = map(float, found.groups())
    return Spent(clock, user + system)


def _run(command: Sequence[str], *, directory: Path, environment: Mapping[str, str]) -> Ended:
    given = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(
        command,
        cwd=directory,
        env=given | dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ended(ran.returncode, ran.stdout)


@contextmanager
def prepared_race(cores: Cores) -> Iterator[Race]:
    """A store with a first version in it, and the relay, both on the server's core; clients may use all cores.

    Raises `ProgramMissing` where the clients of others cannot be run, or there is no package.
    """
    npm = installed_from_npm("publish", NPM_PACKAGES)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        samples = made_packages(folder, real_packages()[:1])
        if not samples:
            raise ProgramMissing(f"There is no package to publish: {CORPUS} is missing.")
        store = stack.enter_context(
            running_store(folder / "data", core=cores.server, package=samples[0].data)
        )
        with pinned(cores.server):  # the relay's thread stays where it is started
            relay = stack.enter_context(relay_to(store.port, folder))
        yield Race(store, relay, sample=samples[0], folder=folder, npm=npm)


def measure_publish() -> str:
    """Measure, and return the table."""
    found: dict[Contestant, list[Spent]] = {each: [] for each in contestants()}
    busy = []
    with prepared_race(choose_cores()) as race:
        for number in range(_ROUNDS + 1):
            before, server_before = Strangers.now(), race.server.cpu_seconds()
            for contestant in in_turn(list(found), number):
                spent = race.run(contestant)
                if number:  # the first round compiles modules and fills caches
                    found[contestant].append(spent)
            server_seconds = race.server.cpu_seconds() - server_before
            busy.append(before.cores_since(server_seconds=server_seconds))
    return report(found, busy)


def in_turn(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Each goes first as often as the others, and after another one in turn."""
    begin = number % len(contestants)
    order = [*contestants[begin:], *contestants[:begin]]
    return order[::-1] if number % 2 else order


def report(found: Mapping[Contestant, Sequence[Spent]], busy: Sequence[float]) -> str:
    """The table, the aim, and what each leaves out. The best rival is the one with the least median by the clock."""
    rivals = [each for each in found if not each.ours]
    best = min(rivals, key=lambda each: statistics.median(spent.clock_seconds for spent in found[each]))
    rows = [("1 MB, published", "ms", "least to greatest", "CPU ms", "of the best: by the clock", "by CPU")]
    for contestant, spents in found.items():
        clock_ms = [spent.clock_seconds * 1e3 for spent in spents]
        pairs = list(zip(spents, found[best], strict=True))
        rows.append(
            (
                contestant.name,
                f"{statistics.median(clock_ms):.0f}",
                f"{min(clock_ms):.0f} to {max(clock_ms):.0f}",
                f"{statistics.median(spent.cpu_seconds * 1e3 for spent in spents):.0f}",
                spread([mine.clock_seconds / other.clock_seconds for mine, other in pairs]),
                spread([mine.cpu_seconds / other.cpu_seconds for mine, other in pairs]),
            )
        )
    ours = next(each for each in found if each.ours)
    ratio = statistics.median(
        mine.clock_seconds / other.clock_seconds for mine, other in zip(found[ours], found[best], strict=True)
    )
    return "\n".join(
        [
            table(rows),
            *(f"  {each.name}: {each.leaves_out}" for each in found),
            f"  the best of the others: {best.name}",
            *warn_of_strangers(busy),
            at_most(
                "openaddons publish by the clock, as a part of the best of the others", LIMIT_WALL, ratio
            ),
        ]
    )
