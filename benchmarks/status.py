"""Status requests per second: GET of an operation that has ended, against nginx's ``return 200``."""

import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks import nginx
from benchmarks.machine import choose_cores
from benchmarks.report import Aim, spread, table, warn_of_strangers
from benchmarks.store import make_package, running_store
from benchmarks.wrk import CONNECTIONS, ROUND_SECONDS, Load, run_wrk

AIM: Final = Aim("requests per second, as a part of nginx", at_least=0.3)
_ROUNDS: Final = 5


def measure_status() -> str:
    """Measure, and return the table."""
    cores = choose_cores()
    with (
        tempfile.TemporaryDirectory() as name,
        running_store(Path(name) / "data", core=cores.server) as store,
    ):
        operation_id = store.upload(make_package("1.1.0"))
        body = store.wait_for_end(operation_id)
        path = store.status_path(operation_id)
        with nginx.running_nginx(
            Path(name) / "nginx", nginx.always(body), core=cores.server, content_type="application/json"
        ) as (yardstick, nginx_port):
            targets = {
                "nginx, return 200": (yardstick, nginx_port),
                "openaddons serve": (store.server, store.port),
            }
            found: dict[str, list[Load]] = {target: [] for target in targets}
            for round_number in range(_ROUNDS + 1):
                # Each goes first as often as the other; the round 0 warms both up.
                order = sorted(targets, reverse=bool(round_number % 2))
                for target in order:
                    server, port = targets[target]
                    load = run_wrk(
                        server, f"http://127.0.0.1:{port}{path}", cores=cores, headers=store.headers
                    )
                    if round_number:
                        found[target].append(load)
    return _report(found, len(body))


def _report(found: Mapping[str, list[Load]], body_bytes: int) -> str:
    yardstick, ours = found["nginx, return 200"], found["openaddons serve"]
    rows = [("", "requests/s", "CPU ms per 1000", "p99 ms")]
    for target, loads in found.items():
        rows.append(
            (
                target,
                f"{statistics.median(load.per_second for load in loads):,.0f}",
                f"{statistics.median(load.cpu_ms_per_1000 for load in loads):.1f}",
                f"{statistics.median(load.p99_ms for load in loads):.2f}",
            )
        )
    rates = [mine.per_second / its.per_second for mine, its in zip(ours, yardstick, strict=True)]
    cpus = [mine.cpu_ms_per_1000 / its.cpu_ms_per_1000 for mine, its in zip(ours, yardstick, strict=True)]
    what = f"{body_bytes} bytes of JSON, API key, {CONNECTIONS} connections"
    return "\n".join(
        [
            f"Status requests: an ended operation, {what}; {_ROUNDS} rounds of {ROUND_SECONDS} s",
            table(rows),
            f"  rate as a part of nginx's {spread(rates)}, CPU as a multiple of it {spread(cpus)}",
            f"  {AIM.verdict(statistics.median(rates))}",
            *warn_of_strangers([load.strangers_cores for load in (*ours, *yardstick)]),
        ]
    )
