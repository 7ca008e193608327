"""Releases: which version browsers are offered, and all that changes that.

One is offered to more browsers, withdrawn, or an earlier one comes back; and rings are chosen that get the next first.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from openaddons.errors import ChangedMeanwhile, TransitionRefused, ValueRefused
from openaddons.store.modules import text_up_to
from openaddons.store.offers import (
    Ring,
    list_rings,
    offer_to_all,
    offer_to_rings,
    set_first_rings,
    withdraw_release,
)
from openaddons.store.products import Product, find_product
from openaddons.store.releases import Standing, list_standings
from openaddons.store.rolling_back import RollBack, plan_roll_back, roll_back
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who

_REASON_CHARACTERS: Final = 2_000
_VERSION_CHARACTERS: Final = 40
TO_ALL: Final = "all browsers"
"""Stands where a ring's name would, which has no blank."""


def _read(tx: Transaction, *, product_id: str) -> tuple[Product, list[Standing], list[Ring]]:
    product = find_product(tx, id_or_crx_id=product_id)
    return product, list_standings(tx, product_id=product_id), list_rings(tx)


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, *, problem: str = "", first: Sequence[str] | None = None, status: int = 200) -> Html:
    """With ``first`` the rings that were chosen to be first and are not saved, for others were meanwhile."""
    product, standings, rings = visit.read(_read, product_id=visit.own_product.id)
    values = {
        "standings": standings,
        "offerable": _offerable(standings),
        "rings": rings,
        "to_all": TO_ALL,
        "problem": problem,
        "stored_first": product.first_rings,
        "first": product.first_rings if first is None else first,
        "meanwhile": first is not None,
    }
    return Html("products/releases.html", values, status=status)


def _offerable(standings: list[Standing]) -> set[str]:
    """Ids of the releases that are ahead of what all are offered: no other can be offered to anybody."""
    ahead = itertools.takewhile(lambda each: not each.live, standings)
    return {each.release.id for each in ahead if each.release.withdrawn_time is None}


def _offer(visit: Visit) -> Answer:
    to, product_id = visit.form["to"], visit.own_product.id
    try:
        version = text_up_to(_VERSION_CHARACTERS)("version", visit.form["version"])
        if to == TO_ALL:
            visit.run(offer_to_all, product_id=product_id, version=version, actor=visit.actor)
        else:
            visit.run(offer_to_rings, product_id=product_id, version=version, names=[to], actor=visit.actor)
    except ValueRefused as refusal:
        return _page(visit, problem=str(refusal.facts["problem"]), status=400)
    return _back(visit, "offered")


def _choose_first(visit: Visit) -> Answer:
    names = visit.form.all("rings")
    try:
        visit.run(
            set_first_rings,
            product_id=visit.own_product.id,
            names=names,
            actor=visit.actor,
            instead_of=visit.form.all("instead_of"),
        )
    except ChangedMeanwhile:
        return _page(visit, first=names, status=409)
    return _back(visit, "saved")


def _back(visit: Visit, notice: str) -> Redirect:
    return Redirect(f"/dashboard/products/{visit.own_product.id}/releases", notice=notice)


def _ask_withdraw(visit: Visit) -> Html:
    return _withdraw_form(visit, version=visit.query.get("version", ""))


def _withdraw_form(visit: Visit, *, version: str, refusal: ValueRefused | None = None) -> Html:
    standings = visit.read(list_standings, product_id=visit.own_product.id)
    values = {
        "standings": [each for each in standings if each.release.withdrawn_time is None],
        "version": version,
        "reason": visit.form["reason"],
        "problems": {} if refusal is None else {refusal.facts["name"]: refusal.facts["problem"]},
    }
    return Html("products/withdraw.html", values, status=200 if refusal is None else 400)


def _withdraw(visit: Visit) -> Answer:
    version = visit.form["version"]
    try:
        visit.run(
            withdraw_release,
            product_id=visit.own_product.id,
            version=text_up_to(_VERSION_CHARACTERS)("version", version),
            reason=text_up_to(_REASON_CHARACTERS)("reason", visit.form["reason"]),
            actor=visit.actor,
        )
    except ValueRefused as refusal:
        return _withdraw_form(visit, version=version, refusal=refusal)
    return _back(visit, "withdrawn")


def _plan(tx: Transaction, *, product_id: str) -> tuple[list[Standing], RollBack | str]:
    """What could come back, and what would by default, or why nothing can."""
    product = find_product(tx, id_or_crx_id=product_id)
    try:
        plan: RollBack | str = plan_roll_back(tx, product=product)
    except (TransitionRefused, ValueRefused) as refusal:
        plan = refusal.message
    found = [
        each
        for each in list_standings(tx, product_id=product_id)
        if not each.live and each.release.withdrawn_time is None
    ]
    return found, plan


def _ask_roll_back(visit: Visit) -> Html:
    return _roll_back_form(visit)


def _roll_back_form(visit: Visit, refusal: ValueRefused | None = None) -> Html:
    standings, plan = visit.read(_plan, product_id=visit.own_product.id)
    problems = {} if refusal is None else {refusal.facts["name"]: refusal.facts["problem"]}
    values = {
        "standings": standings,
        "plan": None if isinstance(plan, str) else plan,
        "why_not": plan if isinstance(plan, str) else "",
        "to": visit.form["to"],
        "reason": visit.form["reason"],
        "problems": problems,
    }
    return Html("products/roll_back.html", values, status=200 if refusal is None else 400)


def _roll_back(visit: Visit) -> Answer:
    try:
        visit.run(
            roll_back,
            product_id=visit.own_product.id,
            reason=text_up_to(_REASON_CHARACTERS)("reason", visit.form["reason"]),
            actor=visit.actor,
            to_version=text_up_to(_VERSION_CHARACTERS)("to", visit.form["to"]) or None,
        )
    except ValueRefused as refusal:
        return _roll_back_form(visit, refusal)
    return Redirect(f"/dashboard/products/{visit.own_product.id}", notice="rolling-back")


_PATH: Final = "/products/{product_id}/releases"
_WITHDRAW: Final = "/products/{product_id}/withdraw"
_ROLL_BACK: Final = "/products/{product_id}/roll-back"

PAGES: Final = (
    Page("releases", "GET", _PATH, Who.VIEWER, _show),
    Page("offer release", "POST", _PATH, Who.DEVELOPER, _offer),
    Page("first rings", "POST", "/products/{product_id}/first-rings", Who.DEVELOPER, _choose_first),
    Page("ask withdraw", "GET", _WITHDRAW, Who.DEVELOPER, _ask_withdraw),
    Page("withdraw release", "POST", _WITHDRAW, Who.DEVELOPER, _withdraw),
    Page("ask roll back", "GET", _ROLL_BACK, Who.DEVELOPER, _ask_roll_back),
    Page("roll back", "POST", _ROLL_BACK, Who.DEVELOPER, _roll_back),
)
