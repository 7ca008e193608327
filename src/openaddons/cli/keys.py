"""``openaddons key``: API keys and client secrets."""

from datetime import UTC, datetime, timedelta

import click

from openaddons.cli.output import emit, json_option, table
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.settings import Settings
from openaddons.store.publishers import (
    CredentialKind,
    create_credential,
    find_publisher,
    list_credentials,
    revoke_credential,
)

_KINDS = {"api-key": CredentialKind.API_KEY, "client-secret": CredentialKind.CLIENT_SECRET}


@click.group(short_help="API keys and client secrets.")
def key() -> None:
    """API keys and client secrets. Several are valid at once, so that a new one can replace an old one."""


@key.command(short_help="Make a key.")
@click.option("--publisher", "publisher_name", required=True, metavar="P", help="Name, id or client ID.")
@click.option("--kind", type=click.Choice(sorted(_KINDS)), default="api-key", show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), help="Lifetime (default: the store's setting).")
@click.option("--product", "product_id", metavar="ID", help="Let it speak for this product alone.")
@store_options
@json_option
def create(
    settings: Settings,
    *,
    publisher_name: str,
    kind: str,
    days: int | None,
    product_id: str | None,
    as_json: bool,
) -> None:
    """Make an API key or a client secret. It is shown now and never again."""
    lifetime = timedelta(days=days or settings.key_days)
    with opened(settings) as workshop:
        database = workshop.tools.database
        owner = database.read(find_publisher, name_or_id=publisher_name)
        made, secret = database.run(
            create_credential,
            publisher=owner,
            kind=_KINDS[kind],
            lifetime=lifetime,
            product_id=product_id,
            actor=operator(),
        )
    answer = {
        "key_id": made.id,
        "kind": kind,
        "client_id": made.client_id,
        "secret": secret,
        "product_id": made.product_id,
        "expires_time": plain(made.expires_time),
    }
    text = (
        f"{secret}\n\nThis {kind} for client ID {made.client_id} is not shown again. It ends on "
        f"{made.expires_time:%Y-%m-%d}; openaddons key revoke {made.id} ends it at once."
    )
    emit(answer, as_json=as_json, text=text)


@key.command("list", short_help="List keys.")
@click.option("--publisher", "publisher_name", metavar="P", help="Of this publisher alone.")
@store_options
@json_option
def list_(settings: Settings, *, publisher_name: str | None, as_json: bool) -> None:
    """List keys with their state (valid, expired or revoked) and last use. The secrets themselves are not kept."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        owner = publisher_name and database.read(find_publisher, name_or_id=publisher_name)
        found = database.read(list_credentials, publisher=owner or None)
    now = datetime.now(UTC)
    rows = [("KEY", "KIND", "HINT", "STATE", "ENDS", "LAST USED", "PRODUCT")]
    rows += [
        (
            each.id,
            each.kind.value.replace("_", "-"),
            each.hint,
            each.state(now),
            f"{each.expires_time:%Y-%m-%d}",
            f"{each.last_used_time:%Y-%m-%d %H:%M} UTC" if each.last_used_time else "never",
            each.product_id or "all",
        )
        for each in found
    ]
    answer = {"keys": [plain(each) | {"state": each.state(now)} for each in found]}
    emit(answer, as_json=as_json, text=table(rows, empty="There is no key. Make one: openaddons key create"))


@key.command(short_help="End a key now.")
@click.argument("key_id")
@store_options
@json_option
def revoke(settings: Settings, *, key_id: str, as_json: bool) -> None:
    """End the key with that id now. A running store refuses it within two seconds."""
    with opened(settings) as workshop:
        ended = workshop.tools.database.run(revoke_credential, credential_id=key_id, actor=operator())
    emit(plain(ended), as_json=as_json, text=f"Key {ended.id} ({ended.hint}) is revoked.")
