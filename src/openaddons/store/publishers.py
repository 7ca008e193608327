"""Publishers, their client IDs, and the API keys and client secrets that speak for them."""

import secrets
import string
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.ids import new_guid
from openaddons.store.session import Transaction
from openaddons.store.tables import clients, credentials, products, publishers

_ALPHABET: Final = string.ascii_letters + string.digits
_RANDOM_CHARACTERS: Final = 43  # 62 ** 43 is more than 2 ** 256
_NAME_CHARACTERS_LIMIT: Final = 200
_EXPIRY_NOTICE: Final = timedelta(days=7)


class CredentialKind(StrEnum):
    """What a credential is used for, and the prefix that secret scanners find it by."""

    API_KEY = "api_key"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a kind

    @property
    def prefix(self) -> str:
        """The fixed beginning of such a secret."""
        return {"api_key": "oak_", "client_secret": "oas_"}[self.value]


@dataclass(frozen=True, slots=True)
class Publisher:
    """The account that owns products."""

    id: str
    name: str
    tenant_id: str
    client_id: str
    created_time: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or client secret as it can be shown: never the secret itself."""

    id: str
    client_id: str
    kind: CredentialKind
    hint: str
    product_id: str | None
    created_time: datetime
    expires_time: datetime
    revoked_time: datetime | None
    last_used_time: datetime | None
    """To the minute."""

    def state(self, now: datetime) -> str:
        """``valid``, ``expired`` or ``revoked``."""
        if self.revoked_time is not None:
            return "revoked"
        return "valid" if now < self.expires_time else "expired"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: a client of a publisher, by one credential, perhaps for one product alone."""

    publisher_id: str
    client_id: str
    credential_id: str
    scope_product_id: str | None
    expires_time: datetime

    @property
    def actor(self) -> str:
        """How events name it."""
        return f"client:{self.client_id}/{self.credential_id[:8]}"

    def may_touch(self, product_id: str) -> bool:
        """Whether the credential's scope covers the product."""
        return self.scope_product_id in {None, product_id}


def make_secret(kind: CredentialKind) -> str:
    """A fresh secret: prefix, 256 random bits and a checksum, all of letters, digits and ``_``.

    No character needs quoting in a shell, a form or a header: Microsoft's keys hold ``$`` and ``!``, and
    that is a common support case.
    """
    body = kind.prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return body + _checksum(body)


def is_well_formed(secret: str, kind: CredentialKind) -> bool:
    """Whether the text has the form and the checksum of a secret of that kind."""
    return secret.isascii() and secret.startswith(kind.prefix) and _checksum(secret[:-6]) == secret[-6:]


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("utf-8", "replace")), ""
    for _ in range(6):
        number, rest = divmod(number, len(_ALPHABET))
        digits += _ALPHABET[rest]
    return digits


