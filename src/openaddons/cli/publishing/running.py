"""Running a publishing command: its settings found, the store opened, its ending told."""

import functools
from collections.abc import Callable
from typing import Any, Final

import click

from openaddons.cli.output import one_line
from openaddons.cli.publishing.destination import (
    DESTINATION_NAMES,
    Destination,
    destination_of,
    destination_options,
)
from openaddons.cli.publishing.ending import Ending, Progress, commands_from, ending_of_failure
from openaddons.cli.publishing.steps import Run
from openaddons.cli.publishing.telling import tell
from openaddons.client import EdgeAddons, EdgeAddonsError
from openaddons.client.models import checked_guid

EXIT_CODES: Final = """\b
Exit codes:
  0  done
  2  wrong usage, no such product or operation, or the store cannot do it
  3  the store rejected the credentials
  4  the package was refused
  5  the publish, or another change, was refused
  6  another submission is in progress; try later
  7  there is nothing to publish
  8  not finished yet: the time was up, or `status` found it in progress
  9  the store or the network failed
"""


def publishing_command(command: Callable[..., Ending]) -> Callable[..., None]:
    """The options that say where to publish; the command gets them as one ``Run``, and its ending is told."""
    return _remote_command(command, needs_product=True)


def managing_command(command: Callable[..., Ending]) -> Callable[..., None]:
    """The same for a command about what is the publisher's, and no product's."""
    return _remote_command(command, needs_product=False)


def _remote_command(command: Callable[..., Ending], *, needs_product: bool) -> Callable[..., None]:
    @functools.wraps(command)
    def with_run(*, verbose: bool, **options: Any) -> None:
        given = {name: options.pop(name) for name in DESTINATION_NAMES}
        destination = destination_of(needs_product=needs_product, **given)
        if verbose:
            for place in destination.places:
                click.echo(place, err=True)
        run = Run(destination, _store(destination), Progress())
        ending = _ending_of(command, run, options)
        tell(ending, run.progress, destination)
        raise click.exceptions.Exit(ending.exit_code)

    return destination_options(with_run)


def guid(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An ID of an operation, a webhook or a delivery, checked, if there is one; for click."""
    try:
        return value and checked_guid(parameter.human_readable_name, value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


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
        raise click.UsageError(
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
        raise click.UsageError(f"{what} cannot be read: {problem.strerror or problem}.") from None
    except KeyboardInterrupt:
        for line in commands_from(run.progress, run.destination):
            click.echo(f"To go on: {line}", err=True)
        raise
