"""The publishing commands as click has them."""

import functools
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource

from openaddons.cli.options import Option, click_option
from openaddons.cli.publish import COMMANDS
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.options import DESTINATION
from openaddons.cli.publishing.running import run_command
from openaddons.client.models import checked_guid

F = TypeVar("F", bound=Callable[..., Any])

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
    def with_run(**values: Any) -> None:
        context = click.get_current_context()
        if isinstance(context.obj, BaseException):
            raise context.obj  # the command ran without click, and so it ended
        typed = [name for name in values if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
        raise click.exceptions.Exit(run_command(command, values, typed=typed, needs_product=needs_product))

    return _with_options(with_run, DESTINATION)


def _with_options(command: F, options: Iterable[Option]) -> F:
    for option in reversed([*options]):
        command = click_option(option)(command)
    return command


def guid(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """An ID of an operation, a webhook or a delivery, checked, if there is one; for click."""
    try:
        return value and checked_guid(parameter.human_readable_name, value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


def _package_command(name: str) -> click.Command:
    row = COMMANDS[name]
    command = _with_options(publishing_command(row.run), row.options)
    return click.command(name, epilog=EXIT_CODES)(
        click.argument("pattern", metavar="[ZIP|DIR]", required=False)(command)
    )


upload: Final = _package_command("upload")
publish: Final = _package_command("publish")
