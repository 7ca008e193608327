"""Running a publishing command: its settings found, the store opened, its ending told."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from openaddons.cli.output import one_line, say, wrong_usage
from openaddons.cli.publishing.destination import Destination, destination_of
from openaddons.cli.publishing.ending import Ending, Progress, commands_from, ending_of_failure
from openaddons.cli.publishing.options import DESTINATION
from openaddons.cli.publishing.steps import Run
from openaddons.cli.publishing.telling import tell
from openaddons.client import EdgeAddons, EdgeAddonsError


def run_command(
    command: Callable[..., Ending], values: Mapping[str, Any], *, typed: Collection[str], needs_product: bool
) -> int:
    """Run the command as one ``Run``, tell its ending, and return its exit code. UsageError for wrong usage.

    ``values`` are those of all its options by name, ``typed`` the names of those on the command line.
    """
    options = dict(values)
    given = {option.name: options.pop(option.name) for option in DESTINATION}
    destination = destination_of(given, typed=typed, needs_product=needs_product)
    if given["verbose"]:
        for place in destination.places:
            say(place, err=True)
    run = Run(destination, _store(destination), Progress())
    ending = _ending_of(command, run, options)
    tell(ending, run.progress, destination)
    return ending.exit_code


def _store(destination: Destination) -> EdgeAddons:
    ca_file = destination.ca_file
    try:
        return EdgeAddons(
            destination.credentials,
            base_url=destination.base_url,
            timeout_seconds=destination.timeout_seconds,
            ca_file=None if ca_file is None else ca_file.value,
        )
    except OSError as problem:
        if ca_file is None:
            raise
        raise wrong_usage(
            f"{one_line(ca_file.value)} ({ca_file.place}) has no certificate authorities in PEM: {problem}."
        ) from None


def _ending_of(command: Callable[..., Ending], run: Run, options: dict[str, Any]) -> Ending:
    try:
        with run.store:
            return command(run, **options)
    except EdgeAddonsError as failure:
        return ending_of_failure(failure, run.progress, run.destination)
    except OSError as problem:
        what = one_line(str(problem.filename or "The package"))
        raise wrong_usage(f"{what} cannot be read: {problem.strerror or problem}.") from None
    except KeyboardInterrupt:
        for line in commands_from(run.progress, run.destination):
            say(f"To go on: {line}", err=True)
        raise
