"""``openaddons policy``: what makes managed browsers install add-ons of this store."""

from pathlib import Path

import click

from openaddons.cli.output import one_line, say
from openaddons.cli.store import opened, store_options
from openaddons.errors import NotKnown
from openaddons.settings import Settings, ring_update_url
from openaddons.store.offered import announced_update_url
from openaddons.store.offers import list_rings
from openaddons.store.products import Product, find_product
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.surfaces.storefront.policy import (
    CONDITIONS,
    Browser,
    Entry,
    Format,
    Mode,
    NotInForcelist,
    System,
    make_policy,
)


@click.command(short_help="Make the policy that installs add-ons in managed browsers.")
@click.argument("products", metavar="PRODUCT...", nargs=-1, required=True)
@click.option("--browser", type=click.Choice([each.value for each in Browser]), required=True)
@click.option("--os", "system", type=click.Choice([each.value for each in System]), required=True)
@click.option(
    "--mode",
    type=click.Choice([Mode.FORCE.value, Mode.NORMAL.value]),
    default=Mode.FORCE.value,
    help="Whether users may switch them off: not (force_installed, the default) or so (normal_installed).",
)
@click.option("--ring", default="", metavar="R", help="For browsers of this ring.")
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    default=Format.FILE.value,
    help="The file (default), the value of ExtensionSettings, or entries of ExtensionInstallForcelist.",
)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@store_options
def policy(
    settings: Settings,
    *,
    products: tuple[str, ...],
    browser: str,
    system: str,
    mode: str,
    ring: str,
    form: str,
    output: Path | None,
) -> None:
    """Make the policy by which a browser installs these products and updates them from this store.

    Name all products of a machine in one go: of two files that set the same policy, browsers heed one.
    A blocked product is given as removed, so that browsers drop it. The policy goes to standard output, and
    where to put it is said on standard error.
    """
    if form == Format.FORCELIST and ring:
        raise click.UsageError(
            "ExtensionInstallForcelist cannot keep browsers in a ring: after the first installation they ask at the "
            "URL in the package. Leave out --format forcelist."
        )
    with opened(settings) as workshop:
        found, update_url = workshop.tools.database.read(
            _look_up, products=products, ring=ring, settings=settings
        )
    entries = [
        Entry(each.crx_id, Mode.REMOVED if each.state is ProductState.BLOCKED else Mode(mode), update_url)
        for each in found
    ]
    try:
        made = make_policy(entries, browser=Browser(browser), system=System(system), form=Format(form))
    except NotInForcelist as reason:
        raise click.UsageError(
            f"ExtensionInstallForcelist: {reason}. Leave out --format forcelist."
        ) from None
    if output is None:
        click.echo(made.text.encode(), nl=False)  # as bytes: a .reg file has line ends of its own
    else:
        output.write_bytes(made.text.encode())
    for each in found:
        if each.state is ProductState.BLOCKED:
            say(f"{one_line(each.name)} is blocked: browsers remove it.", err=True)
        elif each.quarantined:
            say(f"{one_line(each.name)} is in quarantine: browsers install it once that is lifted.", err=True)
        elif not each.served:
            say(f"{one_line(each.name)} is not in the store: browsers install it once it is.", err=True)
    say(f"{made.hint}\n{CONDITIONS[System(system)]}", err=True)


def _look_up(
    tx: Transaction, *, products: tuple[str, ...], ring: str, settings: Settings
) -> tuple[list[Product], str]:
    """The products, each once, and the URL at which their browsers ask."""
    if ring and ring not in {each.name for each in list_rings(tx)}:
        raise NotKnown(noun="ring", id=ring)
    found = {each.id: each for each in (find_product(tx, id_or_crx_id=name) for name in products)}
    # Where the store was last served: this process may have been told less than the one that serves.
    update_url = announced_update_url(tx) or settings.update_url()
    return list(found.values()), ring_update_url(update_url, ring)
