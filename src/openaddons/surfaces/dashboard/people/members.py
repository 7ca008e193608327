"""The people of a publisher: who they are, what they may do, and who is invited."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.store.people.accounts import make_reset_of_member
from openaddons.store.people.invitations import invite_person, list_invitations
from openaddons.store.people.links import Link
from openaddons.store.people.members import Member, list_members, remove_member, set_role
from openaddons.store.people.visitors import Role
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Visit, Who
from openaddons.surfaces.dashboard.people.changing import change_person, give, withdraw
from openaddons.surfaces.dashboard.people.signing_in import problems


def _role(visit: Visit) -> Role:
    chosen = visit.form["role"].upper()
    if chosen not in Role.__members__:
        raise ValueRefused(name="role", problem="must be owner, developer or viewer.")
    return Role[chosen]


def _read(tx: Transaction, *, publisher_id: str) -> tuple[list[Member], list[Link]]:
    return list_members(tx, publisher_id=publisher_id), list_invitations(tx, publisher_id=publisher_id)


def _show(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    members, invitations = visit.read(_read, publisher_id=visit.path["publisher_id"])
    values = {
        "members": members,
        "invitations": invitations,
        "roles": [role.name.lower() for role in reversed(Role)],
        "typed": {"email": visit.form["email"], "role": visit.form["role"] or "developer"},
        "problems": problems(refused),
    }
    return Html("people/members.html", values, 200 if refused is None else 400)


def _invite(visit: Visit) -> Answer:
    try:
        return give(
            visit,
            invite_person,
            email=visit.form["email"],
            publisher_id=visit.path["publisher_id"],
            role=_role(visit),
        )
    except ValueRefused as refused:
        return _show(visit, refused=refused)


def _set_role(visit: Visit) -> Answer:
    own = visit.path["publisher_id"]
    return change_person(visit, set_role, publisher_id=own, role=_role(visit), notice="saved")


def _remove(visit: Visit) -> Answer:
    return change_person(
        visit, remove_member, publisher_id=visit.path["publisher_id"], notice="member-removed"
    )


def _reset(visit: Visit) -> Answer:
    return give(
        visit,
        make_reset_of_member,
        publisher_id=visit.path["publisher_id"],
        person_id=visit.path["person_id"],
    )


_PATH: Final = "/publishers/{publisher_id}/people"

PAGES: Final = (
    Page("members", "GET", _PATH, Who.OWNER, _show),
    Page("invite member", "POST", _PATH, Who.OWNER, _invite),
    Page(
        "withdraw member's invitation",
        "POST",
        _PATH + "/invitations/{invitation_id}/withdraw",
        Who.OWNER,
        withdraw,
    ),
    Page("set role", "POST", _PATH + "/{person_id}/role", Who.OWNER, _set_role),
    Page("remove member", "POST", _PATH + "/{person_id}/remove", Who.OWNER, _remove),
    Page("reset member", "POST", _PATH + "/{person_id}/reset", Who.OWNER, _reset),
)
