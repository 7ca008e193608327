"""What was done with a product: events, operations and submissions, each paged by key, newest first."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from openaddons.errors import NotFound
from openaddons.ids import read_guid
from openaddons.store.events import list_events
from openaddons.store.operations import OperationKind, list_operations
from openaddons.store.people.members import as_publisher_sees, list_member_emails
from openaddons.store.submissions import list_submissions
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who

_PAGE: Final = 50
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_SUBMISSION_ID: Final = re.compile(r"[0-9]{19}")

NOUNS: Final[Mapping[str, str]] = {
    "product": "the product",
    "draft": "the draft",
    "upload": "uploads",
    "publish": "publish requests",
    "submission": "submissions",
    "release": "releases",
    "credential": "keys",
}
"""What events are about, as their verbs begin, and how the filter names it."""

Found = tuple[Sequence[Any], Callable[[Any], object]]
"""One more than a page of what is shown, and what a following page is asked for by."""


def _events(visit: Visit, product_id: str) -> Found:
    noun, correlation_id = visit.query.get("noun", ""), visit.query.get("correlation", "").strip()
    found = visit.read(
        list_events,
        product_id=product_id,
        noun=_one_of(noun, NOUNS),
        # What is no GUID is no event's.
        correlation_id=(read_guid(correlation_id) or "none") if correlation_id else None,
        before=_number(visit),
        limit=_PAGE + 1,
    )
    return found, lambda event: event.number


def _operations(visit: Visit, product_id: str) -> Found:
    kind = _one_of(visit.query.get("kind", ""), [*OperationKind])
    found = visit.read(
        list_operations,
        product_id=product_id,
        kind=None if kind is None else OperationKind(kind),
        before=_number(visit),
        limit=_PAGE + 1,
    )
    return found, lambda past: past.number


def _submissions(visit: Visit, product_id: str) -> Found:
    before = visit.query.get("before")
    if before is not None and not _SUBMISSION_ID.fullmatch(before):
        raise NotFound
    found = visit.read(list_submissions, product_id=product_id, before=before, limit=_PAGE + 1)
    return found, lambda submission: submission.id


_SHOWN: Final[Mapping[str, Callable[[Visit, str], Found]]] = {
    "events": _events,
    "operations": _operations,
    "submissions": _submissions,
}


def _show(visit: Visit) -> Html:
    show = _one_of(visit.query.get("show", ""), _SHOWN) or "events"
    found, key = _SHOWN[show](visit, visit.own_product.id)
    members = visit.read(list_member_emails, publisher_id=visit.own_product.publisher_id)
    values = {
        "who": partial(as_publisher_sees, members=members),
        "show": show,
        "shown": found[:_PAGE],
        "before": key(found[_PAGE - 1]) if len(found) > _PAGE else None,
        "nouns": NOUNS,
        "kinds": [*OperationKind],
        "query": {name: visit.query.get(name, "") for name in ("noun", "correlation", "kind")},
        "later": "before" in visit.query,
    }
    return Html("products/history.html", values)


def _one_of(given: str, known: Mapping[str, object] | Sequence[str]) -> str | None:
    """What is given, None for nothing. Raises `NotFound` for what is not known."""
    if given and given not in known:
        raise NotFound
    return given or None


def _number(visit: Visit) -> int | None:
    before = visit.query.get("before")
    if before is None:
        return None
    if not _NUMBER.fullmatch(before):
        raise NotFound
    return int(before)


PAGES: Final = (Page("history", "GET", "/products/{product_id}/history", Who.VIEWER, _show),)
