"""The accounts of people: their names, passwords and flags; who is disabled and who never may be."""

import re
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.ids import new_guid
from openaddons.store.people.links import Link, LinkKind, forget_resets, make_link
from openaddons.store.people.sessions import end_sessions
from openaddons.store.people.visitors import PERSON, Person
from openaddons.store.session import Transaction
from openaddons.store.tables import links, memberships, people

# Not RFC 5322: what can be written into a header and a page, and be mailed to. It is an event's actor: 200 characters.
_EMAIL: Final = re.compile(
    r"[^\s@<>\"'(),:;\\\[\]\x00-\x1f\x7f]{1,64}@[^\s@<>\"'(),:;\\\[\]\x00-\x1f\x7f]{1,135}"
)
_NAME_CHARACTERS_LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A person, and what they prove themselves with."""

    person: Person
    password_hash: str | None
    totp_secret: bytes | None
    """Sealed by the master key; None: no second factor."""
    recovery_code_count: int
    wants_mail: bool


def read_email(text: str) -> str:
    """An e-mail address as it is kept: in lower case. Raises `ValueRefused`."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise ValueRefused(name="email", problem="must be an e-mail address such as ann@example.com.")
    return email


def read_person_name(text: str) -> str:
    """A person's name, on one line. Raises `ValueRefused`."""
    name = " ".join(text.split())
    if not 0 < len(name) <= _NAME_CHARACTERS_LIMIT or not name.isprintable():
        raise ValueRefused(name="name", problem=f"must have 1 to {_NAME_CHARACTERS_LIMIT} characters.")
    return name


def create_person(
    tx: Transaction,
    *,
    email: str,
    name: str,
    password_hash: str,
    reviewer: bool = False,
    administrator: bool = False,
) -> Person:
    """A new person. Raises `ValueRefused` when somebody has that e-mail address."""
    email, name = read_email(email), read_person_name(name)
    if find_account(tx, email=email) is not None:
        raise ValueRefused(name="email", problem="somebody has an account with it already. Sign in.")
    person = Person(
        id=new_guid(),
        email=email,
        name=name,
        reviewer=reviewer,
        administrator=administrator,
        created_time=tx.now,
        disabled_time=None,
    )
    values = {field: getattr(person, field) for field in Person.__slots__}
    tx.execute(people.insert(), values | {"password_hash": password_hash})
    tx.record(
        "person.created",
        actor=email,
        subject=person.id,
        reviewer=reviewer,
        administrator=administrator,
    )
    return person


def find_account(tx: Transaction, *, email: str) -> Account | None:
    """The account with that e-mail address, disabled or not."""
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        return None
    row = tx.one_or_none(_ACCOUNTS.where(people.c.email == email))
    return None if row is None else _account(row)


def read_account(tx: Transaction, *, person_id: str) -> Account:
    """The account of a person. Raises `NotKnown`."""
    row = tx.one_or_none(_ACCOUNTS.where(people.c.id == person_id))
    if row is None:
        raise NotKnown(noun="person", id=person_id)
    return _account(row)


_ACCOUNTS: Final = sa.select(
    *PERSON, people.c.password_hash, people.c.totp_secret, people.c.recovery_digests, people.c.wants_mail
)


def _account(row: sa.RowMapping) -> Account:
    return Account(
        person=Person(**{name: row[name] for name in Person.__slots__}),
        password_hash=row["password_hash"],
        totp_secret=row["totp_secret"],
        recovery_code_count=len(row["recovery_digests"]),
        wants_mail=row["wants_mail"],
    )


def list_people(tx: Transaction) -> list[Account]:
    """Everybody, by e-mail address."""
    return [_account(row) for row in tx.execute(_ACCOUNTS.order_by(people.c.email)).mappings()]


def is_anybody_there(tx: Transaction) -> bool:
    """Whether the store has people."""
    return tx.execute(sa.select(people.c.id).limit(1)).first() is not None


def rename_person(tx: Transaction, *, person_id: str, name: str, actor: str) -> None:
    """Give a person another name. Raises `ValueRefused`."""
    name = read_person_name(name)
    tx.execute(people.update().where(people.c.id == person_id).values(name=name))
    tx.record("person.renamed", actor=actor, subject=person_id, name=name)


def set_wants_mail(tx: Transaction, *, person: Person, wants_mail: bool) -> None:
    """Say whether the person gets mail about the products of their publishers."""
    tx.execute(people.update().where(people.c.id == person.id).values(wants_mail=wants_mail))
    tx.record(
        "person.mail-set",
        actor=person.email,
        subject=person.id,
        wants_mail=wants_mail,
    )


