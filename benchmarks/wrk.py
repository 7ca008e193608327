"""Makes requests as fast as they are answered: wrk, on a core of its own."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.machine import Cores, Server, Strangers, need_program, pinned

CONNECTIONS: Final = 32
ROUND_SECONDS: Final = 3

# Each request is made before the clock starts, so that many different ones cost no more than one.
_IN_TURN: Final = """
local requests, number = {{}}, 0
function init()
  for path in io.lines({paths}) do requests[#requests + 1] = wrk.format("GET", path) end
end
function request()
  number = number % #requests + 1
  return requests[number]
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run found."""

    per_second: float
    cpu_ms_per_1000: float
    p99_ms: float
    strangers_cores: float


def ask_in_turn(folder: Path, name: str, paths: Sequence[str]) -> Path:
    """A script that asks for one path after the other."""
    listed, script = folder / f"{name}.txt", folder / f"{name}.lua"
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="ascii")
    script.write_text(_IN_TURN.format(paths=json.dumps(str(listed))), encoding="utf-8")
    return script


def run_wrk(
    server: Server,
    url: str,
    *,
    cores: Cores,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
    connections: int = CONNECTIONS,
    seconds: int = ROUND_SECONDS,
) -> Load:
    """Ask the server for the URL, or for what the script says, again and again. Raises `ProgramMissing`."""
    program = need_program("wrk", package="wrk")
    given = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    given += [] if script is None else ["-s", str(script)]
    shape = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
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
