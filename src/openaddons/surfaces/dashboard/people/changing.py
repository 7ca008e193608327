"""What is done to people on their publisher's page and on the administrator's page of everybody."""

from collections.abc import Callable
from typing import Any

from openaddons.store.people.invitations import withdraw_invitation
from openaddons.store.people.links import Link
from openaddons.surfaces.dashboard.pages import Answer, Html, Redirect, Visit
from openaddons.work.giving_links import give_link


def people_page(visit: Visit) -> str:
    """Where the people are whom the path is about: a publisher's, or everybody."""
    publisher_id = visit.path.get("publisher_id")
    return f"/dashboard/publishers/{publisher_id}/people" if publisher_id else "/dashboard/admin/people"


def give(visit: Visit, make: Callable[..., tuple[Link, str]], **facts: Any) -> Html:
    """Carry out a verb that makes a link, and show the link, now and never again. Raises what the verb raises."""
    given = visit.run(give_link, tools=visit.tools, make=make, actor=visit.actor, **facts)
    return Html("people/link-given.html", {"given": given, "back": people_page(visit)})


def withdraw(visit: Visit) -> Answer:
    """Make the invitation in the path useless."""
    visit.run(
        withdraw_invitation,
        publisher_id=visit.path.get("publisher_id"),
        link_id=visit.path["invitation_id"],
        actor=visit.actor,
    )
    return Redirect(people_page(visit), notice="invitation-withdrawn")


def change_person(visit: Visit, verb: Callable[..., object], *, notice: str, **facts: Any) -> Answer:
    """Carry out a verb upon the person in the path."""
    visit.run(verb, person_id=visit.path["person_id"], actor=visit.actor, **facts)
    return Redirect(people_page(visit), notice=notice)
