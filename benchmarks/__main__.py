"""``python -m benchmarks [WHAT|all]``: ratios of one run. ``--help`` lists what can be measured."""

import os
import platform
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from benchmarks.check import measure_check
from benchmarks.dashboard import measure_dashboard
from benchmarks.machine import ProgramMissing
from benchmarks.publish import measure_publish
from benchmarks.starting import measure_starting
from benchmarks.status import measure_status
from benchmarks.updates import measure_downloads, measure_updates
from benchmarks.upload import measure_large, measure_small

_MEASUREMENTS: Final[dict[str, Callable[[Path], str]]] = {
    "status": lambda _disk: measure_status(),
    "updates": lambda _disk: measure_updates(),
    "downloads": lambda _disk: measure_downloads(),
    "upload": measure_large,
    "small": measure_small,
    "check": lambda _disk: measure_check(),
    "publish": lambda _disk: measure_publish(),
    "dashboard": lambda _disk: measure_dashboard(),
    "start": lambda _disk: measure_starting(),
}


@click.command()
@click.argument("what", type=click.Choice([*_MEASUREMENTS, "all"]), default="all")
@click.option(
    "--disk",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=tempfile.gettempdir,
    help="A folder on a real disk, for the share of fsync (default: the folder for temporary files).",
)
def main(what: str, disk: Path) -> None:
    """Measure, and print tables of ratios. docs/benchmarks.md says how to read them."""
    click.echo(_machine())
    for name, measure in _MEASUREMENTS.items():
        if what in {name, "all"}:
            try:
                click.echo(f"\n{measure(disk.absolute())}")
            except ProgramMissing as missing:
                raise click.ClickException(str(missing)) from None


def _machine() -> str:
    # The same version of CPython runs at half the speed in a build without optimisation, so a name is not enough.
    turns = 100_000
    seconds = min(timeit.repeat("[n for n in range(10)]", number=turns, repeat=5))
    return (
        f"{len(os.sched_getaffinity(0))} cores, Linux, CPython {platform.python_version()} "
        f"(a list of ten numbers in {seconds / turns * 1e9:.0f} ns)"
    )


if __name__ == "__main__":
    main()