def set_password(
    tx: Transaction,
    *,
    person: Person,
    password_hash: str,
    kept_session_id: str | None,
    actor: str,
) -> None:
    """A new password. Every session but that one ends, and links that were made for the old password do."""
    tx.execute(people.update().where(people.c.id == person.id).values(password_hash=password_hash))
    tx.execute(links.delete().where(links.c.person_id == person.id))
    end_sessions(tx, person_id=person.id, but=kept_session_id)
    tx.record("person.password-set", actor=actor, subject=person.id)


def renew_hash(tx: Transaction, *, person_id: str, former: str, password_hash: str) -> None:
    """Keep the same password under another hash, unless it was changed meanwhile."""
    tx.execute(
        people.update()
        .where(people.c.id == person_id, people.c.password_hash == former)
        .values(password_hash=password_hash)
    )


def make_reset(tx: Transaction, *, person: Person, actor: str) -> tuple[Link, str]:
    """A link with which the person chooses a new password, and its token. Raises `TransitionRefused`."""
    if person.disabled_time is not None:
        raise TransitionRefused(
            noun="person", id=person.email, state="disabled", verb="a reset", needs="one who is not"
        )
    made = make_link(tx, kind=LinkKind.RESET, email=person.email, person_id=person.id, actor=actor)
    tx.record("person.reset-made", actor=actor, subject=person.id)
    return made


def make_reset_of_member(
    tx: Transaction, *, publisher_id: str, person_id: str, actor: str
) -> tuple[Link, str]:
    """As `make_reset`, by an owner of a publisher, of a member. Raises `NotKnown` and `ValueRefused`.

    Whoever makes the link can use it, and then is that person. So it is for those alone who can do nothing that
    the owner cannot: no reviewers, no administrators, no members of other publishers.
    """
    person = read_account(tx, person_id=person_id).person
    own = (
        tx.execute(sa.select(memberships.c.publisher_id).where(memberships.c.person_id == person_id))
        .scalars()
        .all()
    )
    if publisher_id not in own:
        raise NotKnown(noun="person", id=person_id)
    if person.reviewer or person.administrator or len(own) > 1:
        raise ValueRefused(
            name="person",
            problem=f"{person.email} has rights beyond this publisher, so only an administrator can make the link.",
        )
    return make_reset(tx, person=person, actor=actor)


def set_flags(
    tx: Transaction,
    *,
    person_id: str,
    reviewer: bool,
    administrator: bool,
    actor: str,
) -> None:
    """Say whether a person reviews and administers. Raises `TransitionRefused` for the last administrator."""
    before = read_account(tx, person_id=person_id).person
    if not administrator:
        _leave_an_administrator(tx, before)
    tx.execute(
        people.update().where(people.c.id == person_id).values(reviewer=reviewer, administrator=administrator)
    )
    forget_resets(tx, person_id=person_id)
    tx.record(
        "person.flags-set",
        actor=actor,
        subject=person_id,
        reviewer=reviewer,
        administrator=administrator,
    )


def disable_person(tx: Transaction, *, person_id: str, actor: str) -> None:
    """Let a person in no more: their sessions and links end. Raises `TransitionRefused` for the last administrator.

    What they did stays theirs. Disabling somebody twice changes nothing.
    """
    person = read_account(tx, person_id=person_id).person
    _leave_an_administrator(tx, person)
    changed = tx.execute(
        people.update()
        .where(people.c.id == person_id, people.c.disabled_time.is_(None))
        .values(disabled_time=tx.now)
    )
    if changed.rowcount:
        tx.execute(
            links.delete().where(sa.or_(links.c.person_id == person_id, links.c.email == person.email))
        )
        end_sessions(tx, person_id=person_id, but=None)
        tx.record("person.disabled", actor=actor, subject=person_id)


def enable_person(tx: Transaction, *, person_id: str, actor: str) -> None:
    """Let a person in again who was disabled."""
    changed = tx.execute(
        people.update()
        .where(people.c.id == person_id, people.c.disabled_time.is_not(None))
        .values(disabled_time=None)
    )
    if changed.rowcount:
        tx.record("person.enabled", actor=actor, subject=person_id)


def _leave_an_administrator(tx: Transaction, person: Person) -> None:
    """Raise `TransitionRefused` when nobody would administer the store without that person."""
    active = sa.and_(people.c.administrator, people.c.disabled_time.is_(None))
    # An update is a lock: of two administrators who remove each other, the second finds what the first has done.
    tx.execute(people.update().where(active).values(administrator=True))
    left = tx.execute(sa.select(people.c.id).where(active, people.c.id != person.id).limit(1)).first()
    if person.administrator and left is None:
        raise TransitionRefused(
            noun="person",
            id=person.email,
            state="the last administrator",
            verb="removing that",
            needs="another one: make somebody administrator first",
        )
