"""The package check against the least that any check must do, and against others.

The least is one plain pass: inflate every file and compute its CRC. For a process it is a Python that has imported
``json`` and ``zipfile`` and made that pass. The others are Mozilla's addons-linter and web-ext, from npm.
"""

import importlib.util
import io
import json
import os
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.machine import ProgramMissing
from benchmarks.npm import installed_from_npm
from benchmarks.report import Aim, at_most, spread, table
from openaddons.packages import inflate
from openaddons.packages.check import check

ROOT: Final = Path(__file__).resolve().parent.parent
CORPUS: Final = ROOT.parent / "shared" / "corpus" / "zips"
REAL: Final = (
    "real-singlefile-aca6",
    "real-webscrapbook-2be3",
    "real-cookieeditor-843d",
    "real-saveimages-v3-adc0",
)

NPM_PACKAGES: Final = ("addons-linter@10.13.0", "web-ext@10.7.0")
_ROUNDS: Final = 9
_ROUNDS_OF_OTHERS: Final = 3
_MB: Final = 1_000_000

LIMIT_IN_PROCESS: Final = 2.0
LIMIT_PROCESS: Final = 2.0
OTHERS_PROCESS: Final = Aim("times as fast as they, as processes", at_least=50)
OTHERS_IN_PROCESS: Final = Aim("times as fast in process as they are as they are run", at_least=300)
OTHERS_WARM: Final = Aim("times as fast as a warm addons-linter, both in one process", at_least=300)

_PLAIN_PROCESS: Final = """
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as package:
    for name in package.namelist():
        package.read(name)
"""
# What the console script does.
OPENADDONS: Final = "from openaddons.__main__ import main; main()"
_LINTER_IN_PROCESS: Final = """
import linter from 'addons-linter';
import {readFileSync} from 'node:fs';
const config = {_: [process.argv[2]], logLevel: 'fatal', output: 'none', stack: false, pretty: false,
  warningsAsErrors: false, metadata: false, boring: false, selfHosted: false};
// Nanoseconds on a core of the main thread alone: neither waiting for a core nor helping threads count.
const spent = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]);
const seconds = [];
for (let round = 0; round < 4; round++) {
  const begin = spent();
  await linter.createInstance({config, runAsBinary: false}).run();
  seconds.push((spent() - begin) / 1e9);
}
console.log(JSON.stringify(seconds));
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A package to measure on."""

    name: str
    path: Path
    data: bytes
    files: int
    unpacked_bytes: int

    @classmethod
    def of(cls, name: str, path: Path) -> "Sample":
        """The package at ``path``."""
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            sizes = [info.file_size for info in package.infolist()]
        return cls(name, path, data, len(sizes), sum(sizes))

    @property
    def large(self) -> bool:
        """Whether the limits are meant for it."""
        return len(self.data) >= _MB


def real_packages() -> list[Sample]:
    """Packages of real extensions, if there is a corpus beside the repository."""
    paths = [CORPUS / f"{name}.zip" for name in REAL]
    return [Sample.of(path.stem, path) for path in paths if path.exists()]


def made_packages(folder: Path, real: Sequence[Sample]) -> list[Sample]:
    """Packages of 1 and 4 MB: a real one, with copies of the scripts of all of them added."""
    scripts = [
        content
        for sample in real
        for name, content in files_of(sample.data)
        if name.endswith((".js", ".mjs"))
    ]
    made = []
    for size, base in zip((_MB, 4 * _MB), real, strict=False):
        path = folder / f"{base.name.removeprefix('real-')}-to-{size // _MB}-mb.zip"
        chance = random.Random(size)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in files_of(base.data):
                package.writestr(name, content)
            number = 0
            while package.fp is not None and package.fp.tell() < size * 1.03:
                number += 1
                package.writestr(f"vendor/{number}.js", chance.choice(scripts))
        made.append(Sample.of(path.stem, path))
    return made


def files_of(package: bytes) -> list[tuple[str, bytes]]:
    """The files of a package, with their contents."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist() if not info.is_dir()]


# Measuring


def _inflated_by_zlib(data: bytes) -> bytes:
    return zlib.decompress(data, -zlib.MAX_WBITS)


def plain_pass(
    data: bytes,
    inflated: Callable[[bytes], bytes] = _inflated_by_zlib,
    crc32: Callable[[bytes], int] = zlib.crc32,
) -> Callable[[], None]:
    """A function that inflates every file and computes its CRC; it knows already where each is."""
    places = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for info in package.infolist():
            lengths = struct.unpack_from("<HH", data, info.header_offset + 26)
            begin = info.header_offset + 30 + sum(lengths)
            places.append((begin, begin + info.compress_size, info.compress_type, info.CRC))

    def run() -> None:
        for begin, end, method, crc in places:
            content = data[begin:end]
            if method == zipfile.ZIP_DEFLATED:
                content = inflated(content)
            if crc32(content) != crc:
                raise AssertionError(begin)

    return run


def floor_pass(data: bytes) -> Callable[[], None]:
    """What a check cannot do without, by the libraries of ours: every file is inflated, its CRC computed, every
    catalogue decoded. Nothing is judged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        catalogues = [package.read(name) for name in package.namelist() if name.endswith("/messages.json")]

    def inflated(data: bytes) -> bytes:
        content: bytes = inflate.raw_inflater().decompress(data)
        return content

    inflate_all = plain_pass(data, inflated, inflate.crc32)

    def run() -> None:
        inflate_all()
        for catalogue in catalogues:
            json.loads(catalogue)

    return run


