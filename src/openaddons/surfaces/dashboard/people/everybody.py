"""Everybody who has an account, for administrators."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.store.people.accounts import (
    Account,
    disable_person,
    enable_person,
    list_people,
    make_reset,
    read_account,
    set_flags,
)
from openaddons.store.people.invitations import invite_person, list_invitations
from openaddons.store.people.links import Link
from openaddons.store.people.members import Member, list_members
from openaddons.store.people.second_factors import remove_second_factor
from openaddons.store.people.visitors import Person
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.changing import change_person, give, people_page, withdraw
from openaddons.surfaces.dashboard.people.signing_in import problems


def _read(tx: Transaction) -> tuple[list[Account], list[Member], list[Link]]:
    return list_people(tx), list_members(tx), list_invitations(tx, publisher_id=None)


def _show(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    accounts, members, invitations = visit.read(_read)
    memberships: dict[str, list[Member]] = {}
    for member in members:
        memberships.setdefault(member.person.id, []).append(member)
    values = {
        "accounts": accounts,
        "memberships": memberships,
        "invitations": invitations,
        "typed": {name: visit.form[name] for name in ("email", "reviewer", "administrator")},
        "problems": problems(refused),
    }
    return Html("people/everybody.html", values, 200 if refused is None else 400)


def _invite(visit: Visit) -> Answer:
    try:
        return give(visit, invite_person, email=visit.form["email"], **_flags(visit))
    except ValueRefused as refused:
        return _show(visit, refused=refused)


def _flags(visit: Visit) -> dict[str, bool]:
    return {name: name in visit.form for name in ("reviewer", "administrator")}


def _set_flags(visit: Visit) -> Answer:
    return change_person(visit, set_flags, notice="saved", **_flags(visit))


def _disable(visit: Visit) -> Answer:
    return change_person(visit, disable_person, notice="person-disabled")


def _enable(visit: Visit) -> Answer:
    return change_person(visit, enable_person, notice="saved")


def _person(visit: Visit) -> Person:
    return visit.read(read_account, person_id=visit.path["person_id"]).person


def _reset(visit: Visit) -> Answer:
    return give(visit, make_reset, person=_person(visit))


def _remove_second_factor(visit: Visit) -> Answer:
    visit.run(remove_second_factor, person=_person(visit), actor=visit.actor)
    return Redirect(people_page(visit), notice="second-factor-removed")


_PATH: Final = "/admin/people"
_PERSON: Final = _PATH + "/{person_id}"

PAGES: Final = (
    Page("people", "GET", _PATH, Who.ADMINISTRATOR, _show),
    Page("invite person", "POST", _PATH, Who.ADMINISTRATOR, _invite),
    Page(
        "withdraw invitation",
        "POST",
        _PATH + "/invitations/{invitation_id}/withdraw",
        Who.ADMINISTRATOR,
        withdraw,
    ),
    Page("set flags", "POST", _PERSON + "/flags", Who.ADMINISTRATOR, _set_flags),
    Page("disable person", "POST", _PERSON + "/disable", Who.ADMINISTRATOR, _disable),
    Page("enable person", "POST", _PERSON + "/enable", Who.ADMINISTRATOR, _enable),
    Page("reset person", "POST", _PERSON + "/reset", Who.ADMINISTRATOR, _reset),
    Page(
        "remove person's second factor",
        "POST",
        _PERSON + "/second-factor",
        Who.ADMINISTRATOR,
        _remove_second_factor,
    ),
)
