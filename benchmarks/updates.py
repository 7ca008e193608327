"""Update checks and downloads: what browsers ask of a store, against nginx."""

import random
import re
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks import multitude, nginx
from benchmarks.growth import PlainDict
from benchmarks.machine import Cores, Server, choose_cores
from benchmarks.report import Aim, spread, table, warn_of_strangers
from benchmarks.store import Store, make_package, running_store
from benchmarks.wrk import CONNECTIONS, Load, ask_in_turn, run_wrk

FEW: Final = 1_000
MANY: Final = 100_000
MEMORY_LIMIT_BYTES: Final = 200_000_000
_REQUESTS: Final = 5_000
_ROUNDS: Final = 5
_ROUND_SECONDS: Final = 2

_PACKAGE_BYTES: Final = 5_000_000
_DOWNLOADS_AT_ONCE: Final = 4
DOWNLOAD: Final = Aim("CPU of nginx for its file, as a part of ours", at_least=0.5)

# As Chromium writes them; in the XML of the answer nothing of the first line comes back.
_FIRST: Final = (
    "os=linux&arch=x64&os_arch=x86_64&prod=chromiumcrx&prodchannel=&prodversion=156.0.8078.79&lang=en-US"
    "&acceptformat=crx3,puff"
)
_ASKED: Final = (
    "&x=id%3D{crx_id}%26v%3D{version}%26installsource%3Dnotfromwebstore%26installedby%3Dpolicy%26uc"
)
_HEADERS: Final = {
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Dest": "empty",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Checks of one kind: how many add-ons each asks about, and which version of them browsers have."""

    ids: int
    installed: str
    least: float

    @property
    def behind(self) -> bool:
        """Whether browsers are offered a package."""
        return self.installed != multitude.VERSION

    @property
    def name(self) -> str:
        """For the table."""
        ids = "1 id" if self.ids == 1 else f"{self.ids} ids"
        return f"{ids}, {'behind' if self.behind else 'newest'}"

    def paths(self, products: int) -> list[str]:
        """Requests about different add-ons, none of which is asked about much more often than others."""
        chance = random.Random(self.ids)
        return [
            f"/updates?{_FIRST}"
            + "".join(
                _ASKED.format(crx_id=multitude.crx_id(number), version=self.installed)
                for number in chance.sample(range(1, products + 1), self.ids)
            )
            for _ in range(_REQUESTS)
        ]


CASES: Final = (
    Case(1, multitude.VERSION, 0.35),
    Case(1, "1.0.0", 0.35),
    Case(20, multitude.VERSION, 0.15),
    Case(20, "1.0.0", 0.15),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a case cost, round by round."""

    loads: Mapping[str, list[Load]]
    dict_growth_us: list[float]
    """What `PlainDict` needs more with `MANY` than with `FEW`."""

    def growth_us(self) -> list[float]:
        """What we need more."""
        *_, many, few = self.loads.values()
        return [much.cpu_ms_per_1000 - little.cpu_ms_per_1000 for much, little in zip(many, few, strict=True)]


def measure_updates() -> str:
    """Measure update checks, and return the table."""
    cores = choose_cores()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        few, many = (
            stack.enter_context(
                running_store(
                    folder / f"{count}",
                    core=cores.server,
                    prepare=_filled(count),
                )
            )
            for count in (FEW, MANY)
        )
        memory_before = few.server.memory_bytes(), many.server.memory_bytes()
        found = {case: _measure_case(case, folder, few, many, cores) for case in CASES}
        memory_after = few.server.memory_bytes(), many.server.memory_bytes()
    return _report(found, memory_before, memory_after)


def _filled(count: int) -> Callable[[Path], None]:
    return lambda data: multitude.fill(data, count=count)


def _measure_case(case: Case, folder: Path, few: Store, many: Store, cores: Cores) -> Found:
    """Each target in turn. Rounds alternate; each target goes first as often as the others."""
    own = folder / re.sub(r"\W+", "-", case.name)
    own.mkdir()
    paths = {FEW: case.paths(FEW), MANY: case.paths(MANY)}
    body = _get(many.port, paths[MANY][0])
    scripts = {count: ask_in_turn(own, f"{count}", paths[count]) for count in paths}
    (own / "updates.xml").write_bytes(body)
    with (
        nginx.running_nginx(
            own / "always", nginx.always(body), core=cores.server, content_type="text/xml"
        ) as (always, always_port),
        nginx.running_nginx(
            own / "static", nginx.one_file(own / "updates.xml"), core=cores.server, content_type="text/xml"
        ) as (static, static_port),
    ):
        targets: dict[str, tuple[Server, int, Path]] = {
            "nginx, return 200": (always, always_port, scripts[MANY]),
            "nginx, a file": (static, static_port, scripts[MANY]),
            f"{MANY:,} products": (many.server, many.port, scripts[MANY]),
            f"{FEW:,} products": (few.server, few.port, scripts[FEW]),
        }
        return _in_rounds(case, targets, cores)


def _in_rounds(case: Case, targets: Mapping[str, tuple[Server, int, Path]], cores: Cores) -> Found:
    found = Found({target: [] for target in targets}, [])
    plain = [PlainDict(products, ids=case.ids) for products in (FEW, MANY)]
    names = list(targets)
    for round_number in range(_ROUNDS + 1):
        turn = round_number % len(names)
        for target in names[turn:] + names[:turn]:
            server, port, script = targets[target]
            load = run_wrk(
                server,
                f"http://127.0.0.1:{port}",
                cores=cores,
                headers=_HEADERS,
                script=script,
                seconds=_ROUND_SECONDS,
            )
            if round_number:  # the round 0 warms up
                found.loads[target].append(load)
        few_us, many_us = (each.read_us() if case.behind else each.find_us() for each in plain)
        if round_number:
            found.dict_growth_us.append(many_us - few_us)
    return found


def _get(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    connection.close()
    return body


def _cpu(loads: Sequence[Load]) -> float:
    return statistics.median(load.cpu_ms_per_1000 for load in loads)


def _parts(yardstick: Sequence[Load], ours: Sequence[Load]) -> list[float]:
    """What the yardstick needs of CPU as a part of what we need, round by round."""
    return [its.cpu_ms_per_1000 / mine.cpu_ms_per_1000 for its, mine in zip(yardstick, ours, strict=True)]


def _report(found: Mapping[Case, Found], before: tuple[int, int], after: tuple[int, int]) -> str:
    rows = [
        ("CPU ms per 1000", *next(iter(found.values())).loads, "of return 200", "of a file", "few to many")
    ]
    verdicts = []
    for case, its in found.items():
        always, static, many, few = its.loads.values()
        of_always = _parts(always, many)
        cells = (of_always, _parts(static, many), _parts(few, many))
        rows.append((case.name, *(f"{_cpu(each):.1f}" for each in its.loads.values()), *map(spread, cells)))
        aim = Aim(f"{case.name}: CPU of return 200, as a part of ours", at_least=case.least)
        verdicts.append(f"  {aim.verdict(statistics.median(of_always))}")
        if case.ids > 1:
            verdicts.append(f"  {_growth(case, its)}")
    few_bytes, many_bytes = after
    met = "met" if many_bytes <= MEMORY_LIMIT_BYTES else "MISSED"
    each = (before[1] - before[0]) / (MANY - FEW)
    return "\n".join(
        [
            (
                f"Update checks: {_REQUESTS:,} different requests in turn, {CONNECTIONS} connections; "
                f"{_ROUNDS} rounds of {_ROUND_SECONDS} s"
            ),
            table(rows),
            *verdicts,
            (
                f"  memory of the serving process: {few_bytes / 1e6:.0f} MB with {FEW:,} products, "
                f"{many_bytes / 1e6:.0f} MB with {MANY:,} ({each:.0f} bytes each)"
            ),
            f"  aim: at most {MEMORY_LIMIT_BYTES / 1e6:.0f} MB with {MANY:,} products: {met}",
            *warn_of_strangers(
                [
                    load.strangers_cores
                    for its in found.values()
                    for each in its.loads.values()
                    for load in each
                ]
            ),
        ]
    )


def _growth(case: Case, found: Found) -> str:
    """What many products cost more than few, beside what they would cost any dict of Python."""
    ours, least = (statistics.median(each) for each in (found.growth_us(), found.dict_growth_us))
    return (
        f"{case.name}: {MANY:,} products cost {ours:.1f} µs more than {FEW:,}; "
        f"{case.ids} lookups in a plain dict {least:.1f} µs more: {ours / least:.2f}"
    )


def measure_downloads() -> str:
    """Measure downloads of a package of 5 MB, and return the table."""
    cores = choose_cores()
    package = make_package(padding=random.Random(0).randbytes(_PACKAGE_BYTES))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_store(folder / "data", core=cores.server, package=package) as store:
            path = _package_path(store)
            file = folder / "package.crx"
            file.write_bytes(_get(store.port, path))
            with nginx.running_nginx(
                folder / "nginx",
                nginx.one_file(file),
                core=cores.server,
                content_type="application/x-chrome-extension",
            ) as (yardstick, port):
                targets = {
                    "nginx, the file": (yardstick, port),
                    "openaddons serve": (store.server, store.port),
                }
                found: dict[str, list[Load]] = {target: [] for target in targets}
                for round_number in range(_ROUNDS + 1):
                    for target in sorted(targets, reverse=bool(round_number % 2)):
                        server, its_port = targets[target]
                        load = run_wrk(
                            server,
                            f"http://127.0.0.1:{its_port}{path}",
                            cores=cores,
                            connections=_DOWNLOADS_AT_ONCE,
                            seconds=_ROUND_SECONDS,
                        )
                        if round_number:
                            found[target].append(load)
            peak_bytes = store.server.peak_bytes()
    return _report_downloads(found, file_bytes=len(package), peak_bytes=peak_bytes)


def _package_path(store: Store) -> str:
    """Where the package of the store's only product is, as an update check says."""
    crx_id = store.crx_id
    body = _get(store.port, f"/updates?x=id%3D{crx_id}%26v%3D0.0.0.0%26uc").decode()
    found = re.search(r'codebase="http://[^/]+(/[^"]+)"', body)
    assert found, body
    return found[1]


def _report_downloads(found: Mapping[str, list[Load]], *, file_bytes: int, peak_bytes: int) -> str:
    yardstick, ours = found.values()
    rows = [("", "MB/s", "CPU ms per download")]
    for target, loads in found.items():
        rate = statistics.median(load.per_second for load in loads)
        rows.append((target, f"{rate * file_bytes / 1e6:,.0f}", f"{_cpu(loads) / 1000:.2f}"))
    parts = _parts(yardstick, ours)
    rates = [mine.per_second / its.per_second for mine, its in zip(ours, yardstick, strict=True)]
    return "\n".join(
        [
            (
                f"Downloads: a package of {file_bytes / 1e6:.1f} MB, {_DOWNLOADS_AT_ONCE} at once; "
                f"{_ROUNDS} rounds of {_ROUND_SECONDS} s"
            ),
            table(rows),
            f"  CPU of nginx as a part of ours {spread(parts)}, rate as a part of nginx's {spread(rates)}",
            f"  {DOWNLOAD.verdict(statistics.median(parts))}",
            f"  peak memory of the serving process: {peak_bytes / 1e6:.0f} MB",
            *warn_of_strangers([load.strangers_cores for load in (*ours, *yardstick)]),
        ]
    )
