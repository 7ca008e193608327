"""Rings: groups of browsers that get releases first."""

from typing import Any, Final

from openaddons.errors import ValueRefused
from openaddons.settings import Settings, ring_update_url
from openaddons.store.offered import announced_update_url
from openaddons.store.offers import count_ahead, create_ring, list_rings
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, *, problem: str = "") -> Html:
    found = visit.read(_look, settings=visit.settings)
    return Html(
        "admin/rings.html",
        found | {"problem": problem, "name": visit.form["name"]},
        400 if problem else 200,
    )


def _look(tx: Transaction, *, settings: Settings) -> dict[str, Any]:
    update_url = announced_update_url(tx) or settings.update_url()
    ahead = count_ahead(tx)
    return {
        "update_url": update_url,
        "rings": [
            (ring, ring_update_url(update_url, ring.name), ahead.get(ring.name, 0)) for ring in list_rings(tx)
        ],
    }


def _create(visit: Visit) -> Answer:
    try:
        visit.run(create_ring, name=visit.form["name"], actor=visit.actor)
    except ValueRefused as refusal:
        return _page(visit, problem=str(refusal.facts["problem"]))
    return Redirect("/dashboard/admin/rings", notice="ring-made")


PAGES: Final = (
    Page("rings", "GET", "/admin/rings", Who.ADMINISTRATOR, _show),
    Page("make ring", "POST", "/admin/rings", Who.ADMINISTRATOR, _create),
)
