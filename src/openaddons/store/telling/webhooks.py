"""Webhooks: where a publisher's events are posted to, and the secrets that sign them (Standard Webhooks).

A webhook is disabled by its publisher, by answering 410, or by taking nothing for three days.
"""

import base64
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa

from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.ids import new_guid
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Transaction
from openaddons.store.tables import deliveries, webhooks
from openaddons.store.telling.outbox import TYPES, DeliveryState, queue_post

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every such secret begins with
URL_CHARACTERS: Final = 2000
_SECRET_BYTES: Final = 32  # Standard Webhooks: 24 to 64
_WEBHOOKS_LIMIT: Final = 20


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a publisher's events are posted to: never with its secret."""

    id: str
    publisher_id: str
    url: str
    types: list[str]
    """Those that it is told; none: all."""
    former_secret_until: datetime | None
    created_time: datetime
    last_success_time: datetime | None
    disabled_time: datetime | None
    disabled_reason: str | None


_COLUMNS: Final = tuple(webhooks.c[name] for name in Webhook.__slots__)


def check_url(url: str, *, private_addresses: bool) -> str:
    """The URL of a webhook. Raises `ValueRefused`.

    What a name's addresses are is asked each time before it is posted to; an address in the URL is judged now.
    """
    problem = None
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        problem = "it is no URL."
    else:
        schemes = ("https", "http") if private_addresses else ("https",)
        if not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_CHARACTERS:
            problem = f"at most {URL_CHARACTERS:,} printable ASCII characters are taken."
        elif parts.scheme not in schemes:
            problem = f"it must begin with {schemes[0]}://."
        elif not host or port == 0 or "@" in parts.netloc or parts.fragment:
            problem = "a host is needed, and no user name, password or fragment."
        elif not private_addresses and not _may_be_public(host):
            problem = f"{host} is not a public address."
    if problem is not None:
        raise ValueRefused(name="url", problem=problem)
    return url


