"""Who did what: the search of events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from openaddons.errors import ValueRefused
from openaddons.ids import read_guid
from openaddons.store.events import list_events, list_verbs
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who

_PAGE_EVENTS: Final = 50
_TEXT_CHARACTERS: Final = 200
_NUMBER_DIGITS: Final = 18
_EXACT: Final = ("verb", "actor", "product_id", "publisher_id", "subject", "correlation_id")
_TIMES: Final = ("since", "until")


def _search(visit: Visit) -> Html:
    typed = {name: visit.query.get(name, "").strip() for name in (*_EXACT, *_TIMES)}
    problems: dict[str, str] = {}
    wanted = _read(typed, problems)
    before = visit.query.get("before", "")
    if not (before.isascii() and before.isdigit() and len(before) <= _NUMBER_DIGITS):
        before = ""
    found = visit.read(_look, wanted=None if problems else wanted, before=int(before) if before else None)
    given = {name: value for name, value in typed.items() if value}
    values = {"typed": typed, "given": given, "problems": problems, "before": before}
    return Html("admin/events.html", found | values, 400 if problems else 200)


def _look(tx: Transaction, *, wanted: Mapping[str, Any] | None, before: int | None) -> dict[str, Any]:
    """One event more than a page holds says whether another page follows."""
    found = [] if wanted is None else list_events(tx, **wanted, before=before, limit=_PAGE_EVENTS + 1)
    return {
        "events": found[:_PAGE_EVENTS],
        "more": len(found) > _PAGE_EVENTS,
        "verbs": [("", "anything"), *((verb, verb) for verb in list_verbs(tx))],
    }


def _read(typed: Mapping[str, str], problems: dict[str, str]) -> dict[str, Any]:
    """What is looked for. What cannot be read is noted among the problems."""
    wanted: dict[str, Any] = {}
    for name, text in typed.items():
        if not text:
            continue
        try:
            wanted[name] = _moment(text) if name in _TIMES else _exact(name, text)
        except ValueRefused as refusal:
            problems[name] = str(refusal.facts["problem"])
    return wanted


def _exact(name: str, text: str) -> str:
    if len(text) > _TEXT_CHARACTERS or not text.isprintable():
        raise ValueRefused(name=name, problem=f"at most {_TEXT_CHARACTERS} printable characters are needed.")
    if name in {"product_id", "publisher_id", "correlation_id"}:
        found = read_guid(text)
        if found is None:
            raise ValueRefused(
                name=name, problem="an ID such as 1494ab02-b6e8-46d7-a01e-a8f4d9ee95cd is needed."
            )
        return found
    return text


def _moment(text: str) -> datetime:
    """A time in UTC as ``<input type="datetime-local">`` has it (HTML, "Local dates and times"), or a date."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise ValueRefused(name="time", problem="a time such as 2026-11-26T14:30 is needed.") from None


PAGES: Final = (Page("events", "GET", "/admin/events", Who.ADMINISTRATOR, _search),)
