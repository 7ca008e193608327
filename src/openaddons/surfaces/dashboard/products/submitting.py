"""Sending the draft to certification, the first time too; taking a submission back, holding it and letting it go."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.settings import Settings
from openaddons.store.drafts import Draft, read_draft
from openaddons.store.modules import text_up_to
from openaddons.store.operations import Outcome
from openaddons.store.products import Product, find_product, lock_product
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    Submission,
    cancel_submission,
    hold_submission,
    read_submission,
)
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.edge.notes import NOTES_CHARACTERS_LIMIT
from openaddons.work.publishing import refusal_to_submit, submit_by_hand

_REASON_CHARACTERS: Final = 2_000


def _readiness(tx: Transaction, *, product_id: str, settings: Settings) -> tuple[Draft, Outcome | None]:
    """The draft, and why it cannot be submitted now."""
    product = find_product(tx, id_or_crx_id=product_id)
    draft = read_draft(tx, product_id=product_id, require=settings.required_fields)
    return draft, refusal_to_submit(tx, product=product, settings=settings)


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Html:
    draft, refusal = visit.read(_readiness, product_id=visit.own_product.id, settings=visit.settings)
    values = {
        "draft": draft,
        "refusal": refusal,
        "notes": visit.form["notes"],
        "held": "held" in visit.form,
        "problem": problem,
        "notes_characters": NOTES_CHARACTERS_LIMIT,
    }
    return Html("products/submit.html", values, status=status)


def _submit(visit: Visit) -> Answer:
    try:
        notes = text_up_to(NOTES_CHARACTERS_LIMIT)("notes", visit.form["notes"])
    except ValueRefused as refusal:
        return _page(visit, problem=str(refusal.facts["problem"]), status=400)
    answer = visit.run(
        submit_by_hand,
        product_id=visit.own_product.id,
        notes=notes,
        held="held" in visit.form,
        actor=visit.actor,
        settings=visit.settings,
    )
    if isinstance(answer, Outcome):
        return _page(visit, status=409)
    return _back(visit.own_product, "submitted")


def _cancel(visit: Visit) -> Answer:
    reason = text_up_to(_REASON_CHARACTERS)("reason", visit.form["reason"])
    visit.run(_cancel_once, submission_id=visit.path["submission_id"], reason=reason, actor=visit.actor)
    return _back(visit.own_product, "cancelled")


def _cancel_once(tx: Transaction, *, submission_id: str, reason: str, actor: str) -> Submission:
    """Cancel it, unless a click before this one has."""
    lock_product(tx, product_id=read_submission(tx, submission_id=submission_id).product_id)
    found = read_submission(tx, submission_id=submission_id)
    if found.state is SubmissionState.CANCELLED:
        return found
    return cancel_submission(tx, submission_id=submission_id, actor=actor, reason=reason)


def _hold(visit: Visit) -> Answer:
    visit.run(hold_submission, submission_id=visit.path["submission_id"], held=True, actor=visit.actor)
    return _back(visit.own_product, "held")


def _release(visit: Visit) -> Answer:
    visit.run(hold_submission, submission_id=visit.path["submission_id"], held=False, actor=visit.actor)
    return _back(visit.own_product, "released")


def _back(product: Product, notice: str) -> Redirect:
    return Redirect(f"/dashboard/products/{product.id}", notice=notice)


_PATH: Final = "/products/{product_id}/submit"
_ONE: Final = "/products/{product_id}/submissions/{submission_id}"

PAGES: Final = (
    Page("submit", "GET", _PATH, Who.VIEWER, _show),
    Page("submit draft", "POST", _PATH, Who.DEVELOPER, _submit),
    Page("cancel submission", "POST", _ONE + "/cancel", Who.DEVELOPER, _cancel),
    Page("hold submission", "POST", _ONE + "/hold", Who.DEVELOPER, _hold),
    Page("release submission", "POST", _ONE + "/release", Who.DEVELOPER, _release),
)