def _may_be_public(host: str) -> bool:
    """False for an address that is not public; what is a name is not known here."""
    try:
        return is_public(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".internal", ".local"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet. Raises `ValueError` for what is none.

    IANA's registries of special-purpose addresses (RFC 6890) say so. Of IPv6 only 2000::/3 is given out; what
    carries an IPv4 address inside (mapped, 6to4, Teredo, NAT64) might come out anywhere.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        carries = parsed.ipv4_mapped or parsed.sixtofour or parsed.teredo
        if carries or parsed not in _GIVEN_OUT or parsed.scope_id is not None:
            return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


_GIVEN_OUT: Final = ipaddress.IPv6Network("2000::/3")


def _check_types(types: Sequence[str]) -> list[str]:
    for name in types:
        if name not in TYPES:
            raise ValueRefused(name="types", problem=f"there is no type {name[:64]!r}.")
    return sorted(set(types))


def create_webhook(
    tx: Transaction,
    *,
    publisher_id: str,
    url: str,
    types: Sequence[str],
    private_addresses: bool,
    master_key: MasterKey,
    actor: str,
) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is shown now and never again. Raises `ValueRefused`."""
    if len(list_webhooks(tx, publisher_id=publisher_id)) >= _WEBHOOKS_LIMIT:
        raise ValueRefused(name="url", problem=f"there are {_WEBHOOKS_LIMIT} webhooks already. Delete one.")
    webhook_id, secret = new_guid(), make_secret()
    tx.execute(
        webhooks.insert(),
        {
            "id": webhook_id,
            "publisher_id": publisher_id,
            "url": check_url(url, private_addresses=private_addresses),
            "types": _check_types(types),
            "secret": master_key.seal(secret.encode(), context=webhook_id),
            "created_time": tx.now,
        },
    )
    webhook = read_webhook(tx, publisher_id=publisher_id, webhook_id=webhook_id)
    _record(tx, "created", webhook, actor=actor, types=webhook.types)
    return webhook, secret


def make_secret() -> str:
    """A fresh secret in the form that receivers' libraries read."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def list_webhooks(tx: Transaction, *, publisher_id: str) -> list[Webhook]:
    """A publisher's webhooks, oldest first."""
    query = sa.select(*_COLUMNS).where(webhooks.c.publisher_id == publisher_id)
    rows = tx.execute(query.order_by(webhooks.c.created_time, webhooks.c.id)).mappings()
    return [Webhook(**row) for row in rows]


def read_webhook(tx: Transaction, *, publisher_id: str, webhook_id: str) -> Webhook:
    """A publisher's webhook. Raises `NotKnown`."""
    row = tx.one_or_none(
        sa.select(*_COLUMNS).where(webhooks.c.id == webhook_id, webhooks.c.publisher_id == publisher_id)
    )
    if row is None:
        raise NotKnown(noun="webhook", id=webhook_id)
    return Webhook(**row)


def change_webhook(
    tx: Transaction,
    *,
    webhook: Webhook,
    url: str | None = None,
    types: Sequence[str] | None = None,
    enabled: bool | None = None,
    private_addresses: bool,
    actor: str,
) -> Webhook:
    """Change what is given of a webhook; None leaves it. Raises `ValueRefused`."""
    values: dict[str, Any] = {}
    if url is not None:
        values["url"] = check_url(url, private_addresses=private_addresses)
    if types is not None:
        values["types"] = _check_types(types)
    if enabled:
        values |= {"disabled_time": None, "disabled_reason": None}
    if values:
        tx.execute(webhooks.update().where(webhooks.c.id == webhook.id).values(values))
        _record(tx, "changed", webhook, actor=actor, changed=sorted(values))
    if enabled is False:
        disable_webhook(tx, webhook_id=webhook.id, reason="its publisher disabled it", actor=actor)
    return read_webhook(tx, publisher_id=webhook.publisher_id, webhook_id=webhook.id)


def disable_webhook(tx: Transaction, *, webhook_id: str, reason: str, actor: str) -> None:
    """Post nothing to a webhook any more; what was pending has failed. Twice changes nothing."""
    row = tx.one_or_none(
        webhooks.update()
        .where(webhooks.c.id == webhook_id, webhooks.c.disabled_time.is_(None))
        .values(disabled_time=tx.now, disabled_reason=reason)
        .returning(*_COLUMNS)
    )
    if row is None:
        return
    tx.execute(
        deliveries.update()
        .where(deliveries.c.webhook_id == webhook_id, deliveries.c.state == DeliveryState.PENDING)
        .values(state=DeliveryState.FAILED, answer=f"The webhook was disabled: {reason}.", leased_until=None)
    )
    _record(tx, "disabled", Webhook(**row), actor=actor, reason=reason)


def rotate_secret(
    tx: Transaction, *, webhook: Webhook, overlap: timedelta, master_key: MasterKey, actor: str
) -> str:
    """A new secret, which is shown now and never again. Until the overlap is over the former one signs too."""
    secret = make_secret()
    tx.execute(
        webhooks.update()
        .where(webhooks.c.id == webhook.id)
        .values(
            former_secret=webhooks.c.secret,
            former_secret_until=tx.now + overlap,
            secret=master_key.seal(secret.encode(), context=webhook.id),
        )
    )
    _record(tx, "rotated", webhook, actor=actor, overlap_seconds=overlap.total_seconds())
    return secret


def read_secrets(tx: Transaction, *, webhook_id: str, master_key: MasterKey) -> list[str]:
    """What signs now: the secret, and the former one while their times overlap. Raises `KeyUnusable`."""
    row = tx.execute(
        sa.select(webhooks.c.secret, webhooks.c.former_secret, webhooks.c.former_secret_until).where(
            webhooks.c.id == webhook_id
        )
    ).one()
    sealed = [row.secret]
    if row.former_secret is not None and row.former_secret_until > tx.now:
        sealed.append(row.former_secret)
    return [master_key.unseal(each, context=webhook_id).decode() for each in sealed]


def delete_webhook(tx: Transaction, *, webhook: Webhook, actor: str) -> None:
    """Forget a webhook and what was delivered to it."""
    tx.execute(deliveries.delete().where(deliveries.c.webhook_id == webhook.id))
    if tx.execute(webhooks.delete().where(webhooks.c.id == webhook.id)).rowcount:
        _record(tx, "deleted", webhook, actor=actor)


def try_webhook(tx: Transaction, *, webhook: Webhook, actor: str) -> str:
    """Post an event that says nothing, to try a webhook out. Returns the id of the delivery.

    Raises `TransitionRefused` when it is disabled.
    """
    check_enabled(webhook, verb="posting to it")
    number = _record(tx, "tested", webhook, actor=actor)
    return queue_post(tx, webhook_id=webhook.id, event_number=number)


def check_enabled(webhook: Webhook, *, verb: str) -> None:
    """Raises `TransitionRefused` when the webhook is disabled."""
    if webhook.disabled_time is not None:
        raise TransitionRefused(
            noun="webhook", id=webhook.id, state="disabled", verb=verb, needs="it to be enabled"
        )


def _record(tx: Transaction, verb: str, webhook: Webhook, *, actor: str, **facts: Any) -> int:
    """Record what was done to a webhook: with its host alone, for the rest of its URL may be a secret."""
    return tx.record(
        f"webhook.{verb}",
        actor=actor,
        publisher_id=webhook.publisher_id,
        subject=webhook.id,
        host=urlsplit(webhook.url).hostname,
        **facts,
    )
