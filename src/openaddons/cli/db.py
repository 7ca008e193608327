"""``openaddons db``: the schema of the store's database."""

import asyncio

import click

from openaddons.cli.output import emit, json_option
from openaddons.cli.store import store_options
from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.store.schema import HEAD, current_revision, upgrade


@click.group(short_help="The store's database.")
def db() -> None:
    """The schema of the store's database."""


@db.command("upgrade", short_help="Bring the schema up to date.")
@store_options
@json_option
def upgrade_(settings: Settings, *, as_json: bool) -> None:
    """Bring the database to this program's schema. Doing it twice changes nothing."""
    settings.data.mkdir(parents=True, exist_ok=True)
    before = current_revision(settings.database_url)
    upgrade(settings.database_url)
    if settings.engine_kind is EngineKind.QUEUE:
        from openaddons.work.postgres import install_queue

        asyncio.run(install_queue(settings.database_url))
    emit(
        {"before": before, "after": HEAD},
        as_json=as_json,
        text=f"The schema is {HEAD}."
        if before == HEAD
        else f"The schema went from {before or 'nothing'} to {HEAD}.",
    )


@db.command(short_help="Show the schema's state.")
@store_options
@json_option
def show(settings: Settings, *, as_json: bool) -> None:
    """Say which schema the database has and which this program needs."""
    found = current_revision(settings.database_url)
    emit(
        {"found": found, "needed": HEAD},
        as_json=as_json,
        text=f"The database has schema {found or 'none'}; this program needs {HEAD}.",
    )
