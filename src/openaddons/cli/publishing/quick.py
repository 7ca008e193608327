"""Commands without click, whose import takes longer than checking a package.

What is typed right is read here, by the table of options that click has too. At all else click has a look: it alone
says what is wrong with a command line (decision 0015).
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from openaddons.cli.options import Option
from openaddons.cli.publish import COMMANDS
from openaddons.cli.publishing.options import DESTINATION
from openaddons.cli.publishing.running import run_command


class Read(NamedTuple):
    """What a command line says: each value by its name, and the names of those that were typed."""

    values: Mapping[str, Any]
    typed: frozenset[str]


def run_quickly(name: str, words: Sequence[str]) -> int | None:
    """Run the command if it was typed right: its exit code. None if click should have a look."""
    command = COMMANDS[name]
    read = read_words(words, (*command.options, *DESTINATION))
    if read is None:
        return None
    try:
        return run_command(command.run, read.values, typed=read.typed, needs_product=True)
    except BaseException as problem:
        _end_as_click_does(name, problem)


def _end_as_click_does(name: str, problem: BaseException) -> NoReturn:
    """Leave as click leaves: with wrong usage explained, after Ctrl+C, where nobody reads on."""
    from openaddons.cli.main import main

    sys.exit(main([name], prog_name="openaddons", obj=problem))


def read_words(words: Sequence[str], options: Sequence[Option]) -> Read | None:
    """What the words say; None if click might read them in another way."""
    # A shell asks for completions by the variable; on Windows click itself fills in *, ~ and $NAME.
    if "_OPENADDONS_COMPLETE" in os.environ or os.name == "nt":
        return None
    values = {option.name: False if option.is_switch else option.default for option in options}
    try:
        typed = _typed(words, {spelled: option for option in options for spelled in option.spelled})
        values |= {"pattern": None} | typed
        for option in options:
            if isinstance(word := values[option.name], str):
                values[option.name] = _value(word, option)
    except ValueError:
        return None
    return Read(values, frozenset(typed))


def _typed(words: Sequence[str], options: Mapping[str, Option]) -> dict[str, Any]:
    """What was typed, by name: options in any order, and one word more. ValueError for what is not plain."""
    typed: dict[str, Any] = {}
    rest = iter(words)
    name: str
    given: str | bool | None
    for word in rest:
        spelled, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = options.get(spelled)
        if option is None:
            name, given = "pattern", word
            plain = word[:1] not in {"", "-"}
        elif option.metavar is None:
            name, given = option.name, option.stands_for or True
            plain = not equals
        else:
            name, given = option.name, value if equals else next(rest, None)
            plain = given is not None
        if not plain or name in typed:
            raise ValueError(word)
        typed[name] = given
    return typed


def _value(word: str, option: Option) -> str | float:
    """The word as the option takes it; ValueError where click would refuse it."""
    if option.takes == "seconds":
        if (seconds := float(word)) < 0:
            raise ValueError(word)
        return seconds
    if option.takes == "file":
        right = not os.path.exists(word) or _is_readable(word)
    elif option.takes == "file or -":
        right = word == "-" or _is_readable(word)
    else:
        right = not option.choices or word in option.choices
    if not right:
        raise ValueError(word)
    return word


def _is_readable(path: str) -> bool:
    return os.access(path, os.R_OK) and not os.path.isdir(path)