def cpu_seconds(action: Callable[[], object]) -> float:
    """CPU time of this process: what others do on the machine matters less to it than to the clock."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


class Spent(NamedTuple):
    """What a process took."""

    clock_seconds: float
    cpu_seconds: float


def child_spent(command: Sequence[str], environment: Mapping[str, str]) -> Spent:
    """Of one process, both at once."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    clock, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _child_cpu_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    return child_spent(command, environment).cpu_seconds


def compare(
    ours: Callable[[], float], other: Callable[[], float], *, rounds: int
) -> tuple[float, float, list[float]]:
    """Medians of both, and their ratio in each round. The round 0 warms both up."""
    pairs = []
    for number in range(rounds + 1):
        # Each goes first as often as the other.
        if number % 2:
            mine, theirs = ours(), other()
        else:
            theirs, mine = other(), ours()
        if number:
            pairs.append((mine, theirs))
    medians = (statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs))
    return *medians, [mine / theirs for mine, theirs in pairs]


def environment_of_processes(folder: Path) -> dict[str, str]:
    """As an installed program has it: its modules are compiled."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    source = str(ROOT / "src")
    return environment | {
        "PYTHONPATH": source,
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "NO_COLOR": "1",
    }


def lint_command(sample: Sample) -> list[str]:
    """``openaddons lint`` on a package."""
    return [sys.executable, "-c", OPENADDONS, "lint", str(sample.path)]


# Reports


def in_process(samples: Sequence[Sample]) -> str:
    """The check beside the plain pass, in one process."""
    rows = [("in one process", "kB", "files", "check ms", "plain pass ms", "times", "floor, times")]
    worst = 0.0
    for sample in samples:
        plain_seconds = partial(cpu_seconds, plain_pass(sample.data))
        ours = partial(cpu_seconds, partial(_check, sample))
        mine, plain, ratios = compare(ours, plain_seconds, rounds=_ROUNDS)
        _, _, floors = compare(partial(cpu_seconds, floor_pass(sample.data)), plain_seconds, rounds=_ROUNDS)
        rows.append(
            (
                *_about(sample),
                f"{mine * 1e3:.1f}",
                f"{plain * 1e3:.1f}",
                spread(ratios),
                f"{statistics.median(floors):.2f}",
            )
        )
        worst = max(worst, statistics.median(ratios)) if sample.large else worst
    return "\n".join(
        [
            table(rows),
            at_most("the check as a multiple of the plain pass, above 1 MB", LIMIT_IN_PROCESS, worst),
        ]
    )


def as_process(samples: Sequence[Sample], environment: Mapping[str, str]) -> str:
    """``openaddons lint`` beside the least that a Python process can do."""
    rows = [("as a process", "kB", "files", "lint ms", "least ms", "times")]
    worst = 0.0
    for sample in samples:
        least = [sys.executable, "-c", _PLAIN_PROCESS, str(sample.path)]
        mine, plain, ratios = compare(
            partial(_child_cpu_seconds, lint_command(sample), environment),
            partial(_child_cpu_seconds, least, environment),
            rounds=_ROUNDS,
        )
        rows.append((*_about(sample), f"{mine * 1e3:.0f}", f"{plain * 1e3:.0f}", spread(ratios)))
        worst = max(worst, statistics.median(ratios)) if sample.large else worst
    return "\n".join(
        [
            table(rows),
            at_most("lint as a multiple of the least process, 1 MB and above", LIMIT_PROCESS, worst),
        ]
    )


def against_others(samples: Sequence[Sample], environment: Mapping[str, str], folder: Path) -> str:
    """The check beside addons-linter and web-ext: as a process, and in ours beside both ways to run theirs."""
    tools = installed_from_npm("check", NPM_PACKAGES) / "node_modules" / ".bin"
    rows = [("as a process", "lint s", "other s", "by the clock, times", "by CPU, times")]
    run_rows = [
        ("in process, by CPU", "check ms", "addons-linter as it is run, times", "web-ext as it is run, times")
    ]
    warm_rows = [("warm, by CPU", "plain pass ms", "check, times", "addons-linter, times", "ratio")]
    slowest_process = slowest_run = slowest_warm = float("inf")
    wanted = []
    for sample in samples:
        unpacked = folder / f"{sample.name}-unpacked"
        with zipfile.ZipFile(io.BytesIO(sample.data)) as package:
            package.extractall(unpacked)
        ours = partial(cpu_seconds, partial(_check, sample))
        mine, plain, ratios = compare(ours, partial(cpu_seconds, plain_pass(sample.data)), rounds=_ROUNDS)
        times: dict[str, float] = {}
        for tool, arguments in (
            ("addons-linter", [str(sample.path)]),
            ("web-ext", ["lint", "--source-dir", str(unpacked)]),
        ):
            beside = _beside(sample, [str(tools / tool), *arguments], environment)
            rows.append((f"{sample.name}, {tool}", *beside.told))
            slowest_process = min(slowest_process, beside.times)
            times[tool] = beside.other_cpu_seconds / mine
        run_rows.append(
            (sample.name, f"{mine * 1e3:.1f}", f"{times['addons-linter']:.0f}", f"{times['web-ext']:.0f}")
        )
        slowest_run = min(slowest_run, *times.values())
        linter = _linter_in_process(tools, sample, environment)
        in_passes = f"{statistics.median(ratios):.2f}", f"{linter / plain:.0f}"
        warm_rows.append((sample.name, f"{plain * 1e3:.1f}", *in_passes, f"{linter / mine:.0f}"))
        slowest_warm = min(slowest_warm, linter / mine)
        wanted.append(f"{linter / plain / OTHERS_WARM.at_least:.2f}")
    return "\n".join(
        [
            table(rows),
            OTHERS_PROCESS.verdict(slowest_process),
            "",
            table(run_rows),
            OTHERS_IN_PROCESS.verdict(slowest_run),
            "",
            table(warm_rows),
            OTHERS_WARM.verdict(slowest_warm),
            f"  for {OTHERS_WARM.at_least:.0f}, a check must take {' and '.join(wanted)} plain passes",
        ]
    )


class _Beside(NamedTuple):
    """``openaddons lint`` and another's process on the same package."""

    told: tuple[str, str, str, str]
    """Seconds of both, and how many times by the clock and by CPU."""
    times: float
    """The smaller of the two."""
    other_cpu_seconds: float


