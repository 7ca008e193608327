"""``openaddons check-credentials``: whether the store takes them, found out without changing anything."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final

import click

from openaddons.cli.publishing.by_click import EXIT_CODES, publishing_command
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.steps import Run
from openaddons.client import ApiKey, EdgeAddonsError, Key, NotFound

_LIFETIME_DAYS: Final = 72
"""How long Microsoft's API keys live; OpenAddons makes them so too unless told otherwise."""
_WARNED_DAYS: Final = 7


@click.command("check-credentials", epilog=EXIT_CODES)
@click.option(
    "--key-created",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help=f"When the key was made; from {_LIFETIME_DAYS - _WARNED_DAYS} days on, its end is warned of.",
)
@publishing_command
def check_credentials(run: Run, *, key_created: datetime | None) -> Ending:
    """Say whether the store accepts the credentials, and knows the product; nothing is changed.

    It also says where each setting was found, and where the store is OpenAddons, when its keys expire.
    """
    product_id = run.destination.product_id
    checked = run.store.check_credentials(product_id)
    if checked.product_known is False:
        raise NotFound(
            f"The store accepts the credentials, but has no product {product_id} for them.",
            advice="Check the product ID, and that the credentials belong to the product's publisher.",
        )
    known = (
        f"knows product {product_id}" if checked.product_known else f"says nothing of product {product_id}"
    )
    end, whose = _first_end(run) if key_created is None else (_end_of(key_created), "The key")
    return Ending(
        "credentials_accepted",
        f"The store at {run.destination.base_url} accepts the credentials and {known}.",
        _advice(whose, end, today=datetime.now(UTC).date()),
        details=run.destination.places,
        facts={"product_known": checked.product_known, "expires": None if end is None else end.isoformat()},
    )


def _end_of(key_created: datetime) -> date:
    return key_created.date() + timedelta(days=_LIFETIME_DAYS)


def _first_end(run: Run) -> tuple[date | None, str]:
    """When the first of the publisher's valid credentials of this kind ends, and which one that is, in words.

    The store does not say which of them was used. None where it says nothing of them.
    """
    kind = "apiKey" if isinstance(run.destination.credentials, ApiKey) else "clientSecret"
    now = datetime.now(UTC)
    keys: tuple[Key, ...] = ()
    # A store of another make has no such list, and a key for one product may not see it.
    with suppress(EdgeAddonsError):
        keys = run.store.keys()
    ends = [
        key.expires_time
        for key in keys
        if key.kind == kind and key.revoked_time is None and key.expires_time and key.expires_time > now
    ]
    if not ends:
        return None, ""
    return min(ends).date(), "The key" if len(ends) == 1 else f"The first of the publisher's {len(ends)} keys"


def _advice(whose: str, end: date | None, *, today: date) -> str:
    if end is None:
        return f"Microsoft's keys live {_LIFETIME_DAYS} days; --key-created DATE warns before the end."
    left_days = (end - today).days
    if left_days > _WARNED_DAYS:
        return f"{whose} ends on {end}, in {left_days} days."
    when = f"ends on {end}, in {left_days} days" if left_days >= 0 else f"ended on {end}, by that date"
    return f"warning: {whose} {when}. Make a new one and put it in its place."
