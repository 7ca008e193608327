"""A submission as a reviewer sees it, and what a reviewer does about it."""

from collections.abc import Callable
from typing import Any, Final

from openaddons.errors import ValueRefused
from openaddons.store.certification.dossiers import read_dossier
from openaddons.store.certification.questions import ask_publisher
from openaddons.store.certification.queue import (
    add_internal_note,
    give_submission_back,
    list_internal_notes,
    take_submission,
)
from openaddons.store.session import Transaction
from openaddons.store.submissions import (
    TEXT_CHARACTERS,
    approve_submission,
    hold_submission,
    reject_submission,
)
from openaddons.surfaces.dashboard.certification.dossier import dossier_values
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who

_QUEUE: Final = "/dashboard/queue"


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, refusal: ValueRefused | None = None) -> Html:
    values = visit.read(_values, submission_id=visit.path["submission_id"])
    values |= {
        "me": visit.actor,
        "problems": {} if refusal is None else {refusal.facts["name"]: refusal.facts["problem"]},
        "typed": visit.form,
        "chosen": visit.form.all("policies"),
        "characters": TEXT_CHARACTERS,
    }
    return Html("certification/submission.html", values, status=200 if refusal is None else 400)


def _values(tx: Transaction, *, submission_id: str) -> dict[str, Any]:
    dossier = read_dossier(tx, submission_id=submission_id)
    return dossier_values(dossier) | {"notes": list_internal_notes(tx, submission_id=submission_id)}


def _does(verb: Callable[..., object], notice: str, *, to_queue: bool = False) -> Callable[[Visit], Answer]:
    """What a form without fields of its own does: a verb about the submission."""

    def act(visit: Visit) -> Answer:
        visit.run(verb, submission_id=visit.path["submission_id"], actor=visit.actor)
        return _on(visit, notice, to_queue=to_queue)

    return act


def _tells(
    verb: Callable[..., object], notice: str, *, to_queue: bool = False, **fields: Callable[[Visit], Any]
) -> Callable[[Visit], Answer]:
    """What a form with a text does. A text that is refused is shown again with what is wrong."""

    def act(visit: Visit) -> Answer:
        given = {name: read(visit) for name, read in fields.items()}
        try:
            visit.run(verb, submission_id=visit.path["submission_id"], actor=visit.actor, **given)
        except ValueRefused as refusal:
            return _page(visit, refusal)
        return _on(visit, notice, to_queue=to_queue)

    return act


def _on(visit: Visit, notice: str, *, to_queue: bool) -> Redirect:
    return Redirect(_QUEUE if to_queue else f"{_QUEUE}/{visit.path['submission_id']}", notice=notice)


def _take(visit: Visit) -> Answer:
    visit.run(
        take_submission,
        submission_id=visit.path["submission_id"],
        actor=visit.actor,
        instead_of=visit.form["instead_of"] or None,
    )
    return _on(visit, "taken", to_queue=False)


def _hold(visit: Visit, *, held: bool) -> Answer:
    submission_id = visit.path["submission_id"]
    visit.run(hold_submission, submission_id=submission_id, held=held, actor=visit.actor)
    return _on(visit, "held" if held else "released", to_queue=False)


_ONE: Final = "/queue/{submission_id}"
_REJECT: Final = _tells(
    reject_submission,
    "rejected",
    to_queue=True,
    reason=lambda visit: visit.form["reason"],
    policies=lambda visit: visit.form.all("policies"),
)
_ASK: Final = _tells(
    ask_publisher,
    "asked",
    text=lambda visit: visit.form["question"],
    review_days=lambda visit: visit.settings.review_days,
)
_NOTE: Final = _tells(add_internal_note, "noted", text=lambda visit: visit.form["note"])

PAGES: Final = (
    Page("review", "GET", _ONE, Who.REVIEWER, _show),
    Page("take", "POST", _ONE + "/take", Who.REVIEWER, _take),
    Page("give back", "POST", _ONE + "/give-back", Who.REVIEWER, _does(give_submission_back, "given-back")),
    Page(
        "approve",
        "POST",
        _ONE + "/approve",
        Who.REVIEWER,
        _does(approve_submission, "approved", to_queue=True),
    ),
    Page("reject", "POST", _ONE + "/reject", Who.REVIEWER, _REJECT),
    Page("ask", "POST", _ONE + "/ask", Who.REVIEWER, _ASK),
    Page("note", "POST", _ONE + "/note", Who.REVIEWER, _NOTE),
    Page("hold in review", "POST", _ONE + "/hold", Who.REVIEWER, lambda visit: _hold(visit, held=True)),
    Page("let go in review", "POST", _ONE + "/release", Who.REVIEWER, lambda visit: _hold(visit, held=False)),
)
