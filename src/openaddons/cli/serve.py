"""``openaddons serve`` and ``openaddons worker``: the processes of a store."""

import asyncio
import gc
import json
import os
from pathlib import Path
from typing import Any

import click

from openaddons.app import open_store
from openaddons.cli.store import (
    FIRST_INVITATION,
    first_invitation,
    keep_url,
    make_settings,
    store_options,
)
from openaddons.logs import configure_logs
from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.work.workshop import Workshop


def _say_ready(url: str, *, as_json: bool, workshop: Workshop) -> None:
    settings = workshop.tools.settings
    keep_url(settings, url)
    first = first_invitation(workshop, url)
    # What is here by now stays: modules, and an offer for every product. No need to look at it again and again.
    gc.collect()
    gc.freeze()
    if as_json:
        facts = {"pid": os.getpid(), "data": str(settings.data), "engine": settings.engine_kind.value}
        text = json.dumps({"url": url} | facts | ({} if first is None else {"invitation": first}))
    else:
        text = f"OpenAddons serves {url} (data in {settings.data}). Ctrl+C stops it."
        if first is not None:
            text += f"\n{FIRST_INVITATION}\n  {first}"
    click.echo(text)


@click.command(short_help="Run the store.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the embedded store (default: data).")
@click.option("--host", metavar="H", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 lets the system choose (default: 8787).")
@click.option(
    "--database", metavar="URL", help="postgresql://… for several processes (default: SQLite in DATA)."
)
@click.option("--objects", metavar="URL", help="Folder or s3://bucket/prefix (default: a folder in DATA).")
@click.option("--engine", type=click.Choice([kind.value for kind in EngineKind]), help="Who does the work.")
@click.option("--public-url", metavar="URL", help="The store's URL as others see it.")
@click.option("--ready-json", is_flag=True, help="Say that the store is ready as one line of JSON.")
def serve(*, ready_json: bool, **chosen: Any) -> None:
    """Run the store: take requests, and on the embedded default carry them out too.

    One line is printed when requests are answered, and as long as nobody has an account, a link to become the
    store's first administrator: a new one at each start. SIGTERM drains: nothing new is accepted (503), what is
    under way ends, then the process does. Every setting can be given as OPENADDONS_<NAME>; docs/settings.md
    lists them.
    """
    import uvloop

    from openaddons.server import listen
    from openaddons.server import serve as run

    settings, listening = listen(make_settings(**chosen))
    configure_logs(settings.log_level)
    with listening, open_store(settings) as workshop:
        ended = uvloop.run(
            run(
                workshop,
                listening,
                on_ready=lambda url: _say_ready(url, as_json=ready_json, workshop=workshop),
            )
        )
    if not ended:
        raise SystemExit(1)


@click.command(short_help="Carry out operations of a store on PostgreSQL.")
@store_options
@click.option("--ready-json", is_flag=True, help="Say that the worker is ready as one line of JSON.")
def worker(settings: Settings, *, ready_json: bool) -> None:
    """Carry out operations: check packages, publish, certify, sign.

    For a store on PostgreSQL; start as many as you like, on as many machines as you like. A worker that dies
    loses nothing: another takes its operations over within a minute. SIGTERM ends what is under way first.
    """
    from openaddons.server import stop_on_signals
    from openaddons.work.postgres import run_worker

    if settings.database_url.startswith("sqlite"):
        raise click.UsageError(
            "Workers need PostgreSQL: give --database postgresql://…. On SQLite, openaddons serve does the work."
        )
    configure_logs(settings.log_level)

    def ready() -> None:
        line = (
            json.dumps({"pid": os.getpid(), "worker": True}) if ready_json else "OpenAddons worker is ready."
        )
        click.echo(line)

    async def work() -> None:
        stopping = asyncio.Event()
        stop_on_signals(stopping)
        await run_worker(
            workshop, settings.database_url, threads=settings.work_threads, ready=ready, stopping=stopping
        )

    with open_store(settings) as workshop:
        asyncio.run(work())
