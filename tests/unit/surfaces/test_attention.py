"""What an administrator is told to look at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openaddons.policies import EngineKind
from openaddons.settings import Settings
from openaddons.store.health import DatabaseFacts, Waiting, Work
from openaddons.store.schema import HEAD
from openaddons.surfaces.dashboard.admin.attention import Concern, concerns

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Waiting(0, None)
LATE, SOON = (Waiting(2, NOW - timedelta(minutes=minutes)) for minutes in (11, 9))
AT_REST = Work(
    operations=NOTHING,
    leased=0,
    attempts=0,
    faults=0,
    in_review=LATE,
    held=LATE,
    approved=NOTHING,
    deliveries=NOTHING,
)
DATABASE = DatabaseFacts(kind="SQLite", version="3", size_bytes=1, schema=HEAD, products=1)


def told(
    work: Work = AT_REST, database: DatabaseFacts = DATABASE, free_bytes: int | None = None, **chosen: Any
) -> list[Concern]:
    settings = Settings(**chosen)
    return list(concerns(work=work, database=database, free_bytes=free_bytes, settings=settings, now=NOW))


def test_what_waits_for_people_is_no_concern_of_the_store() -> None:
    assert told() == []


@pytest.mark.parametrize("name", ["operations", "approved", "deliveries"])
def test_what_the_store_has_to_do_is_one_when_it_takes_long(name: str) -> None:
    assert told(replace(AT_REST, **{name: SOON})) == []  # type: ignore[arg-type]
    (concern,) = told(replace(AT_REST, **{name: LATE}))  # type: ignore[arg-type]
    assert "ten minutes" in concern.what


@pytest.mark.parametrize(
    ("engine", "leased", "remedy"),
    [
        (EngineKind.QUEUE, 0, "Start a worker"),
        (EngineKind.INLINE, 0, "restart the store"),
        (EngineKind.QUEUE, 1, "start more workers"),
    ],
)
def test_who_should_work_is_told(engine: EngineKind, leased: int, remedy: str) -> None:
    (concern,) = told(replace(AT_REST, operations=LATE, leased=leased), engine=engine)

    assert remedy in concern.remedy


def test_the_disk_must_take_two_uploads_and_their_signed_packages() -> None:
    assert told(free_bytes=4000, package_bytes_limit=1000) == []
    (concern,) = told(free_bytes=3999, package_bytes_limit=1000)
    assert "nearly full" in concern.what


def test_a_database_of_another_version_failures_and_maintenance_are_told() -> None:
    whats = [
        *told(database=replace(DATABASE, schema="0001")),
        *told(replace(AT_REST, faults=1)),
        *told(replace(AT_REST, faults=2)),
        *told(replace(AT_REST, operations=SOON, attempts=3)),
        *told(read_only=True),
    ]

    assert [each.what.partition(":")[0] for each in whats] == [
        f"The database has schema 0001, and this program was made for {HEAD}.",
        "In the last 24 hours 1 operation failed by a fault of the store.",
        "In the last 24 hours 2 operations failed by a fault of the store.",
        "An operation failed and is tried again",
        "The store is read-only",
    ]
    assert [each.urgent for each in whats] == [True, True, True, False, True]
