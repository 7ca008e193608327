"""The search of events, on both databases."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from openaddons.clock import SystemClock
from openaddons.store import schema
from openaddons.store.events import list_events, list_verbs
from openaddons.store.session import Database, open_database
from openaddons.store.tables import events
from openaddons.work.workshop import Workshop

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 4
VERBS = ("upload.accepted", "release.created", "ring.created")
# In the order in which a search looks them up.
VALUES: dict[str, tuple[str | None, ...]] = {
    "correlation_id": (None, "c1", "c2"),
    "subject": ("s1", "s2", "s3", "s4", None),
    "product_id": ("a1", None),
    "actor": ("ann@example.com", "store"),
    "verb": VERBS,
    "publisher_id": ("p1", "p2", None),
}


@pytest.fixture
def database(workshop: Workshop) -> Database:
    """Sixty events, two at a time with one time, as transactions that overlap write them."""
    rounds = {name: itertools.cycle(values) for name, values in VALUES.items()}
    rows = [
        {name: next(values) for name, values in rounds.items()}
        | {"time": BEGINNING + timedelta(minutes=number // 2), "facts": {"at": number}}
        for number in range(60)
    ]
    opened = workshop.tools.database
    opened.run(lambda tx: tx.connection.execute(events.insert(), rows))
    return opened


def _places(database: Database, **asked: Any) -> list[int]:
    """Which of the events were found, by their place in the history, over all pages."""
    found: list[int] = []
    before = None
    while page := database.read(list_events, before=before, limit=PAGE, **asked):
        found += [event.facts["at"] for event in page]
        before = page[-1].number
    return found


def _expected(**sought: Any) -> list[int]:
    rounds = {name: values for name, values in VALUES.items() if name in sought}
    return [
        at
        for at in reversed(range(60))
        if all(values[at % len(values)] == sought[name] for name, values in rounds.items())
    ]


def test_all_events_come_page_by_page_the_newest_first(database: Database) -> None:
    assert _places(database) == list(reversed(range(60)))


@pytest.mark.parametrize("name", VALUES)
def test_each_field_finds_those_that_have_its_value(database: Database, name: str) -> None:
    for value in filter(None, VALUES[name]):
        assert _places(database, **{name: value}) == _expected(**{name: value})


def test_fields_together_find_what_has_all(database: Database) -> None:
    for pair in itertools.combinations(VALUES, 2):
        sought = {name: next(filter(None, VALUES[name])) for name in pair}
        assert _places(database, **sought) == _expected(**sought)


def test_a_time_includes_its_beginning_and_not_its_end(database: Database) -> None:
    since, until = BEGINNING + timedelta(minutes=3), BEGINNING + timedelta(minutes=5)

    assert _places(database, since=since, until=until) == [9, 8, 7, 6]
    assert _places(database, since=BEGINNING + timedelta(minutes=29)) == [59, 58]
    assert _places(database, actor="store", until=BEGINNING + timedelta(minutes=2)) == [3, 1]


def test_a_page_before_an_event_that_is_not_there_is_empty(database: Database) -> None:
    assert database.read(list_events, before=10**12, limit=PAGE) == []


def test_every_verb_is_listed_once(database: Database) -> None:
    assert database.read(list_verbs) == sorted(VERBS)


def test_without_events_no_verb_is_listed(workshop: Workshop) -> None:
    assert workshop.tools.database.read(list_verbs) == []


@pytest.fixture
def plans(tmp_path: Path) -> Iterator[Any]:
    """How SQLite would search: PostgreSQL chooses by what is in its tables, which are empty here."""
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    schema.upgrade(url)
    opened = open_database(url, SystemClock())
    asked: list[tuple[str, Any]] = []
    sa.event.listen(opened.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))

    def plan(**search: Any) -> list[str]:
        asked.clear()
        opened.read(list_events, limit=PAGE, **search)
        with opened.engine.connect() as connection:
            return [
                step.detail
                for statement, values in list(asked)
                for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]

    yield plan
    opened.close()


@pytest.mark.parametrize(
    "names", [(), *itertools.combinations(VALUES, 1), *itertools.combinations(VALUES, 2)]
)
def test_a_search_looks_up_what_finds_fewest_and_sorts_only_that(plans: Any, names: tuple[str, ...]) -> None:
    first = next((name for name in VALUES if name in names), "time")

    looked, *more = plans(**dict.fromkeys(names, "x"))

    assert f"USING INDEX ix_events_{first}" in looked
    assert more == ([] if first not in {"subject", "correlation_id"} else ["USE TEMP B-TREE FOR ORDER BY"])
