"""Uploads: MB/s of large ones and number per second of small ones, against two bare ASGI functions."""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import Upload, send
from benchmarks.machine import Cores, Server, Strangers, choose_cores, file_system_of, pinned, running
from benchmarks.report import Aim, spread, table, warn_of_strangers
from benchmarks.store import Store, running_store

AIM: Final = Aim("upload MB/s, as a part of the sink that hashes and writes, in memory", at_least=0.7)
_MEMORY: Final = Path("/dev/shm")
_ROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class Case:
    """What is uploaded in one round."""

    name: str
    package_bytes: int
    count: int
    chunked: bool = False
    at_once: int = 1


LARGE: Final = (
    Case("5 MB", 5_000_000, 24),
    Case("5 MB chunked", 5_000_000, 24, chunked=True),
    Case("100 MB", 100_000_000, 2),
    Case("100 MB chunked", 100_000_000, 2, chunked=True),
)
SMALL: Final = (Case("100 kB, 8 at once", 100_000, 800, at_once=8),)


@dataclass(frozen=True, slots=True)
class Target:
    """A server that takes uploads."""

    name: str
    server: Server
    port: int
    folder: Path
    store: Store | None = None

    def settle(self, operation_id: str) -> None:
        """Let what the uploads started come to its end."""
        if self.store is not None:
            self.store.wait_for_end(operation_id)

    def clear(self) -> None:
        """Remove what was uploaded."""
        if self.store is not None:
            self.store.clear()
        for path in self.folder.iterdir():
            path.unlink()


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    seconds: float
    cpu_seconds: float
    growth_bytes: int
    median_seconds: float
    strangers_cores: float


def measure_large(disk: Path) -> str:
    """Measure large uploads, and return the table."""
    return _measure(LARGE, disk, title="Uploads, one after the other", small=False)


def measure_small(disk: Path) -> str:
    """Measure small uploads, and return the table."""
    return _measure(SMALL, disk, title="Small uploads", small=True)


def _measure(cases: Sequence[Case], disk: Path, *, title: str, small: bool) -> str:
    cores = choose_cores()
    rows: list[tuple[str, ...]]
    heading = ("", "", "uploads/s" if small else "MB/s", "CPU ms each" if small else "CPU ms/MB")
    rows = [(*heading, "p50 ms", "peak RSS +MB", "rate, of hash and write", "its CPU x", "rate, of drop")]
    in_memory: list[float] = []
    strangers: list[float] = []
    for medium in (_MEMORY, disk):
        with tempfile.TemporaryDirectory(dir=medium, prefix="openaddons-bench-") as name:
            for case in cases:
                found = _measure_case(case, Path(name), cores)
                rows += _rows(case, found, file_system_of(medium), small=small)
                strangers += [each.strangers_cores for rounds in found.values() for each in rounds]
                if medium is _MEMORY:
                    in_memory.append(statistics.median(_ratios(found, "hash and write")))
    verdicts = [] if small else [f"  {AIM.verdict(min(in_memory))} (the least of {len(in_memory)} cases)"]
    return "\n".join([f"{title}: {_ROUNDS} rounds", table(rows), *verdicts, *warn_of_strangers(strangers)])


def _measure_case(case: Case, folder: Path, cores: Cores) -> dict[str, list[Round]]:
    # It begins as a package does and is none: checking it ends at once, so that receiving it is what is measured.
    package = b"PK\x03\x04" + os.urandom(case.package_bytes - 4)
    with _targets(folder / case.name.replace(" ", "-"), cores) as targets:
        found: dict[str, list[Round]] = {target.name: [] for target in targets}
        for number in range(_ROUNDS + 1):  # round 0 warms up
            for target in targets if number % 2 else reversed(targets):
                result = _round(case, target, package, cores)
                if number:
                    found[target.name].append(result)
    return found


def _round(case: Case, target: Target, package: bytes, cores: Cores) -> Round:
    path, headers = "/", {}
    if target.store is not None:
        path, headers = target.store.upload_path, target.store.headers
    upload = Upload.prepare(path, headers, package, chunked=case.chunked)
    before_bytes, before_seconds = target.server.forget_peak(), target.server.cpu_seconds()
    strangers = Strangers.now()
    with pinned(cores.load):
        sent = send(target.port, upload, count=case.count, at_once=case.at_once)
    target.settle(sent.last_location)
    cpu_seconds = target.server.cpu_seconds() - before_seconds
    strangers_cores = strangers.cores_since(server_seconds=cpu_seconds)
    growth_bytes = target.server.peak_bytes() - before_bytes
    target.clear()
    middle_seconds = statistics.median(sent.each_seconds)
    return Round(sent.seconds, cpu_seconds, growth_bytes, middle_seconds, strangers_cores)


@contextmanager
def _targets(folder: Path, cores: Cores) -> Iterator[list[Target]]:
    """The store and both yardsticks, all writing below ``folder``."""
    for name in ("drop", "keep", "rest"):
        (folder / name).mkdir(parents=True)
    sink = [sys.executable, "-m", "benchmarks.sinks"]
    with (
        running_store(folder / "store", core=cores.server) as store,
        running([*sink, "keep", folder / "keep"], core=cores.server) as keep,
        running([*sink, "drop", folder / "drop"], core=cores.server) as drop,
    ):
        yield [
            Target("openaddons serve", store.server, store.port, folder / "rest", store),
            Target("hash and write", keep, _port_of(keep), folder / "keep"),
            Target("read and drop", drop, _port_of(drop), folder / "drop"),
        ]


def _port_of(sink: Server) -> int:
    assert sink.process.stdout is not None
    return int(sink.process.stdout.readline())


def _ratios(found: dict[str, list[Round]], yardstick: str) -> list[float]:
    """How fast the store is as a part of the yardstick, round by round."""
    pairs = zip(found["openaddons serve"], found[yardstick], strict=True)
    return [its.seconds / ours.seconds for ours, its in pairs]


def _rows(case: Case, found: dict[str, list[Round]], medium: str, *, small: bool) -> list[tuple[str, ...]]:
    amount = case.count if small else case.count * case.package_bytes / 1e6
    rows: list[tuple[str, ...]] = []
    cpu_seconds = {target: sum(each.cpu_seconds for each in rounds) for target, rounds in found.items()}
    for target, rounds in found.items():
        ours = target == "openaddons serve"
        rows.append(
            (
                f"{case.name}, {medium}" if ours else "",
                target,
                f"{statistics.median(amount / each.seconds for each in rounds):,.0f}",
                f"{cpu_seconds[target] / len(rounds) / amount * 1000:.2f}",
                f"{statistics.median(each.median_seconds for each in rounds) * 1000:.1f}",
                f"{max(each.growth_bytes for each in rounds) / 1e6:.1f}",
                spread(_ratios(found, "hash and write")) if ours else "",
                f"{cpu_seconds[target] / cpu_seconds['hash and write']:.2f}" if ours else "",
                spread(_ratios(found, "read and drop")) if ours else "",
            )
        )
    return rows
