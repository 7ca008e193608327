"""The Publish API page: what a publishing tool needs to know, the keys that it uses, and calls to copy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from openaddons.errors import NotKnown, ValueRefused
from openaddons.ids import read_guid
from openaddons.settings import Settings
from openaddons.store.products import product_names
from openaddons.store.publishers import (
    Credential,
    CredentialKind,
    Publisher,
    create_credential,
    find_credential,
    list_credentials,
    revoke_credential,
    rotate_credential,
)
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.signing_in import problems

KINDS: Final[Mapping[CredentialKind, str]] = {
    CredentialKind.API_KEY: "API key",
    CredentialKind.CLIENT_SECRET: "Client secret",
}
DAYS_LIMIT: Final = 3650
OVERLAPS: Final[Mapping[int, str]] = {0: "at once", 24: "in a day", 168: "in a week", 720: "in 30 days"}
"""When the old key ends that a new one replaces, by hours."""
_NAMES_LIMIT: Final = 100
_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_SCOPE: Final = "https://api.addons.microsoftedge.microsoft.com/.default"  # what Microsoft's clients send


@dataclass(frozen=True, slots=True)
class Calls:
    """Lines for a shell."""

    id: str
    title: str
    lines: str


@dataclass(frozen=True, slots=True)
class NewSecret:
    """What was just made, and is shown this once."""

    credential: Credential
    secret: str


def token_url(settings: Settings, publisher: Publisher) -> str:
    """Where access tokens are had for a client secret."""
    return f"{settings.base_url}/{publisher.tenant_id}/oauth2/v2.0/token"


def calls(settings: Settings, publisher: Publisher, *, product_id: str) -> tuple[Calls, Calls]:
    """A publish from upload to status, once with either generation of credentials. Secrets are left to the shell."""
    api_key = (
        f'AUTH=(-H "Authorization: ApiKey $EDGE_ADDONS_API_KEY" -H "X-ClientID: {publisher.client_id}")',
    )
    token = (
        f"TOKEN=$(curl -s {token_url(settings, publisher)} \\",
        f"  -d grant_type=client_credentials -d client_id={publisher.client_id} \\",
        f'  -d client_secret="$EDGE_ADDONS_CLIENT_SECRET" -d scope={_SCOPE} \\',
        "  | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')",
        'AUTH=(-H "Authorization: Bearer $TOKEN")',
    )
    submissions = f"{settings.base_url}/v1/products/{product_id}/submissions"
    publish = (
        f"SUBMISSIONS={submissions}",
        "",
        "# Upload the package. Location names the operation.",
        'curl -i "${AUTH[@]}" -H "Content-Type: application/zip" --data-binary @package.zip \\',
        '  "$SUBMISSIONS/draft/package"',
        'curl "${AUTH[@]}" "$SUBMISSIONS/draft/package/operations/$OPERATION"',
        "",
        "# Publish the draft.",
        'curl -i "${AUTH[@]}" --data "Notes for certification" "$SUBMISSIONS"',
        'curl "${AUTH[@]}" "$SUBMISSIONS/operations/$OPERATION"',
    )
    return (
        Calls("calls-api-key", "With an API key", "\n".join((*api_key, *publish))),
        Calls("calls-token", "With a client secret", "\n".join((*token, *publish))),
    )


def _read(tx: Transaction, *, publisher: Publisher) -> tuple[list[Credential], dict[str, str]]:
    keys = list_credentials(tx, publisher=publisher)
    return keys, product_names(tx, publisher_id=publisher.id, limit=_NAMES_LIMIT)


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, *, refused: ValueRefused | None = None, made: NewSecret | None = None) -> Html:
    publisher = _publisher(visit)
    keys, names = visit.read(_read, publisher=publisher)
    now = visit.database.clock.now()
    values = {
        "keys": sorted(keys, key=lambda each: (each.state(now) != "valid", each.created_time)),
        "kinds": KINDS,
        "names": names,
        "overlaps": OVERLAPS,
        "made": made,
        "api": visit.settings.base_url,
        "token_url": token_url(visit.settings, publisher),
        "calls": calls(visit.settings, publisher, product_id=next(iter(names), "PRODUCT_ID")),
        "typed": {
            "kind": visit.form["kind"] or CredentialKind.API_KEY.value,
            "days": visit.form["days"] or str(visit.settings.key_days),
            "product": visit.form["product"],
        },
        "problems": problems(refused),
    }
    return Html("keys/api.html", values, 200 if refused is None else 400)


def _publisher(visit: Visit) -> Publisher:
    assert visit.publisher is not None
    return visit.publisher


def _kind(visit: Visit) -> CredentialKind:
    if visit.form["kind"] not in [*CredentialKind]:
        raise ValueRefused(name="kind", problem="choose one.")
    return CredentialKind(visit.form["kind"])


def _days(visit: Visit) -> int:
    text = visit.form["days"]
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= DAYS_LIMIT:
        raise ValueRefused(name="days", problem=f"a whole number from 1 to {DAYS_LIMIT:,} is needed.")
    return int(text)


def _product_id(visit: Visit) -> str | None:
    text = visit.form["product"]
    product_id = read_guid(text)
    if text and product_id is None:
        raise ValueRefused(name="product", problem="that is no product ID.")
    return product_id


def _create(visit: Visit) -> Answer:
    try:
        made = visit.run(
            create_credential,
            publisher=_publisher(visit),
            kind=_kind(visit),
            lifetime=timedelta(days=_days(visit)),
            product_id=_product_id(visit),
            actor=visit.actor,
        )
    except NotKnown:
        return _page(
            visit, refused=ValueRefused(name="product", problem="the publisher has no such product.")
        )
    except ValueRefused as refused:
        return _page(visit, refused=refused)
    return _page(visit, made=NewSecret(*made))


def _rotate(visit: Visit) -> Answer:
    hours = visit.form["overlap"]
    chosen = int(hours) if _NUMBER.fullmatch(hours) else -1
    if chosen not in OVERLAPS:
        raise ValueRefused(name="overlap", problem="choose when the old one ends.")
    return _page(visit, made=NewSecret(*visit.run(_rotated, visit=visit, overlap=timedelta(hours=chosen))))


def _rotated(tx: Transaction, *, visit: Visit, overlap: timedelta) -> tuple[Credential, str]:
    publisher = _publisher(visit)
    return rotate_credential(
        tx,
        publisher=publisher,
        old=find_credential(tx, publisher=publisher, credential_id=visit.path["key_id"]),
        overlap=overlap,
        lifetime=timedelta(days=visit.settings.key_days),
        actor=visit.actor,
    )


def _revoke(visit: Visit) -> Answer:
    visit.run(_revoked, visit=visit)
    return Redirect(f"/dashboard/publishers/{_publisher(visit).id}/api", notice="key-revoked")


def _revoked(tx: Transaction, *, visit: Visit) -> None:
    own = find_credential(tx, publisher=_publisher(visit), credential_id=visit.path["key_id"])
    revoke_credential(tx, credential_id=own.id, actor=visit.actor)


_PATH: Final = "/publishers/{publisher_id}/api"

PAGES: Final = (
    Page("publish api", "GET", _PATH, Who.OWNER, _show),
    Page("create key", "POST", _PATH, Who.OWNER, _create),
    Page("rotate key", "POST", _PATH + "/{key_id}/rotate", Who.OWNER, _rotate),
    Page("revoke key", "POST", _PATH + "/{key_id}/revoke", Who.OWNER, _revoke),
)
