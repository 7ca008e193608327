"""One-time links: whoever has one may do one thing, once, for a while. Only a SHA-256 of each is kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from openaddons.errors import LinkInvalid
from openaddons.ids import new_guid
from openaddons.store.people.visitors import Role
from openaddons.store.publishers import digest_of
from openaddons.store.session import Transaction
from openaddons.store.tables import links


class LinkKind(StrEnum):
    """What a link is for."""

    FIRST = "first"
    """To become the first administrator; good as long as there is nobody."""
    INVITATION = "invitation"
    RESET = "reset"
    """To choose a new password."""
    SECOND_FACTOR = "second factor"
    """Between the password and the second factor of a sign-in."""

    @property
    def lifetime(self) -> timedelta:
        """How long a link is good."""
        return {
            LinkKind.FIRST: timedelta(days=7),
            LinkKind.INVITATION: timedelta(days=7),
            LinkKind.RESET: timedelta(days=1),
            LinkKind.SECOND_FACTOR: timedelta(minutes=10),
        }[self]


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of a link; never what is in its address."""

    id: str
    kind: LinkKind
    email: str | None
    """To whom it was given; of the first administrator's nobody knows."""
    person_id: str | None
    """Whose password or second factor it is about."""
    publisher_id: str | None
    role: Role | None
    reviewer: bool
    administrator: bool
    actor: str
    created_time: datetime
    expires_time: datetime


def make_link(
    tx: Transaction,
    *,
    kind: LinkKind,
    actor: str,
    email: str | None = None,
    person_id: str | None = None,
    publisher_id: str | None = None,
    role: Role | None = None,
    reviewer: bool = False,
    administrator: bool = False,
) -> tuple[Link, str]:
    """A new link, and the token for its address, which is known now and never again."""
    token = secrets.token_urlsafe(32)
    link = Link(
        id=new_guid(),
        kind=kind,
        email=email,
        person_id=person_id,
        publisher_id=publisher_id,
        role=role,
        reviewer=reviewer,
        administrator=administrator,
        actor=actor,
        created_time=tx.now,
        expires_time=tx.now + kind.lifetime,
    )
    values = {name: getattr(link, name) for name in Link.__slots__}
    tx.execute(links.delete().where(links.c.expires_time <= tx.now))
    tx.execute(
        links.insert(),
        values | {"digest": digest_of(token), "role": None if role is None else role.name.lower()},
    )
    return link, token


def link_url(base_url: str, *, kind: LinkKind, token: str) -> str:
    """The address of a link: what is given to people."""
    page = "reset" if kind is LinkKind.RESET else "invitations"
    return f"{base_url}/dashboard/{page}/{token}"


def find_link(tx: Transaction, *, kinds: tuple[LinkKind, ...], token: str) -> Link:
    """The link with that token, if it is of one of those kinds. Raises `LinkInvalid`."""
    row = tx.one_or_none(
        _LINKS.where(
            links.c.digest == digest_of(token), links.c.kind.in_(kinds), links.c.expires_time > tx.now
        )
    )
    if row is None:
        raise LinkInvalid
    return _link(row)


def use_link(tx: Transaction, *, kinds: tuple[LinkKind, ...], token: str) -> Link:
    """As `find_link`, and from now on it is of no use to anybody. Of two who try at once, one can."""
    link = find_link(tx, kinds=kinds, token=token)
    if not tx.execute(links.delete().where(links.c.id == link.id)).rowcount:
        raise LinkInvalid
    return link


def forget_resets(tx: Transaction, *, person_id: str) -> None:
    """Make links for a new password useless: whoever made one must not come into rights that the person gets later."""
    tx.execute(links.delete().where(links.c.person_id == person_id, links.c.kind == LinkKind.RESET))


def list_links(tx: Transaction, *, kind: LinkKind, publisher_id: str | None) -> list[Link]:
    """The links of a kind that are still good and concern that publisher (None: none), oldest first."""
    query = _LINKS.where(
        links.c.kind == kind,
        links.c.publisher_id.is_not_distinct_from(publisher_id),
        links.c.expires_time > tx.now,
    )
    return [_link(row) for row in tx.execute(query.order_by(links.c.created_time, links.c.id)).mappings()]


_LINKS = sa.select(*(links.c[name] for name in Link.__slots__))


def _link(row: sa.RowMapping) -> Link:
    role = None if row["role"] is None else Role[row["role"].upper()]
    return Link(**dict(row) | {"kind": LinkKind(row["kind"]), "role": role})
