"""What the commands that work on a store's own database share: where it is, who acts, how time is shown."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from openaddons.app import open_store
from openaddons.logs import configure_logs
from openaddons.settings import Settings
from openaddons.store.people.invitations import invite_first_administrator
from openaddons.store.people.links import LinkKind, link_url
from openaddons.work.workshop import Workshop

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--data", type=click.Path(path_type=Path), help="Folder of the embedded store (default: data)."
    ),
    click.option("--database", metavar="URL", help="Database, where it is not the embedded one."),
    click.option("--objects", metavar="URL", help="Object store, where it is not the embedded one."),
)


def store_options(command: F) -> F:
    """``--data``, ``--database`` and ``--objects``; the command gets the `Settings` as its first argument."""

    @wraps(command)
    def with_settings(
        *args: Any, data: Path | None, database: str | None, objects: str | None, **rest: Any
    ) -> Any:
        return command(make_settings(data=data, database=database, objects=objects), *args, **rest)

    wrapped: Any = with_settings
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def make_settings(**chosen: Any) -> Settings:
    """The settings from the environment, overridden by what was given on the command line."""
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise click.UsageError("\n".join(lines)) from None


@contextmanager
def opened(settings: Settings) -> Iterator[Workshop]:
    """The store, with logs on standard error from warnings up: a command's output is its own."""
    configure_logs("warning")
    with open_store(settings) as workshop:
        yield workshop


_URL_FILE = "serve.url"


def keep_url(settings: Settings, url: str) -> None:
    """Note where the store serves, so that other commands can print URLs that work."""
    (settings.data / _URL_FILE).write_text(url, encoding="utf-8")


def store_url(settings: Settings) -> str:
    """The store's URL: as set, else where it last served, else where it would."""
    kept = settings.data / _URL_FILE
    if settings.public_url is None and kept.exists():
        return kept.read_text(encoding="utf-8")
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


FIRST_INVITATION = (
    "Nobody has an account yet. Whoever opens this link first becomes its administrator (once, for 7 days):"
)


def first_invitation(workshop: Workshop, url: str) -> str | None:
    """The address with which the first administrator gets an account; None where there are people already."""
    token = workshop.tools.database.run(invite_first_administrator)
    return None if token is None else link_url(url, kind=LinkKind.FIRST, token=token)


def operator() -> str:
    """How events name the person at the command line."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator:{os.getuid()}"


def plain(value: object) -> Any:
    """A value of the store as JSON has it: times in ISO 8601, enums as their text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
