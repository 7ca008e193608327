"""``openaddons ring``: groups of browsers that get releases first."""

from typing import Any

import click

from openaddons.cli.output import emit, json_option, table
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.settings import Settings, ring_update_url
from openaddons.store.offered import announced_update_url
from openaddons.store.offers import Ring, create_ring, list_rings
from openaddons.store.session import Transaction


@click.group(short_help="Rings: browsers that get releases first.")
def ring() -> None:
    """Rings: groups of browsers that get releases first, because their policy names another update URL."""


def update_url(tx: Transaction, settings: Settings) -> str:
    """Where browsers ask for updates: where the store was last served, else where it would be."""
    return announced_update_url(tx) or settings.update_url()


def _answer(found: Ring, url: str) -> dict[str, Any]:
    answer: dict[str, Any] = plain(found)
    return answer | {"update_url": ring_update_url(url, found.name)}


@ring.command(short_help="Make a ring.")
@click.argument("name")
@store_options
@json_option
def create(settings: Settings, *, name: str, as_json: bool) -> None:
    """Make a ring NAME and show the update URL that puts a browser into it."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        made = database.run(create_ring, name=name, actor=operator())
        answer = _answer(made, database.read(update_url, settings))
    text = (
        f"Ring {made.name} is made. Browsers whose policy has this update URL, with override_update_url, are in "
        f"it:\n\n  {answer['update_url']}\n\nLet it get a product's releases first: "
        f"openaddons product rings PRODUCT --first {made.name}"
    )
    emit(answer, as_json=as_json, text=text)


@ring.command("list", short_help="List rings.")
@store_options
@json_option
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every ring with its update URL."""
    with opened(settings) as workshop:
        found = workshop.tools.database.read(list_rings)
        url = workshop.tools.database.read(update_url, settings)
    rows = [("RING", "UPDATE URL")]
    rows += [(each.name, ring_update_url(url, each.name)) for each in found]
    emit(
        {"rings": [_answer(each, url) for each in found]},
        as_json=as_json,
        text=table(rows, empty="There is no ring yet. Make one: openaddons ring create NAME"),
    )
