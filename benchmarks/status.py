"""Status requests per second: GET of an operation that has ended, against nginx's ``return 200``."""

import re
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.machine import (
    Cores,
    Server,
    Strangers,
    choose_cores,
    free_port,
    need_program,
    pinned,
    running,
    wait_for_port,
)
from benchmarks.report import Aim, spread, table, warn_of_strangers
from benchmarks.store import make_package, running_store

AIM: Final = Aim("requests per second, as a part of nginx", at_least=0.3)
_ROUNDS: Final = 5
_ROUND_SECONDS: Final = 3
_CONNECTIONS: Final = 32

_NGINX: Final = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; server_tokens off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{body}'; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk found."""

    per_second: float
    cpu_ms_per_1000: float
    p99_ms: float
    strangers_cores: float


def measure_status() -> str:
    """Measure, and return the table."""
    cores = choose_cores()
    wrk = need_program("wrk", package="wrk")
    nginx = need_program("nginx", package="nginx-light")
    with (
        tempfile.TemporaryDirectory() as name,
        running_store(Path(name) / "data", core=cores.server) as store,
    ):
        operation_id = store.upload(make_package("1.1.0"))
        body = store.wait_for_end(operation_id)
        path = store.status_path(operation_id)
        with _nginx(nginx, Path(name), body.decode(), core=cores.server) as (yardstick, nginx_port):
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
                    load = _run_wrk(wrk, server, f"http://127.0.0.1:{port}{path}", store.headers, cores)
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
    what = f"{body_bytes} bytes of JSON, API key, {_CONNECTIONS} connections"
    return "\n".join(
        [
            f"Status requests: an ended operation, {what}; {_ROUNDS} rounds of {_ROUND_SECONDS} s",
            table(rows),
            f"  rate as a part of nginx's {spread(rates)}, CPU as a multiple of it {spread(cpus)}",
            f"  {AIM.verdict(statistics.median(rates))}",
            *warn_of_strangers([load.strangers_cores for load in (*ours, *yardstick)]),
        ]
    )


@contextmanager
def _nginx(program: str, folder: Path, body: str, *, core: int) -> Iterator[tuple[Server, int]]:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, body=body), encoding="utf-8")
    command: list[str | Path] = [program, "-p", folder, "-e", folder / "error.log", "-c", config]
    with running(command, core=core) as server:
        wait_for_port(port)
        yield server, port


def _run_wrk(program: str, server: Server, url: str, headers: Mapping[str, str], cores: Cores) -> Load:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    shape = ["-t1", f"-c{_CONNECTIONS}", f"-d{_ROUND_SECONDS}s", "--latency"]
    cpu_before, strangers = server.cpu_seconds(), Strangers.now()
    with pinned(cores.load):
        ended = subprocess.run(
            [program, *shape, *given, url], capture_output=True, text=True, check=True
        ).stdout
    cpu_seconds = server.cpu_seconds() - cpu_before
    assert "Non-2xx" not in ended, ended
    assert "Socket errors" not in ended, ended
    requests = int(_find(r"(\d+) requests in", ended))
    return Load(
        per_second=float(_find(r"Requests/sec:\s+([\d.]+)", ended)),
        cpu_ms_per_1000=cpu_seconds / requests * 1e6,
        p99_ms=_milliseconds(_find(r"\n +99% +(\S+)", ended)),
        strangers_cores=strangers.cores_since(server_seconds=cpu_seconds),
    )


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found.group(1)


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise AssertionError(text)
