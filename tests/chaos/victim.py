"""A process of the store that kills itself at a chosen point.

It runs the real command line (``openaddons serve``, ``openaddons worker``) with one function wrapped, so the
product needs no switch for tests. The fork server of `multiprocessing` imports this module once and forks it
for each start: 0.2 seconds instead of 1.3, and a SIGKILL is as final as ever.
"""

import functools
import importlib
import inspect
import itertools
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from openaddons.cli.main import main

# Imported before the fork: so a start costs nothing, and every function is there to be wrapped.
for _module in ("openaddons.cli.serve", "openaddons.server", "openaddons.work.postgres"):
    importlib.import_module(_module)

COMMIT = "COMMIT"
CREATE_TABLE = "CREATE TABLE"


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL when ``point`` (``module:name``, or one of the statements) is passed for the ``passage``-th time."""

    point: str
    when: str  # "before" or "after"
    passage: int = 1

    def __str__(self) -> str:
        name = self.point.rpartition(":")[2]
        return f"{self.when}-{name}" + (f"-{self.passage}" if self.passage > 1 else "")


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    kill: Kill | None,
    *,
    output: Connection,
    log: Path,
) -> None:
    """The command line as a process of its own: what it prints goes to ``output``, its log to ``log``."""
    os.environ.update(environment)
    os.dup2(output.fileno(), sys.stdout.fileno())
    output.close()
    with log.open("a") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
    if kill is not None:
        _arm(kill)
    main(list(arguments))


class _Trigger:
    """Counts the passages of a point; at the right one the process ends."""

    def __init__(self, kill: Kill) -> None:
        self._kill = kill
        self._numbers = itertools.count(1)

    def at(self, when: str) -> None:
        """A passage begins, or has ended well: on a busy machine a lease runs out, and what it was for raises."""
        if when == self._kill.when and next(self._numbers) == self._kill.passage:
            os.kill(os.getpid(), signal.SIGKILL)


def _arm(kill: Kill) -> None:
    trigger = _Trigger(kill)
    if kill.point == COMMIT:
        _wrap_commits(trigger)
        return
    if kill.point == CREATE_TABLE:
        _wrap_statements(trigger, CREATE_TABLE)
        return
    module_name, _, path = kill.point.partition(":")
    owner: Any = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    original = getattr(owner, name)
    wrapped = _wrapped(original, trigger)
    setattr(owner, name, wrapped)
    # Whoever imported the function by its name has it too.
    for module in [each for key, each in sys.modules.items() if key.startswith("openaddons")]:
        for attribute in [key for key, value in vars(module).items() if value is original]:
            setattr(module, attribute, wrapped)


def _wrapped(original: Callable[..., Any], trigger: _Trigger) -> Callable[..., Any]:
    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        trigger.at("before")
        result = original(*args, **kwargs)
        trigger.at("after")
        return result

    @functools.wraps(original)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        trigger.at("before")
        result = await original(*args, **kwargs)
        trigger.at("after")
        return result

    return awaited if inspect.iscoroutinefunction(original) else plain


def _wrap_commits(trigger: _Trigger) -> None:
    """On PostgreSQL the driver has a method; the writer of SQLite says COMMIT as a statement."""
    wrapped: Any = _wrapped(psycopg.Connection.commit, trigger)
    psycopg.Connection.commit = wrapped  # type: ignore[method-assign]
    _wrap_statements(trigger, COMMIT)


def _wrap_statements(trigger: _Trigger, words: str) -> None:
    def listener(when: str) -> Callable[..., None]:
        def at(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.lstrip().startswith(words):
                trigger.at(when)

        return at

    sa.event.listen(sa.Engine, "before_cursor_execute", listener("before"))
    sa.event.listen(sa.Engine, "after_cursor_execute", listener("after"))
