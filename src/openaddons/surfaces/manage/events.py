"""Events: who did what with a publisher's things, and by which request."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.store.events import Event, list_events
from openaddons.store.people.members import as_publisher_sees, list_member_emails
from openaddons.surfaces.manage.endpoints import (
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
from openaddons.surfaces.manage.fields import number

_PAGE_LIMIT: Final = 100
_PAGE_DEFAULT: Final = 50

EVENT: Final = Shape(
    "Event",
    {
        "number": NUMBER,
        "time": TIME,
        "verb": TEXT,
        "actor": TEXT,
        "productId": or_null(GUID),
        "subject": or_null(TEXT),
        "correlationId": or_null(GUID),
        "facts": {"type": "object"},
    },
)
EVENTS: Final = Shape("Events", {"events": list_of(EVENT), "next": or_null(NUMBER)})
_TAKES: Final = (number("before", least=1, most=10**18 - 1), number("limit", least=1, most=_PAGE_LIMIT))


def _describe(event: Event, *, members: frozenset[str]) -> dict[str, Any]:
    return {
        "number": event.number,
        "time": wire_time(event.time),
        "verb": event.verb,
        "actor": as_publisher_sees(event.actor, members=members),
        "productId": event.product_id,
        "subject": event.subject,
        "correlationId": event.correlation_id,
        "facts": event.facts,
    }


def _of_publisher(call: Call) -> dict[str, Any]:
    return _page(call, product_id=call.principal.scope_product_id)


def _of_product(call: Call) -> dict[str, Any]:
    return _page(call, product_id=call.path["product_id"])


def _page(call: Call, *, product_id: str | None) -> dict[str, Any]:
    limit = call.given["limit"] or _PAGE_DEFAULT
    # One more than asked for says whether there is a next page.
    found = call.database.read(
        list_events,
        publisher_id=call.principal.publisher_id,
        product_id=product_id,
        before=call.given["before"],
        limit=limit + 1,
    )
    page = found[:limit]
    members = call.database.read(list_member_emails, publisher_id=call.principal.publisher_id)
    return {
        "events": [_describe(each, members=members) for each in page],
        "next": page[-1].number if len(found) > limit else None,
    }


ENDPOINTS: Final = (
    Endpoint(
        "listEvents",
        "GET",
        "/events",
        "List what was done with all that is yours, newest first",
        _of_publisher,
        EVENTS,
        takes=_TAKES,
    ),
    Endpoint(
        "listProductEvents",
        "GET",
        "/products/{product_id}/events",
        "List what was done with a product, newest first",
        _of_product,
        EVENTS,
        takes=_TAKES,
    ),
)
