"""``openaddons publish`` against the clients of others: whole processes, side by side, on the same store.

The others know Microsoft's host alone, so they go through the relay of the acceptance tests: TLS for that name, carried
on to the store. Ours goes through the same relay, for the comparison, and straight to the store, for the record.
"""

import itertools
import json
import os
import random
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
from http.client import HTTPConnection
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import certifi

from benchmarks.check import OPENADDONS, ROOT, Spent, files_of, made_packages, real_packages
from benchmarks.machine import Cores, Strangers, choose_cores, pinned
from benchmarks.npm import installed_from_npm
from benchmarks.report import at_most, spread, table, warn_of_strangers
from benchmarks.store import Store, make_package, running_store
from openaddons import __version__
from tests.acceptance.clients import CLIENTS, NPM_PACKAGES, Order
from tests.acceptance.relay import Ended, Relay, relay_to

_ROUNDS: Final = 9
_MB: Final = 1_000_000
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


Files = Sequence[tuple[str, bytes]]


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
    return pins.get(client) or installed_version(client)


def _publish(order: Order) -> list[str]:
    return [sys.executable, "-c", OPENADDONS, "publish", str(order.zip_path), "--notes", order.notes]


def _library(_order: Order) -> list[str]:
    return [sys.executable, "-c", _OUR_LIBRARY]


class Race:
    """Lets clients publish, one after the other, to a store that has nothing else to do."""

    def __init__(self, store: Store, relay: Relay, *, trusted: Path, folder: Path, npm: Path) -> None:
        self.server = store.server
        self._store = store
        self._relay = relay
        self._trusted = trusted
        self._folder = folder
        self._npm = npm
        self._numbers = itertools.count(1)

    def run(self, contestant: Contestant, package: Files) -> Spent:
        """What one publish of the package's next version takes; returns when that is in the store."""
        order, version = self._next_order(package)
        command = ["bash", "-c", _TIMED, "bash", *contestant.command(order)]
        environment = self._environment(order)
        if contestant.relayed:
            ended = self._relay.run(command, directory=order.directory, environment=environment)
        else:
            base_url = {"EDGE_ADDONS_BASE_URL": f"http://127.0.0.1:{self._store.port}"}
            ended = _run(command, directory=order.directory, environment=environment | base_url)
        if ended.status:
            raise AssertionError(f"{contestant.name} ended with {ended.status}:\n{ended.output}")
        self._wait_until_in_store(version)
        return spent_in(ended.output)

    def store_seconds(self, package: Files) -> float:
        """How long the store takes for the four requests that every client sends: on one connection, by us."""
        order, version = self._next_order(package)
        posts = (
            (self._store.upload_path, "application/zip", order.zip_path.read_bytes()),
            (self._store.publish_path, "application/json", b"{}"),
        )
        connection = HTTPConnection("127.0.0.1", self._store.port)
        begin = time.perf_counter()
        for path, media_type, body in posts:
            connection.request("POST", path, body, self._store.headers | {"Content-Type": media_type})
            accepted = connection.getresponse()
            assert accepted.status == 202, accepted.read()
            accepted.read()
            status_path = f"{path}/operations/{accepted.headers['Location']}"
            connection.request("GET", status_path, headers=self._store.headers | {"Prefer": "wait=25"})
            ended = json.loads(connection.getresponse().read())
            assert ended["status"] == "Succeeded", ended
        seconds = time.perf_counter() - begin
        connection.close()
        self._wait_until_in_store(version)
        return seconds

    def _next_order(self, package: Files) -> tuple[Order, str]:
        number = next(self._numbers)
        version = f"2.0.{number}"
        directory = self._folder / f"{number}"
        directory.mkdir()
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
        write_package(order.zip_path, package, version=version)
        return order, version

    def _environment(self, order: Order) -> dict[str, str]:
        ours = {
            "EDGE_ADDONS_PRODUCT_ID": order.product_id,
            "EDGE_ADDONS_CLIENT_ID": order.client_id,
            "EDGE_ADDONS_API_KEY": order.api_key,
        }
        # An installed program's modules are compiled; the first round, which is not counted, does it.
        python = {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(self._folder / "bytecode")}
        # Node.js has its authorities built in; what the others read at each start must be as long as in life.
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(self._trusted))
        return order.environment | ours | python | trust

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


