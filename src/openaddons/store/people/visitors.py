"""People: who signs in, and what each may do.

::

    owner        everything that concerns the publisher: products, keys, people
    developer    products: drafts, submissions, releases
    viewer       sees all that, and changes nothing
    reviewer     decides about submissions, of every publisher
    administrator    runs the store, and counts as an owner of every publisher
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

import sqlalchemy as sa

from openaddons.errors import NotKnown
from openaddons.ids import NOBODYS_GUID
from openaddons.store.products import Product, find_product
from openaddons.store.publishers import Publisher, publisher_of_id
from openaddons.store.session import Transaction
from openaddons.store.tables import memberships, people, sessions, submissions


class Role(IntEnum):
    """What a person may do for a publisher: each role includes those before it."""

    VIEWER = 1
    DEVELOPER = 2
    OWNER = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    id: str
    email: str
    name: str
    reviewer: bool
    administrator: bool
    created_time: datetime
    disabled_time: datetime | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who is signed in."""

    person: Person
    session_id: str
    last_seen_time: datetime
    roles: Mapping[str, Role]
    """By the publisher's id."""

    def role(self, publisher_id: str) -> Role | None:
        """What they may do for a publisher; None: nothing."""
        return Role.OWNER if self.person.administrator else self.roles.get(publisher_id)


PERSON: Final = tuple(people.c[name] for name in Person.__slots__)
"""The columns of a `Person`."""


def read_visitor(tx: Transaction, *, digest: str) -> Visitor | None:
    """Whose session has that digest; None when it has ended or its person is disabled. One query."""
    rows = (
        tx.execute(
            sa.select(
                *PERSON,
                sessions.c.id.label("session_id"),
                sessions.c.last_seen_time,
                memberships.c.publisher_id,
                memberships.c.role,
            )
            .join(people, people.c.id == sessions.c.person_id)
            .join(memberships, memberships.c.person_id == people.c.id, isouter=True)
            .where(
                sessions.c.digest == digest,
                sessions.c.expires_time > tx.now,
                people.c.disabled_time.is_(None),
            )
        )
        .mappings()
        .all()
    )
    if not rows:
        return None
    first = rows[0]
    return Visitor(
        person=Person(**{name: first[name] for name in Person.__slots__}),
        session_id=first["session_id"],
        last_seen_time=first["last_seen_time"],
        roles={row["publisher_id"]: Role[row["role"].upper()] for row in rows if row["publisher_id"]},
    )


def read_visit(
    tx: Transaction,
    *,
    digest: str | None,
    publisher_id: str | None = None,
    product_id: str | None = None,
    submission_id: str | None = None,
) -> tuple[Visitor | None, Publisher | None, Product | None]:
    """Whose session it is, and of which publisher and product the ids are. What there is not is None."""
    visitor = None if digest is None else read_visitor(tx, digest=digest)
    if submission_id is not None:
        query = sa.select(submissions.c.product_id).where(submissions.c.id == submission_id)
        product_id = tx.execute(query).scalar() or NOBODYS_GUID
    product = None
    if product_id is not None:
        try:
            product = find_product(tx, id_or_crx_id=product_id)
        except NotKnown:
            return visitor, None, None
        publisher_id = product.publisher_id
    if publisher_id is None:
        return visitor, None, None
    return visitor, publisher_of_id(tx, publisher_id=publisher_id), product
