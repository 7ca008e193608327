"""The publishers of the store, for administrators."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.store.people.members import list_publisher_sizes
from openaddons.store.publishers import create_publisher
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.signing_in import problems


def _show(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    values = {
        "publishers": visit.read(list_publisher_sizes),
        "name": visit.form["name"],
        "problems": problems(refused),
    }
    return Html("people/publishers.html", values, 200 if refused is None else 400)


def _create(visit: Visit) -> Answer:
    try:
        made = visit.run(
            create_publisher,
            name=visit.form["name"],
            actor=visit.actor,
        )
    except ValueRefused as refused:
        return _show(visit, refused=refused)
    return Redirect(f"/dashboard/publishers/{made.id}/people", notice="publisher-created")


PAGES: Final = (
    Page("publishers", "GET", "/admin/publishers", Who.ADMINISTRATOR, _show),
    Page("create publisher", "POST", "/admin/publishers", Who.ADMINISTRATOR, _create),
)
