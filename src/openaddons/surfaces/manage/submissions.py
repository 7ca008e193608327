"""Submissions: what is in certification and what it waits for; cancel, hold, release."""

import re
from collections.abc import Sequence
from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.errors import NotFound, NotKnown
from openaddons.store.certification.questions import Question, answer_question, list_questions
from openaddons.store.certification.standing import Standing, WaitsFor, standings_of
from openaddons.store.products import lock_product
from openaddons.store.releases import read_release
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    TEXT_CHARACTERS,
    Submission,
    cancel_submission,
    hold_submission,
    list_submissions,
    read_submission,
)
from openaddons.surfaces.manage.endpoints import (
    FLAG,
    GUID,
    NUMBER,
    TEXT,
    TIME,
    Call,
    Endpoint,
    Shape,
    list_of,
    or_null,
)
from openaddons.surfaces.manage.fields import text

_ID: Final = re.compile(r"[0-9]{19}")
_LIMIT: Final = 50
REASON_CHARACTERS: Final = 2_000

STANDING: Final = Shape(
    "Standing",
    {
        "waitsFor": {"type": "string", "enum": [each.value for each in WaitsFor]},
        "words": TEXT,
        "since": TIME,
        "until": or_null(TIME),
        "place": or_null(Shape("Place", {"number": NUMBER, "total": NUMBER})),
        "reviews": or_null(
            Shape("Reviews", {"count": NUMBER, "medianSeconds": NUMBER, "ninetyPercentSeconds": NUMBER})
        ),
        "next": TEXT,
    },
)
QUESTION: Final = Shape(
    "Question",
    {"text": TEXT, "askedTime": TIME, "answer": or_null(TEXT), "closedTime": or_null(TIME)},
)
SUBMISSION: Final = Shape(
    "Submission",
    {
        "id": {"type": "string", "pattern": f"^{_ID.pattern}$"},
        "operationId": or_null(GUID),
        "version": TEXT,
        "state": {"type": "string", "enum": [each.value for each in SubmissionState]},
        "held": FLAG,
        "waitsFor": or_null(TEXT),
        "standing": STANDING,
        "dueTime": or_null(TIME),
        "reason": or_null(TEXT),
        "policies": list_of(TEXT),
        "questions": list_of(QUESTION),
        "notes": TEXT,
        "restores": or_null(TEXT),
        "createdTime": TIME,
        "lastUpdatedTime": TIME,
    },
)
SUBMISSIONS: Final = Shape("Submissions", {"submissions": list_of(SUBMISSION)})


def describe_submission(tx: Transaction, *, submission: Submission) -> dict[str, Any]:
    """A submission as its publisher sees it."""
    return describe_submissions(tx, found=[submission])[0]


def describe_submissions(tx: Transaction, *, found: Sequence[Submission]) -> list[dict[str, Any]]:
    """Submissions as their publisher sees them."""
    standings = standings_of(tx, found=found)
    asked = list_questions(tx, submission_ids=standings)
    return [
        _describe(
            tx,
            each,
            standing=standings[each.id],
            asked=[question for question in asked if question.submission_id == each.id],
        )
        for each in found
    ]


def describe_standing(standing: Standing) -> dict[str, Any]:
    """What a submission or a product waits for, as its publisher sees it."""
    place, record = standing.place, standing.record
    return {
        "waitsFor": standing.waits_for.value,
        "words": standing.words,
        "since": wire_time(standing.since),
        "until": standing.until and wire_time(standing.until),
        "place": place and {"number": place.number, "total": place.total},
        "reviews": record
        and {
            "count": record.count,
            "medianSeconds": record.median_seconds,
            "ninetyPercentSeconds": record.ninety_percent_seconds,
        },
        "next": standing.next,
    }


def _describe(
    tx: Transaction, submission: Submission, *, standing: Standing, asked: Sequence[Question]
) -> dict[str, Any]:
    restored_id = submission.restored_release_id
    return {
        "id": submission.id,
        "operationId": submission.operation_id,
        "version": submission.version,
        "state": submission.state.value,
        "held": submission.held,
        "waitsFor": standing.awaited,
        "standing": describe_standing(standing),
        "dueTime": submission.due_time and wire_time(submission.due_time),
        "reason": submission.reason,
        "policies": list(submission.policies),
        "questions": [
            {
                "text": each.text,
                "askedTime": wire_time(each.asked_time),
                "answer": each.answer,
                "closedTime": each.closed_time and wire_time(each.closed_time),
            }
            for each in asked
        ],
        "notes": submission.notes,
        "restores": restored_id and read_release(tx, release_id=restored_id).version,
        "createdTime": wire_time(submission.created_time),
        "lastUpdatedTime": wire_time(submission.last_updated_time),
    }


