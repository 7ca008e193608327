"""The certification queue: what waits for a decision, who has it, and by when."""

import re
from typing import Any, Final

from openaddons.errors import NotFound
from openaddons.store.certification.queue import Show, count_queue, page_of_queue
from openaddons.store.certification.standing import NO_RECORD, review_record
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who

_ROWS: Final = 50
_SUBMISSION_ID: Final = re.compile(r"[0-9]{19}")


def _show(visit: Visit) -> Html:
    after = visit.query.get("after") or None
    show = visit.query.get("show", Show.ALL.value)
    if show not in {each.value for each in Show} or (after and not _SUBMISSION_ID.fullmatch(after)):
        raise NotFound
    values = visit.read(_queue, show=Show(show), reviewer=visit.actor, after=after)
    return Html("certification/queue.html", values)


def _queue(tx: Transaction, *, show: Show, reviewer: str, after: str | None) -> dict[str, Any]:
    # One more than a page has says whether there is a next one.
    found = page_of_queue(tx, show=show, reviewer=reviewer, limit=_ROWS + 1, after=after)
    record = review_record(tx)
    return {
        "show": show,
        "counts": count_queue(tx, reviewer=reviewer),
        "waiting": found[:_ROWS],
        "next": found[_ROWS - 1].submission.id if len(found) > _ROWS else None,
        "after": after,
        "record": record.words if record else NO_RECORD,
    }


PAGES: Final = (Page("queue", "GET", "/queue", Who.REVIEWER, _show),)