def write_package(path: Path, files: Files, *, version: str) -> None:
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

    Raises `ProgramMissing` where the clients of others cannot be run.
    """
    npm = installed_from_npm("publish", NPM_PACKAGES)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(running_store(folder / "data", core=cores.server))
        with pinned(cores.server):  # the relay's thread stays where it is started
            relay = stack.enter_context(relay_to(store.port, folder))
        trusted = folder / "trusted.pem"
        trusted.write_bytes(Path(certifi.where()).read_bytes() + (folder / "authority.pem").read_bytes())
        yield Race(store, relay, trusted=trusted, folder=folder, npm=npm)


def packages() -> Iterator[tuple[str, Files]]:
    """One that the store has checked at once, and, if there is a corpus, one as people make them."""
    yield "1 MB in one file, checked at once", files_of(make_package(padding=random.Random(1).randbytes(_MB)))
    with tempfile.TemporaryDirectory() as name:
        for sample in made_packages(Path(name), real_packages()[:1]):
            yield f"1 MB of scripts in {sample.files} files", files_of(sample.data)


def measure_publish() -> str:
    """Measure, and return the tables."""
    with prepared_race(choose_cores()) as race:
        tables = [_measure(race, name, package) for name, package in packages()]
    leave_out = [f"  {each.name}: {each.leaves_out}" for each in contestants()]
    return "\n\n".join([*tables, "\n".join(["  What each leaves out:", *leave_out])])


def _measure(race: Race, name: str, package: Files) -> str:
    found: dict[Contestant, list[Spent]] = {each: [] for each in contestants()}
    store_seconds, busy = [], []
    for number in range(_ROUNDS + 1):
        before, server_before = Strangers.now(), race.server.cpu_seconds()
        for contestant in in_turn(list(found), number):
            spent = race.run(contestant, package)
            if number:  # the first round compiles modules and fills caches
                found[contestant].append(spent)
        store_seconds.append(race.store_seconds(package))
        busy.append(before.cores_since(server_seconds=race.server.cpu_seconds() - server_before))
    ratio = as_part_of_best(found)
    return "\n".join(
        [
            report(name, found),
            f"  of each, the store takes: {statistics.median(store_seconds) * 1e3:.0f} ms",
            *warn_of_strangers(busy),
            at_most(
                "openaddons publish by the clock, as a part of the best of the others", LIMIT_WALL, ratio
            ),
        ]
    )


def in_turn(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Each goes first as often as the others."""
    begin = number % len(contestants)
    return [*contestants[begin:], *contestants[:begin]]


Found = Mapping[Contestant, Sequence[Spent]]


def best_of_others(found: Found) -> Contestant:
    """The one that is not ours with the least median by the clock."""
    rivals = [each for each in found if not each.ours]
    return min(rivals, key=lambda each: statistics.median(spent.clock_seconds for spent in found[each]))


def as_part_of_best(found: Found) -> float:
    """Our command's time by the clock, as a part of the best rival's: the median of the rounds' ratios."""
    ours = next(each for each in found if each.ours)
    return statistics.median(_ratios(found[ours], found[best_of_others(found)], by="clock_seconds"))


def report(name: str, found: Found) -> str:
    """The table of one package."""
    best = best_of_others(found)
    rows = [(name, "ms", "least to greatest", "CPU ms", "of the best's ms", "of its CPU")]
    for contestant, spents in found.items():
        clock_ms = [spent.clock_seconds * 1e3 for spent in spents]
        rows.append(
            (
                contestant.name + (" (best of the others)" if contestant is best else ""),
                f"{statistics.median(clock_ms):.0f}",
                f"{min(clock_ms):.0f} to {max(clock_ms):.0f}",
                f"{statistics.median(spent.cpu_seconds * 1e3 for spent in spents):.0f}",
                spread(_ratios(spents, found[best], by="clock_seconds")),
                spread(_ratios(spents, found[best], by="cpu_seconds")),
            )
        )
    return table(rows)


def _ratios(mine: Sequence[Spent], others: Sequence[Spent], *, by: str) -> list[float]:
    return [getattr(each, by) / getattr(other, by) for each, other in zip(mine, others, strict=True)]
