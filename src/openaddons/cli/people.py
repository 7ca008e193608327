"""``openaddons person``: who signs in to the dashboard. For the operator, also one who has locked himself out."""

import click

from openaddons.cli.output import emit, json_option, table
from openaddons.cli.store import opened, operator, plain, store_options, store_url
from openaddons.errors import NotKnown
from openaddons.settings import Settings
from openaddons.store.people.accounts import (
    Account,
    disable_person,
    enable_person,
    find_account,
    list_people,
    make_reset,
)
from openaddons.store.people.invitations import invite_person
from openaddons.store.people.links import LinkKind, link_url
from openaddons.store.people.members import list_members
from openaddons.store.people.second_factors import remove_second_factor
from openaddons.store.people.visitors import Person, Role
from openaddons.store.publishers import find_publisher
from openaddons.store.session import Transaction
from openaddons.work.workshop import Workshop


@click.group(short_help="People, who sign in to the dashboard.")
def person() -> None:
    """People: who signs in to the dashboard, and what they may do there."""


@person.command(short_help="Make a link with which somebody gets an account.")
@click.argument("email")
@click.option("--publisher", "publisher_name", metavar="P", help="Make them a member of this publisher.")
@click.option(
    "--role",
    type=click.Choice([role.name.lower() for role in Role]),
    default="owner",
    show_default=True,
    help="What they may do for the publisher.",
)
@click.option("--reviewer", is_flag=True, help="Let them decide about submissions.")
@click.option("--administrator", is_flag=True, help="Let them administer the store.")
@store_options
@json_option
def invite(
    settings: Settings,
    *,
    email: str,
    publisher_name: str | None,
    role: str,
    reviewer: bool,
    administrator: bool,
    as_json: bool,
) -> None:
    """Make a link with which the person with that e-mail address gets an account, or more rights.

    The link is shown now and never again. It works once, for seven days.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        publisher = publisher_name and database.read(find_publisher, name_or_id=publisher_name)
        link, token = database.run(
            invite_person,
            email=email,
            publisher_id=publisher.id if publisher else None,
            role=Role[role.upper()] if publisher else None,
            reviewer=reviewer,
            administrator=administrator,
            actor=operator(),
        )
    url = link_url(store_url(settings), kind=LinkKind.INVITATION, token=token)
    emit(
        {"url": url, "email": link.email, "expires_time": plain(link.expires_time)},
        as_json=as_json,
        text=f"{url}\n\nGive this link to {link.email}. It works once, until {link.expires_time:%Y-%m-%d %H:%M} UTC.",
    )


@person.command("list", short_help="List people.")
@store_options
@json_option
def list_(settings: Settings, *, as_json: bool) -> None:
    """List people with what they may do."""
    with opened(settings) as workshop:
        found, members = workshop.tools.database.read(lambda tx: (list_people(tx), list_members(tx)))
    roles: dict[str, list[str]] = {account.person.id: _flags(account.person) for account in found}
    for member in members:
        roles[member.person.id].append(f"{member.role.name.lower()} of {member.publisher_name}")
    rows = [("E-MAIL", "NAME", "SECOND FACTOR", "STATE", "MAY ACT AS")]
    rows += [
        (
            account.person.email,
            account.person.name,
            "no" if account.totp_secret is None else "yes",
            "disabled" if account.person.disabled_time else "active",
            ", ".join(roles[account.person.id]),
        )
        for account in found
    ]
    answer = [
        plain(account.person)
        | {"second_factor": account.totp_secret is not None, "roles": roles[account.person.id]}
        for account in found
    ]
    emit(
        {"people": answer},
        as_json=as_json,
        text=table(rows, empty="There is nobody yet. Invite: openaddons person invite EMAIL --administrator"),
    )


def _flags(person: Person) -> list[str]:
    return [name for name in ("administrator", "reviewer") if getattr(person, name)]


@person.command(short_help="Make a link for a new password.")
@click.argument("email")
@click.option("--second-factor", is_flag=True, help="Also ask for no one-time codes any more.")
@store_options
@json_option
def reset(settings: Settings, *, email: str, second_factor: bool, as_json: bool) -> None:
    """Make a link with which a person chooses a new password.

    The link is shown now and never again. It works once, for a day.
    """
    with opened(settings) as workshop:
        token = workshop.tools.database.run(_reset, email=email, second_factor=second_factor)
    url = link_url(store_url(settings), kind=LinkKind.RESET, token=token)
    emit({"url": url}, as_json=as_json, text=f"{url}\n\nThis link works once, for a day.")


def _reset(tx: Transaction, *, email: str, second_factor: bool) -> str:
    found = _known(tx, email=email).person
    if second_factor:
        remove_second_factor(tx, person=found, actor=operator())
    return make_reset(tx, person=found, actor=operator())[1]


def _known(tx: Transaction, *, email: str) -> Account:
    account = find_account(tx, email=email)
    if account is None:
        raise NotKnown(noun="person", id=email)
    return account


@person.command(short_help="Let a person in no more.")
@click.argument("email")
@store_options
@json_option
def disable(settings: Settings, *, email: str, as_json: bool) -> None:
    """End a person's sessions and links, and let them in no more. What they did stays."""
    with opened(settings) as workshop:
        found = _change(workshop, email, enabled=False)
    emit(
        plain(found), as_json=as_json, text=f"{found.email} is disabled. openaddons person enable undoes it."
    )


@person.command(short_help="Let a person in again.")
@click.argument("email")
@store_options
@json_option
def enable(settings: Settings, *, email: str, as_json: bool) -> None:
    """Let a person in again who was disabled."""
    with opened(settings) as workshop:
        found = _change(workshop, email, enabled=True)
    emit(plain(found), as_json=as_json, text=f"{found.email} may sign in.")


def _change(workshop: Workshop, email: str, *, enabled: bool) -> Person:
    def change(tx: Transaction) -> Person:
        verb = enable_person if enabled else disable_person
        verb(tx, person_id=_known(tx, email=email).person.id, actor=operator())
        return _known(tx, email=email).person

    return workshop.tools.database.run(change)
