"""A submission as its publisher sees it: everything but the reviewers' own notes; and the answer to a question."""

from typing import Any, Final

from openaddons.errors import ValueRefused
from openaddons.store.certification.dossiers import read_dossier
from openaddons.store.certification.questions import answer_question
from openaddons.store.session import Transaction
from openaddons.store.submissions import TEXT_CHARACTERS
from openaddons.surfaces.dashboard.certification.dossier import dossier_values
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, refusal: ValueRefused | None = None) -> Html:
    values = visit.read(_values, submission_id=visit.path["submission_id"])
    values |= {
        "problem": "" if refusal is None else refusal.facts["problem"],
        "typed": visit.form["answer"],
        "characters": TEXT_CHARACTERS,
    }
    return Html("review/submission.html", values, status=200 if refusal is None else 400)


def _values(tx: Transaction, *, submission_id: str) -> dict[str, Any]:
    return dossier_values(read_dossier(tx, submission_id=submission_id))


def _answer(visit: Visit) -> Answer:
    try:
        visit.run(
            answer_question,
            submission_id=visit.path["submission_id"],
            answer=visit.form["answer"],
            actor=visit.actor,
        )
    except ValueRefused as refusal:
        return _page(visit, refusal)
    path = f"/dashboard/products/{visit.own_product.id}/submissions/{visit.path['submission_id']}"
    return Redirect(path, notice="answered")


_ONE: Final = "/products/{product_id}/submissions/{submission_id}"

PAGES: Final = (
    Page("submission", "GET", _ONE, Who.VIEWER, _show),
    Page("answer", "POST", _ONE + "/answer", Who.DEVELOPER, _answer),
)
