"""Options as rows of a table: click is given them, and so is who reads a command line without click."""

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Option(NamedTuple):
    """One option; a command is handed its value by ``name``."""

    name: str
    spelled: tuple[str, ...]
    help: str
    metavar: str | None = None
    """What follows it, as the help calls that; None for a flag."""
    takes: Literal["text", "seconds", "file", "file or -"] = "text"
    """What may follow it. A ``file`` need not be there, a ``file or -`` must be."""
    choices: tuple[str, ...] = ()
    """The only texts that may follow it, where not all may."""
    stands_for: str | None = None
    """Of a flag that is short for another option of the same name: what would follow that."""
    variable: str | None = None
    """The environment variable that says it too."""
    default: str | float | None = None
    default_in_help: str | bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it is a flag that is on or off."""
        return self.metavar is None and self.stands_for is None


JSON: Final = Option("as_json", ("--json",), "Print one JSON document on stdout.")


def click_option(option: Option) -> Callable[[F], F]:
    """The option as click has it."""
    import click  # what reads options without it must not import it

    if option.is_switch:
        return click.option(*option.spelled, option.name, is_flag=True, help=option.help)
    if option.stands_for is not None:
        return click.option(*option.spelled, option.name, flag_value=option.stands_for, help=option.help)
    types: dict[str, click.ParamType[Any]] = {
        "text": click.Choice(option.choices) if option.choices else click.STRING,
        "seconds": click.FloatRange(min=0),
        "file": click.Path(dir_okay=False),
        "file or -": click.Path(exists=True, dir_okay=False, allow_dash=True),
    }
    return click.option(
        *option.spelled,
        option.name,
        type=types[option.takes],
        metavar=option.metavar,
        envvar=option.variable,
        show_envvar=True,
        default=option.default,
        show_default=option.default_in_help,
        help=option.help,
    )