def own_submission(tx: Transaction, call: Call) -> Submission:
    """The submission in the path. Raises `NotFound`, the same for one that is not there and another product's."""
    if not _ID.fullmatch(call.path["submission_id"]):
        raise NotFound  # not every text can be looked up
    try:
        found = read_submission(tx, submission_id=call.path["submission_id"])
    except NotKnown:
        raise NotFound from None
    if found.product_id != call.path["product_id"]:
        raise NotFound
    return found


def _list(call: Call) -> dict[str, Any]:
    return call.database.read(_newest, call.path["product_id"])


def _newest(tx: Transaction, product_id: str) -> dict[str, Any]:
    found = list_submissions(tx, product_id=product_id, limit=_LIMIT)
    return {"submissions": describe_submissions(tx, found=found)}


def _show(call: Call) -> dict[str, Any]:
    return call.database.read(_own, call)


def _own(tx: Transaction, call: Call) -> dict[str, Any]:
    return describe_submission(tx, submission=own_submission(tx, call))


def _cancel(call: Call) -> dict[str, Any]:
    return call.run(_cancelled, call)


def _cancelled(tx: Transaction, call: Call) -> dict[str, Any]:
    # Locked first: of two that are asked at once, the second finds what the first has done.
    lock_product(tx, product_id=call.path["product_id"])
    found = own_submission(tx, call)
    if found.state is not SubmissionState.CANCELLED:  # else the answer was lost, and is asked for again
        actor, reason = call.principal.actor, call.given["reason"] or ""
        found = cancel_submission(tx, submission_id=found.id, actor=actor, reason=reason)
    return describe_submission(tx, submission=found)


def _hold(call: Call) -> dict[str, Any]:
    return call.run(_held, call, held=True)


def _release(call: Call) -> dict[str, Any]:
    return call.run(_held, call, held=False)


def _held(tx: Transaction, call: Call, *, held: bool) -> dict[str, Any]:
    found = own_submission(tx, call)
    found = hold_submission(tx, submission_id=found.id, held=held, actor=call.principal.actor)
    return describe_submission(tx, submission=found)


def _answer(call: Call) -> dict[str, Any]:
    return call.run(_answered, call)


def _answered(tx: Transaction, call: Call) -> dict[str, Any]:
    found = own_submission(tx, call)
    actor = call.principal.actor
    found = answer_question(tx, submission_id=found.id, answer=call.given["answer"], actor=actor)
    return describe_submission(tx, submission=found)


_ALL: Final = "/products/{product_id}/submissions"
_ONE: Final = _ALL + "/{submission_id}"

ENDPOINTS: Final = (
    Endpoint(
        "listSubmissions",
        "GET",
        _ALL,
        f"List a product's submissions, newest first, at most {_LIMIT}",
        _list,
        SUBMISSIONS,
    ),
    Endpoint("getSubmission", "GET", _ONE, "Show a submission", _show, SUBMISSION),
    Endpoint(
        "cancelSubmission",
        "POST",
        _ONE + "/cancel",
        "Take a submission back before it is in the store",
        _cancel,
        SUBMISSION,
        takes=(text("reason", limit=REASON_CHARACTERS),),
        refuses=(409,),
    ),
    Endpoint(
        "holdSubmission",
        "POST",
        _ONE + "/hold",
        "Hold a submission: when approved, it waits",
        _hold,
        SUBMISSION,
        refuses=(409,),
    ),
    Endpoint(
        "releaseSubmission",
        "POST",
        _ONE + "/release",
        "Let a held submission go",
        _release,
        SUBMISSION,
        refuses=(409,),
    ),
    Endpoint(
        "answerQuestion",
        "POST",
        _ONE + "/answer",
        "Answer the question of a reviewer that is open",
        _answer,
        SUBMISSION,
        takes=(text("answer", limit=TEXT_CHARACTERS, required=True),),
        refuses=(409,),
    ),
)
