"""How soon there is something: the command line, the emulator, and the emulator of each test."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.check import OPENADDONS, child_spent, compare, environment_of_processes
from benchmarks.report import at_most, spread, table

_ROUNDS: Final = 21
_STARTS: Final = 7
_END_SECONDS: Final = 30.0

LIMIT_VERSION: Final = 1.2
LIMIT_READY_SECONDS: Final = 2.0
LIMIT_FIXTURE_SECONDS: Final = 0.020

_TESTS: Final = """
import io
import pytest

@pytest.mark.parametrize("number", range(25))
def test_looks(edge_store, number):
    assert edge_store.url

@pytest.mark.parametrize("number", range(25))
def test_uploads(edge_store, number):
    with edge_store.client() as client:
        package = io.BytesIO(edge_store.package("2.0"))
        client.wait_upload(edge_store.product_id, client.upload(edge_store.product_id, package))
"""
# The fixture alone: its call and its end, without the test's own work and without pytest's around it.
_CONFTEST: Final = """
import json, os
seconds = {}

def pytest_runtest_logreport(report):
    assert not report.failed, report.longrepr
    if report.when != "call":
        seconds[report.nodeid] = seconds.get(report.nodeid, 0.0) + report.duration

def pytest_sessionfinish():
    with open(os.environ["SECONDS_PATH"], "w") as file:
        json.dump(list(seconds.values()), file)
"""


def version_beside_click(environment: Mapping[str, str]) -> str:
    """``openaddons --version`` beside a Python that imports click, without which there is no command line."""
    rows = [("", "openaddons --version, ms", "import click, ms", "times")]
    ratios: dict[str, list[float]] = {}
    commands = ([sys.executable, "-c", OPENADDONS, "--version"], [sys.executable, "-c", "import click"])
    for name, field in (("by the clock", "clock_seconds"), ("by CPU", "cpu_seconds")):
        mine, other, ratios[name] = compare(
            *(partial(_spent, command, environment, field) for command in commands), rounds=_ROUNDS
        )
        rows.append((name, f"{mine * 1e3:.0f}", f"{other * 1e3:.0f}", spread(ratios[name])))
    found = statistics.median(ratios["by CPU"])
    return "\n".join([table(rows), at_most("openaddons --version, by CPU", LIMIT_VERSION, found)])


def _spent(command: list[str], environment: Mapping[str, str], field: str) -> float:
    seconds: float = getattr(child_spent(command, environment), field)
    return seconds


def emulator_ready(environment: Mapping[str, str]) -> str:
    """From the start of ``openaddons emulator`` until it says that it is ready."""
    seconds = [_ready_seconds(environment) for _ in range(_STARTS + 1)][1:]  # the first compiles modules
    rows = [("", "s", "least to greatest")]
    rows.append(
        (
            "openaddons emulator",
            f"{statistics.median(seconds):.2f}",
            f"{min(seconds):.2f} to {max(seconds):.2f}",
        )
    )
    limit = at_most("seconds until the emulator is ready", LIMIT_READY_SECONDS, statistics.median(seconds))
    return "\n".join([table(rows), limit])


def _ready_seconds(environment: Mapping[str, str]) -> float:
    command = [sys.executable, "-c", OPENADDONS, "emulator", "--port", "0", "--ready-json"]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["url"]
            seconds = time.perf_counter() - begin
            process.terminate()
            process.wait(timeout=_END_SECONDS)
        finally:
            process.kill()
    return seconds


def fixture_for_each_test(environment: Mapping[str, str], folder: Path) -> str:
    """What ``edge_store`` takes of each test after the first, half of which find it used by another."""
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    (folder / "test_cost.py").write_text(_TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    found = folder / "seconds.json"
    # Named, for whether it is found by itself hangs on how the package is installed.
    named = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "SECONDS_PATH": str(found)}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "openaddons.testing.plugin", "."],
        cwd=folder,
        env=dict(environment) | named,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    # The first test of the second half finds the emulator as the first half left it, so it belongs to that.
    first, *others = json.loads(found.read_text(encoding="utf-8"))
    looked, used = others[:25], others[25:]
    rows = [("edge_store, ms", "median", "least to greatest")]
    for name, seconds in (("after a test that looked", looked), ("after a test that uploaded", used)):
        ms = [each * 1e3 for each in seconds]
        rows.append((name, f"{statistics.median(ms):.1f}", f"{min(ms):.1f} to {max(ms):.1f}"))
    limit = at_most(
        "seconds of the fixture after the first test", LIMIT_FIXTURE_SECONDS, statistics.median(used)
    )
    return "\n".join([table(rows), f"  the first: {first * 1e3:.0f} ms", limit])


def measure_starting() -> str:
    """Measure, and return the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = environment_of_processes(folder)
        tests = folder / "tests"
        tests.mkdir()
        return "\n\n".join(
            [
                version_beside_click(environment),
                emulator_ready(environment),
                fixture_for_each_test(environment, tests),
            ]
        )
