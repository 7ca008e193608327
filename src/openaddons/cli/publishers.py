"""``openaddons publisher``: the accounts that own products."""

from datetime import timedelta

import click

from openaddons.cli.output import emit, json_option, table
from openaddons.cli.store import opened, operator, plain, store_options, store_url
from openaddons.settings import Settings
from openaddons.store.publishers import (
    CredentialKind,
    Publisher,
    create_credential,
    create_publisher,
    find_publisher,
    list_publishers,
)
from openaddons.store.session import Transaction


@click.group(short_help="The accounts that own products.")
def publisher() -> None:
    """Publishers: the accounts that own products and hold keys."""


def token_url(settings: Settings, tenant_id: str) -> str:
    """Where a client secret is exchanged for an access token."""
    return f"{store_url(settings)}/{tenant_id}/oauth2/v2.0/token"


def _create(tx: Transaction, *, name: str, lifetime: timedelta, actor: str) -> tuple[Publisher, str, str]:
    made = create_publisher(tx, name=name, actor=actor)
    _, key = create_credential(
        tx, publisher=made, kind=CredentialKind.API_KEY, lifetime=lifetime, actor=actor
    )
    _, secret = create_credential(
        tx, publisher=made, kind=CredentialKind.CLIENT_SECRET, lifetime=lifetime, actor=actor
    )
    return made, key, secret


@publisher.command(short_help="Make a publisher with credentials.")
@click.argument("name")
@store_options
@json_option
def create(settings: Settings, *, name: str, as_json: bool) -> None:
    """Make a publisher NAME with a client ID, an API key and a client secret.

    The key and the secret are shown now and never again: the store keeps only their hashes.
    """
    with opened(settings) as workshop:
        made, key, secret = workshop.tools.database.run(
            _create, name=name, lifetime=timedelta(days=settings.key_days), actor=operator()
        )
    answer = {
        "publisher_id": made.id,
        "name": made.name,
        "client_id": made.client_id,
        "api_key": key,
        "client_secret": secret,
        "tenant_id": made.tenant_id,
        "token_url": token_url(settings, made.tenant_id),
    }
    text = (
        f"Publisher {made.name!r} is made. Keep the key and the secret: they are not shown again.\n\n"
        + "\n".join(f"  {label:<14} {value}" for label, value in answer.items() if label != "name")
        + f"\n\nBoth end in {settings.key_days} days; openaddons key create makes new ones beside them."
    )
    emit(answer, as_json=as_json, text=text)


@publisher.command("list", short_help="List publishers.")
@store_options
@json_option
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every publisher."""
    with opened(settings) as workshop:
        found = workshop.tools.database.read(list_publishers)
    rows = [("NAME", "PUBLISHER", "CLIENT ID", "TENANT")]
    rows += [(each.name, each.id, each.client_id, each.tenant_id) for each in found]
    emit(
        {"publishers": plain(found)},
        as_json=as_json,
        text=table(rows, empty="There is no publisher yet. Make one: openaddons publisher create NAME"),
    )


@publisher.command(short_help="Show a publisher.")
@click.argument("name_or_id")
@store_options
@json_option
def show(settings: Settings, *, name_or_id: str, as_json: bool) -> None:
    """Show the publisher of that name, id or client ID."""
    with opened(settings) as workshop:
        found = workshop.tools.database.read(find_publisher, name_or_id=name_or_id)
    answer = {
        "publisher_id": found.id,
        "name": found.name,
        "client_id": found.client_id,
        "tenant_id": found.tenant_id,
        "token_url": token_url(settings, found.tenant_id),
        "created_time": plain(found.created_time),
    }
    emit(answer, as_json=as_json, text="\n".join(f"{label:<14} {value}" for label, value in answer.items()))
