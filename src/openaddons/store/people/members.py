"""Members: the people of a publisher and their roles. A publisher that has an owner keeps one."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from openaddons.errors import NotKnown, TransitionRefused
from openaddons.store.people.links import forget_resets
from openaddons.store.people.visitors import PERSON, Person, Role
from openaddons.store.session import Transaction
from openaddons.store.tables import clients, memberships, people, products, publishers


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a publisher."""

    person: Person
    publisher_id: str
    publisher_name: str
    role: Role
    joined_time: datetime
    has_second_factor: bool


def list_members(
    tx: Transaction, *, publisher_id: str | None = None, person_id: str | None = None
) -> list[Member]:
    """The members of a publisher, the memberships of a person, or all; by publisher and e-mail address."""
    query = (
        sa.select(
            *PERSON,
            memberships.c.publisher_id,
            publishers.c.name.label("publisher_name"),
            memberships.c.role,
            memberships.c.created_time.label("joined_time"),
            people.c.totp_secret.is_not(None).label("has_second_factor"),
        )
        .join(memberships, memberships.c.person_id == people.c.id)
        .join(publishers, publishers.c.id == memberships.c.publisher_id)
        .order_by(publishers.c.name, people.c.email)
    )
    if publisher_id is not None:
        query = query.where(memberships.c.publisher_id == publisher_id)
    if person_id is not None:
        query = query.where(memberships.c.person_id == person_id)
    return [_member(row) for row in tx.execute(query).mappings()]


def list_member_emails(tx: Transaction, *, publisher_id: str) -> frozenset[str]:
    """Of all who are members of the publisher."""
    query = sa.select(people.c.email).join(memberships, memberships.c.person_id == people.c.id)
    return frozenset(tx.execute(query.where(memberships.c.publisher_id == publisher_id)).scalars())


def as_publisher_sees(actor: str, *, members: frozenset[str]) -> str:
    """Who did something, as a publisher reads it: who reviews and who operates the store is not told by name."""
    is_person = "@" in actor or actor.startswith("operator:")
    return "the store" if is_person and actor not in members else actor


@dataclass(frozen=True, slots=True)
class PublisherSize:
    """A publisher, and how much there is of it."""

    id: str
    name: str
    client_id: str
    created_time: datetime
    member_count: int
    product_count: int


def list_publisher_sizes(tx: Transaction) -> list[PublisherSize]:
    """Every publisher with the number of its people and products, by name."""
    counts = [
        sa.select(sa.func.count())
        .select_from(of)
        .where(of.c.publisher_id == publishers.c.id)
        .scalar_subquery()
        .label(name)
        for of, name in ((memberships, "member_count"), (products, "product_count"))
    ]
    query = (
        sa.select(
            publishers.c.id,
            publishers.c.name,
            publishers.c.created_time,
            clients.c.id.label("client_id"),
            *counts,
        )
        .join(clients, clients.c.publisher_id == publishers.c.id)
        .order_by(publishers.c.name)
    )
    return [PublisherSize(**row) for row in tx.execute(query).mappings()]


def _member(row: sa.RowMapping) -> Member:
    return Member(
        person=Person(**{name: row[name] for name in Person.__slots__}),
        publisher_id=row["publisher_id"],
        publisher_name=row["publisher_name"],
        role=Role[row["role"].upper()],
        joined_time=row["joined_time"],
        has_second_factor=bool(row["has_second_factor"]),
    )


def add_member(
    tx: Transaction,
    *,
    publisher_id: str,
    person: Person,
    role: Role,
    actor: str,
) -> None:
    """Make a person a member, or a member's role at least that one."""
    before = _role(tx, publisher_id=publisher_id, person_id=person.id)
    if before is None:
        forget_resets(tx, person_id=person.id)
        tx.execute(
            memberships.insert(),
            {
                "person_id": person.id,
                "publisher_id": publisher_id,
                "role": role.name.lower(),
                "created_time": tx.now,
            },
        )
    elif before >= role:
        return
    else:
        tx.execute(memberships.update().where(_is(publisher_id, person.id)).values(role=role.name.lower()))
    tx.record(
        "member.added",
        actor=actor,
        publisher_id=publisher_id,
        subject=person.id,
        email=person.email,
        role=role.name.lower(),
    )


def set_role(
    tx: Transaction,
    *,
    publisher_id: str,
    person_id: str,
    role: Role,
    actor: str,
) -> None:
    """Give a member another role. Raises `NotKnown`, and `TransitionRefused` for a publisher's last owner."""
    before = _known_role(tx, publisher_id=publisher_id, person_id=person_id)
    if role < before:
        _leave_an_owner(tx, publisher_id=publisher_id, person_id=person_id)
    tx.execute(memberships.update().where(_is(publisher_id, person_id)).values(role=role.name.lower()))
    tx.record(
        "member.role-set",
        actor=actor,
        publisher_id=publisher_id,
        subject=person_id,
        role=role.name.lower(),
    )


def remove_member(tx: Transaction, *, publisher_id: str, person_id: str, actor: str) -> None:
    """Let a member go. Raises `NotKnown`, and `TransitionRefused` for a publisher's last owner."""
    _known_role(tx, publisher_id=publisher_id, person_id=person_id)
    _leave_an_owner(tx, publisher_id=publisher_id, person_id=person_id)
    tx.execute(memberships.delete().where(_is(publisher_id, person_id)))
    tx.record(
        "member.removed",
        actor=actor,
        publisher_id=publisher_id,
        subject=person_id,
    )


def _leave_an_owner(tx: Transaction, *, publisher_id: str, person_id: str) -> None:
    """Raise `TransitionRefused` when the person is the only owner of the publisher who can sign in."""
    # An update is a lock: of two owners who remove each other, the second finds what the first has done.
    tx.execute(publishers.update().where(publishers.c.id == publisher_id).values(id=publisher_id))
    owners = tx.execute(
        sa.select(people.c.id, people.c.email)
        .join(memberships, memberships.c.person_id == people.c.id)
        .where(
            memberships.c.publisher_id == publisher_id,
            memberships.c.role == Role.OWNER.name.lower(),
            people.c.disabled_time.is_(None),
        )
    ).all()
    if [owner.id for owner in owners] == [person_id]:
        raise TransitionRefused(
            noun="person",
            id=owners[0].email,
            state="the publisher's last owner",
            verb="removing that",
            needs="another owner: make somebody owner first",
        )


def _is(publisher_id: str, person_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(memberships.c.publisher_id == publisher_id, memberships.c.person_id == person_id)


def _role(tx: Transaction, *, publisher_id: str, person_id: str) -> Role | None:
    kept = tx.execute(sa.select(memberships.c.role).where(_is(publisher_id, person_id))).scalar_one_or_none()
    return None if kept is None else Role[kept.upper()]


def _known_role(tx: Transaction, *, publisher_id: str, person_id: str) -> Role:
    role = _role(tx, publisher_id=publisher_id, person_id=person_id)
    if role is None:
        raise NotKnown(noun="person", id=person_id)
    return role
