"""Invitations: links with which somebody becomes a member, a reviewer or an administrator."""

from openaddons.errors import LinkInvalid, NotKnown, ValueRefused
from openaddons.store.people.accounts import (
    Account,
    create_person,
    find_account,
    is_anybody_there,
    read_email,
    set_flags,
)
from openaddons.store.people.links import Link, LinkKind, find_link, list_links, make_link, use_link
from openaddons.store.people.members import add_member
from openaddons.store.people.visitors import Person, Role
from openaddons.store.session import Transaction
from openaddons.store.tables import links

_KINDS = (LinkKind.FIRST, LinkKind.INVITATION)


def invite_first_administrator(tx: Transaction) -> str | None:
    """The token of a link for the first administrator; None when the store has people already."""
    if is_anybody_there(tx):
        return None
    return make_link(tx, kind=LinkKind.FIRST, administrator=True, actor="store")[1]


def invite_person(
    tx: Transaction,
    *,
    email: str,
    publisher_id: str | None = None,
    role: Role | None = None,
    reviewer: bool = False,
    administrator: bool = False,
    actor: str,
) -> tuple[Link, str]:
    """An invitation and the token for its address. Raises `ValueRefused` for an address or a right that is none."""
    if role is None and not (reviewer or administrator):
        raise ValueRefused(
            name="role", problem="say what they are to be: member of a publisher, reviewer, administrator."
        )
    link, token = make_link(
        tx,
        kind=LinkKind.INVITATION,
        email=read_email(email),
        publisher_id=publisher_id,
        role=role,
        reviewer=reviewer,
        administrator=administrator,
        actor=actor,
    )
    tx.record(
        "person.invited",
        actor=actor,
        publisher_id=publisher_id,
        subject=link.id,
        email=link.email,
        role=None if role is None else role.name.lower(),
        reviewer=reviewer,
        administrator=administrator,
    )
    return link, token


def find_invitation(tx: Transaction, *, token: str) -> tuple[Link, Account | None]:
    """The invitation with that token, and the account of whom it is for, if they have one. Raises `LinkInvalid`."""
    link = find_link(tx, kinds=_KINDS, token=token)
    if link.kind is LinkKind.FIRST and is_anybody_there(tx):
        raise LinkInvalid
    return link, None if link.email is None else find_account(tx, email=link.email)


def accept_as_stranger(
    tx: Transaction,
    *,
    token: str,
    email: str,
    name: str,
    password_hash: str,
) -> Person:
    """Use an invitation up to get an account. ``email`` counts only where the invitation has none.

    Raises `LinkInvalid`, and `ValueRefused` when somebody has that e-mail address.
    """
    find_invitation(tx, token=token)
    link = use_link(tx, kinds=_KINDS, token=token)
    if link.kind is LinkKind.FIRST:
        # Of two who use two of them at the same moment, the second finds none.
        tx.execute(links.delete().where(links.c.kind == LinkKind.FIRST))
    person = create_person(
        tx,
        email=link.email or email,
        name=name,
        password_hash=password_hash,
        reviewer=link.reviewer,
        administrator=link.administrator,
    )
    _join(tx, link, person)
    return person


def accept_as_person(tx: Transaction, *, token: str, person: Person) -> Link:
    """Use an invitation up to get more rights. Raises `LinkInvalid`, also when it is for somebody else."""
    link = use_link(tx, kinds=(LinkKind.INVITATION,), token=token)
    if link.email != person.email:
        raise LinkInvalid
    if link.reviewer or link.administrator:
        set_flags(
            tx,
            person_id=person.id,
            reviewer=link.reviewer or person.reviewer,
            administrator=link.administrator or person.administrator,
            actor=link.actor,
        )
    _join(tx, link, person)
    return link


def _join(tx: Transaction, link: Link, person: Person) -> None:
    if link.publisher_id is not None and link.role is not None:
        add_member(
            tx,
            publisher_id=link.publisher_id,
            person=person,
            role=link.role,
            actor=link.actor,
        )


def list_invitations(tx: Transaction, *, publisher_id: str | None) -> list[Link]:
    """The invitations to a publisher (None: to none) that nobody has accepted yet, oldest first."""
    return list_links(tx, kind=LinkKind.INVITATION, publisher_id=publisher_id)


def withdraw_invitation(tx: Transaction, *, publisher_id: str | None, link_id: str, actor: str) -> None:
    """Make an invitation to that publisher (None: to none) useless. Raises `NotKnown`."""
    withdrawn = tx.execute(
        links.delete().where(
            links.c.id == link_id,
            links.c.kind == LinkKind.INVITATION,
            links.c.publisher_id.is_not_distinct_from(publisher_id),
        )
    )
    if not withdrawn.rowcount:
        raise NotKnown(noun="invitation", id=link_id)
    tx.record(
        "person.invitation-withdrawn",
        actor=actor,
        publisher_id=publisher_id,
        subject=link_id,
    )