def digest_of(secret: str) -> str:
    """How a secret is kept: 256 random bits need no slow hash (performance.md section 2)."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def create_publisher(
    tx: Transaction, *, name: str, actor: str, correlation_id: str | None = None
) -> Publisher:
    """A new publisher with its client ID. Raises `ValueRefused` for a name that is empty, long or taken."""
    name = name.strip()
    if not 0 < len(name) <= _NAME_CHARACTERS_LIMIT:
        raise ValueRefused(name="name", problem=f"must have 1 to {_NAME_CHARACTERS_LIMIT} characters.")
    if tx.one_or_none(sa.select(publishers.c.id).where(publishers.c.name == name)) is not None:
        raise ValueRefused(name="name", problem=f"there is a publisher {name!r} already.")
    publisher = Publisher(
        id=new_guid(), name=name, tenant_id=new_guid(), client_id=new_guid(), created_time=tx.now
    )
    tx.execute(
        publishers.insert(),
        {"id": publisher.id, "name": name, "tenant_id": publisher.tenant_id, "created_time": tx.now},
    )
    tx.execute(
        clients.insert(), {"id": publisher.client_id, "publisher_id": publisher.id, "created_time": tx.now}
    )
    tx.record(
        "publisher.created",
        actor=actor,
        publisher_id=publisher.id,
        subject=publisher.id,
        correlation_id=correlation_id,
        name=name,
    )
    return publisher


def find_publisher(tx: Transaction, *, name_or_id: str) -> Publisher:
    """The publisher of that id, client ID or name. Raises `NotKnown`."""
    row = tx.one_or_none(
        sa.select(publishers, clients.c.id.label("client_id"))
        .join(clients, clients.c.publisher_id == publishers.c.id)
        .where(
            sa.or_(
                publishers.c.id == name_or_id.lower(),
                publishers.c.name == name_or_id,
                clients.c.id == name_or_id.lower(),
            )
        )
    )
    if row is None:
        raise NotKnown(noun="publisher", id=name_or_id)
    return Publisher(**row)


def read_publisher(tx: Transaction, *, client_id: str) -> Publisher:
    """The publisher that has that client ID, which there must be."""
    query = sa.select(publishers, clients.c.id.label("client_id")).join(clients)
    return Publisher(**tx.execute(query.where(clients.c.id == client_id)).mappings().one())


def publisher_of_id(tx: Transaction, *, publisher_id: str) -> Publisher | None:
    """The publisher of that id, and of no such name."""
    query = sa.select(publishers, clients.c.id.label("client_id")).join(clients)
    row = tx.one_or_none(query.where(publishers.c.id == publisher_id))
    return None if row is None else Publisher(**row)


def publishers_of_ids(tx: Transaction, *, publisher_ids: Collection[str]) -> list[Publisher]:
    """These publishers, by name."""
    query = sa.select(publishers, clients.c.id.label("client_id")).join(clients)
    rows = tx.execute(query.where(publishers.c.id.in_(publisher_ids)).order_by(publishers.c.name))
    return [Publisher(**row) for row in rows.mappings()]


def list_publishers(tx: Transaction) -> list[Publisher]:
    """Every publisher, oldest first."""
    rows = tx.execute(
        sa.select(publishers, clients.c.id.label("client_id"))
        .join(clients, clients.c.publisher_id == publishers.c.id)
        .order_by(publishers.c.created_time)
    )
    return [Publisher(**row) for row in rows.mappings()]


def create_credential(
    tx: Transaction,
    *,
    publisher: Publisher,
    kind: CredentialKind,
    lifetime: timedelta,
    product_id: str | None = None,
    actor: str,
) -> tuple[Credential, str]:
    """A new API key or client secret and its text, which is shown now and never again."""
    if product_id is not None:
        owner = tx.one_or_none(
            sa.select(products.c.id).where(
                products.c.id == product_id, products.c.publisher_id == publisher.id
            )
        )
        if owner is None:
            raise NotKnown(noun="product", id=product_id)
    secret = make_secret(kind)
    credential = Credential(
        id=new_guid(),
        client_id=publisher.client_id,
        kind=kind,
        hint=f"{secret[:6]}…{secret[-4:]}",
        product_id=product_id,
        created_time=tx.now,
        expires_time=tx.now + lifetime,
        revoked_time=None,
        last_used_time=None,
    )
    values = {name: getattr(credential, name) for name in credential.__slots__}
    # Of a key that is made for a few days nobody needs to be told that it ends soon.
    told = tx.now if lifetime <= _EXPIRY_NOTICE else None
    tx.execute(credentials.insert(), values | {"digest": digest_of(secret), "expiry_told_time": told})
    tx.record(
        "credential.created",
        actor=actor,
        publisher_id=publisher.id,
        product_id=product_id,
        subject=credential.id,
        kind=kind.value,
        hint=credential.hint,
    )
    return credential, secret


def rotate_credential(
    tx: Transaction,
    *,
    publisher: Publisher,
    old: Credential,
    overlap: timedelta,
    lifetime: timedelta,
    actor: str,
) -> tuple[Credential, str]:
    """A new credential of the same kind and scope, and its text, in the place of one of the publisher's.

    The old one ends after the overlap, or when it would have ended before. Raises `TransitionRefused` when it
    has ended already.
    """
    state = old.state(tx.now)
    if state != "valid":
        raise TransitionRefused(noun="key", id=old.id, state=state, verb="rotating it", needs="a valid one")
    new, secret = create_credential(
        tx, publisher=publisher, kind=old.kind, lifetime=lifetime, product_id=old.product_id, actor=actor
    )
    ends = min(old.expires_time, tx.now + overlap)
    # It has been replaced: that it ends is no news.
    tx.execute(
        credentials.update()
        .where(credentials.c.id == old.id)
        .values(expires_time=ends, expiry_told_time=tx.now)
    )
    tx.record(
        "credential.rotated",
        actor=actor,
        publisher_id=publisher.id,
        product_id=old.product_id,
        subject=old.id,
        hint=old.hint,
        replaced_by=new.id,
        overlap_seconds=overlap.total_seconds(),
    )
    tx.changes.credentials_changed = True
    return new, secret


def find_credential(tx: Transaction, *, publisher: Publisher, credential_id: str) -> Credential:
    """One of a publisher's credentials. Raises `NotKnown`."""
    row = tx.one_or_none(
        _CREDENTIALS.where(credentials.c.id == credential_id, credentials.c.client_id == publisher.client_id)
    )
    if row is None:
        raise NotKnown(noun="key", id=credential_id)
    return _credential(row)


