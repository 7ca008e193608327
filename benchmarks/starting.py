"""How soon there is something: the command line, the emulator, and the emulator of each test."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.check import OPENADDONS, Spent, child_spent, compare, environment_of_processes
from benchmarks.machine import Server
from benchmarks.report import at_most, spread, table

_ROUNDS: Final = 21
_STARTS: Final = 7
_END_SECONDS: Final = 30.0

LIMIT_VERSION: Final = 1.2
LIMIT_READY_SECONDS: Final = 2.0
LIMIT_FIXTURE_SECONDS: Final = 0.020

_TESTS_OF_A_KIND: Final = 25
_TESTS: Final = f"""
import io
import pytest

@pytest.mark.parametrize("number", range({_TESTS_OF_A_KIND}))
def test_looks(edge_store, number):
    assert edge_store.url

@pytest.mark.parametrize("number", range({_TESTS_OF_A_KIND}))
def test_uploads(edge_store, number):
    with edge_store.client() as client:
        package = io.BytesIO(edge_store.package("2.0"))
        client.wait_upload(edge_store.product_id, client.upload(edge_store.product_id, package))
"""
# The fixture alone: by the clock, and by CPU of the process, in which the emulator has its thread.
_CONFTEST: Final = """
import json, os, time
import pytest

taken = []

@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef, request):
    begin = time.perf_counter(), time.process_time()
    yield
    if fixturedef.argname == "edge_store":
        taken.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))

def pytest_sessionfinish():
    with open(os.environ["TAKEN_PATH"], "w") as file:
        json.dump(taken, file)
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
    taken = [_ready(environment) for _ in range(_STARTS + 1)][1:]  # the first compiles modules
    rows = [
        ("", "s", "least to greatest", "CPU s"),
        ("openaddons emulator", *_in_words(taken, unit_seconds=1)),
    ]
    found = statistics.median(each.clock_seconds for each in taken)
    return "\n".join(
        [table(rows), at_most("seconds until the emulator is ready", LIMIT_READY_SECONDS, found)]
    )


def _ready(environment: Mapping[str, str]) -> Spent:
    command = [sys.executable, "-c", OPENADDONS, "emulator", "--port", "0", "--ready-json"]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["url"]
            spent = Spent(time.perf_counter() - begin, Server(process).cpu_seconds())
            process.terminate()
            process.wait(timeout=_END_SECONDS)
        finally:
            process.kill()
    return spent


def _in_words(taken: Sequence[Spent], *, unit_seconds: float) -> tuple[str, str, str]:
    """The median by the clock, its least and greatest, and the median by CPU."""
    clock = [each.clock_seconds / unit_seconds for each in taken]
    cpu = statistics.median(each.cpu_seconds / unit_seconds for each in taken)
    return f"{statistics.median(clock):.2f}", f"{min(clock):.2f} to {max(clock):.2f}", f"{cpu:.2f}"


def fixture_for_each_test(environment: Mapping[str, str], folder: Path) -> str:
    """What ``edge_store`` takes of each test after the first, half of which find it used by another."""
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    (folder / "test_cost.py").write_text(_TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    found = folder / "taken.json"
    # Named, for whether it is found by itself hangs on how the package is installed.
    named = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TAKEN_PATH": str(found)}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "openaddons.testing.plugin", "."],
        cwd=folder,
        env=dict(environment) | named,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    # The first test that uploads finds the emulator as one that looked left it, so it belongs to those.
    first, *others = [Spent(*each) for each in json.loads(found.read_text(encoding="utf-8"))]
    looked, used = others[:_TESTS_OF_A_KIND], others[_TESTS_OF_A_KIND:]
    limit = at_most(
        "seconds of the fixture after the first test",
        LIMIT_FIXTURE_SECONDS,
        statistics.median(each.clock_seconds for each in used),
    )
    rows = [
        ("edge_store", "ms", "least to greatest", "CPU ms"),
        ("of the first test, without the start", *_in_words([first], unit_seconds=1e-3)),
        ("after a test that looked", *_in_words(looked, unit_seconds=1e-3)),
        ("after a test that uploaded", *_in_words(used, unit_seconds=1e-3)),
    ]
    return "\n".join([table(rows), limit])


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