def _beside(sample: Sample, command: Sequence[str], environment: Mapping[str, str]) -> _Beside:
    pairs = [
        (child_spent(lint_command(sample), environment), child_spent(command, environment))
        for _ in range(_ROUNDS_OF_OTHERS)
    ]
    clock = [other.clock_seconds / lint.clock_seconds for lint, other in pairs]
    cpu = [other.cpu_seconds / lint.cpu_seconds for lint, other in pairs]
    lint, other = (
        statistics.median(each.clock_seconds for each in side) for side in zip(*pairs, strict=True)
    )
    return _Beside(
        told=(f"{lint:.3f}", f"{other:.2f}", spread(clock), spread(cpu)),
        times=min(statistics.median(clock), statistics.median(cpu)),
        other_cpu_seconds=statistics.median(other.cpu_seconds for _, other in pairs),
    )


def _check(sample: Sample) -> None:
    check(io.BytesIO(sample.data))


def _linter_in_process(tools: Path, sample: Sample, environment: Mapping[str, str]) -> float:
    """Seconds of CPU that addons-linter's main thread takes once it is warm: the median, as for our check."""
    script = tools.parent.parent / "in-process.mjs"
    script.write_text(_LINTER_IN_PROCESS)
    ran = subprocess.run(
        ["node", str(script), str(sample.path)], env=environment, capture_output=True, text=True, check=True
    )
    seconds: list[float] = json.loads(ran.stdout.splitlines()[-1])
    return statistics.median(seconds[1:])


def _about(sample: Sample) -> tuple[str, str, str]:
    return sample.name, f"{len(sample.data) / 1000:.0f}", str(sample.files)


def _libraries() -> str:
    """Which of the libraries that a check may do without are at work (decision 0007)."""
    at_work = [name for name in ("zlib_ng", "ahocorasick_rs") if importlib.util.find_spec(name)]
    return f"  at work: {' and '.join(at_work) or 'the standard library alone'}"


def measure_check() -> str:
    """Measure, and return the tables."""
    real = real_packages()
    if not real:
        raise ProgramMissing(f"There are no packages to measure on: {CORPUS} is missing.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = [*real, *made_packages(folder, real)]
        environment = environment_of_processes(folder)
        parts = [_libraries(), in_process(samples), as_process(samples, environment)]
        try:
            parts.append(against_others([samples[0], samples[-2]], environment, folder))
        except ProgramMissing as missing:
            parts.append(f"  not compared with addons-linter and web-ext: {missing}")
    return "\n\n".join(parts)