def list_credentials(tx: Transaction, *, publisher: Publisher | None = None) -> list[Credential]:
    """The credentials of a publisher or of all, oldest first."""
    query = _CREDENTIALS.order_by(credentials.c.created_time, credentials.c.id)
    if publisher is not None:
        query = query.where(credentials.c.client_id == publisher.client_id)
    return [_credential(row) for row in tx.execute(query).mappings()]


def revoke_credential(tx: Transaction, *, credential_id: str, actor: str) -> Credential:
    """End the credential of that id or hint now. Raises `NotKnown`."""
    query = _CREDENTIALS.where(sa.or_(credentials.c.id == credential_id, credentials.c.hint == credential_id))
    found = [_credential(row) for row in tx.execute(query).mappings()]
    if len(found) != 1:
        raise NotKnown(noun="key", id=credential_id)
    return _revoke(tx, found[0], actor=actor)


def revoke_own_credential(
    tx: Transaction, *, publisher: Publisher, credential_id: str, actor: str
) -> Credential:
    """End one of a publisher's credentials now, by its own order. Raises `NotKnown`.

    Raises `TransitionRefused` when none would be left with which it could make another: it is out then, and only
    the store's operator can let it in again.
    """
    # An update is a lock: of two that revoke each other, the second finds what the first has done.
    tx.execute(clients.update().where(clients.c.id == publisher.client_id).values(publisher_id=publisher.id))
    own = {each.id: each for each in list_credentials(tx, publisher=publisher)}
    if credential_id not in own:
        raise NotKnown(noun="key", id=credential_id)
    revoked = own.pop(credential_id)
    if not any(each.product_id is None and each.state(tx.now) == "valid" for each in own.values()):
        raise TransitionRefused(
            noun="key",
            id=credential_id,
            state="the last one that is valid",
            verb="revoking it",
            needs="another one: make it first",
        )
    return _revoke(tx, revoked, actor=actor)


def _revoke(tx: Transaction, credential: Credential, *, actor: str) -> Credential:
    """End a credential now. Ending one that has ended already changes nothing."""
    changed = tx.execute(
        credentials.update()
        .where(credentials.c.id == credential.id, credentials.c.revoked_time.is_(None))
        .values(revoked_time=tx.now)
    )
    if changed.rowcount:
        owner = sa.select(clients.c.publisher_id).where(clients.c.id == credential.client_id)
        tx.record(
            "credential.revoked",
            actor=actor,
            publisher_id=tx.execute(owner).scalar_one(),
            product_id=credential.product_id,
            subject=credential.id,
            hint=credential.hint,
        )
    tx.changes.credentials_changed = True
    row = tx.execute(_CREDENTIALS.where(credentials.c.id == credential.id)).mappings().one()
    return _credential(row)


def note_uses(tx: Transaction, *, last_uses: Mapping[str, datetime]) -> None:
    """Write down when credentials were last used, by their ids."""
    for credential_id, used_time in sorted(last_uses.items()):
        tx.execute(
            credentials.update()
            .where(credentials.c.id == credential_id)
            .where(sa.or_(credentials.c.last_used_time.is_(None), credentials.c.last_used_time < used_time))
            .values(last_used_time=used_time)
        )


def tell_expiring_credentials(tx: Transaction) -> int:
    """Record, once for each, the credentials that end within a week. Returns how many there are."""
    soon = (
        sa.select(*_CREDENTIALS.selected_columns, clients.c.publisher_id)
        .join(clients, clients.c.id == credentials.c.client_id)
        .where(
            credentials.c.expires_time > tx.now,
            credentials.c.expires_time <= tx.now + _EXPIRY_NOTICE,
            credentials.c.revoked_time.is_(None),
            credentials.c.expiry_told_time.is_(None),
        )
    )
    count = 0
    for row in tx.execute(soon).mappings().all():
        told = tx.execute(
            credentials.update()
            .where(credentials.c.id == row["id"], credentials.c.expiry_told_time.is_(None))
            .values(expiry_told_time=tx.now)
        )
        if told.rowcount:  # no other process was quicker
            count += 1
            what = CredentialKind(row["kind"]).value.replace("_", " ").replace("api", "API")
            tx.record(
                "credential.expiring",
                actor="store",
                publisher_id=row["publisher_id"],
                product_id=row["product_id"],
                subject=row["id"],
                detail=f"The {what} {row['hint']} ends at {row['expires_time']:%Y-%m-%d %H:%M} UTC.",
            )
    return count


_CREDENTIALS: Final = sa.select(*(credentials.c[name] for name in Credential.__slots__))


def _credential(row: sa.RowMapping) -> Credential:
    return Credential(**dict(row) | {"kind": CredentialKind(row["kind"])})
