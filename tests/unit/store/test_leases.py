"""Leases: one holder at a time, and what an earlier holder writes is dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openaddons.clock import Clock
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.leases import Lease, forget_leases, set_leases
from openaddons.store.operations import Claim, ClaimLost, Outcome, claim_operation, end_operation
from openaddons.store.products import products_with_work
from openaddons.store.schema import upgrade
from openaddons.store.session import Database, database
from openaddons.store.states import OperationState
from openaddons.store.submissions import check_claim, claim_submission
from tests.unit.store.walks import Walk, new_publisher

_LENGTH = timedelta(seconds=15)
_DONE = Outcome(OperationState.SUCCEEDED, "Done.")


class _Hand(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self._now = datetime(2024, 7, 25, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        self._now += by


@pytest.fixture
def clock() -> _Hand:
    return _Hand()


@pytest.fixture
def fresh(tmp_path: Path, clock: _Hand) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'leases.sqlite3'}"
    upgrade(url)
    with database(url, clock) as opened:
        yield opened


@pytest.fixture
def walk(fresh: Database) -> Walk:
    return Walk(fresh, Settings(certification=CertificationPolicy.AUTOMATIC), new_publisher(fresh))


def _claim(fresh: Database, walk: Walk) -> Claim | None:
    return fresh.run(claim_operation, product_id=walk.product_id, lease=_LENGTH)


def _lease(claim: Claim) -> Lease:
    return Lease("operations", claim.id, claim.attempt)


def test_who_holds_an_operation_holds_it_alone(fresh: Database, walk: Walk) -> None:
    walk.go(["accept"])

    assert _claim(fresh, walk) is not None
    assert _claim(fresh, walk) is None
    assert fresh.read(products_with_work) == []


def test_a_lease_that_runs_out_goes_to_the_next_and_fences_the_first(
    fresh: Database, walk: Walk, clock: _Hand
) -> None:
    walk.go(["accept"])
    first = _claim(fresh, walk)
    assert first is not None
    clock.move(_LENGTH)
    assert fresh.read(products_with_work) == [walk.product_id]
    second = _claim(fresh, walk)
    assert second is not None

    with pytest.raises(ClaimLost):
        fresh.run(end_operation, claim=first, outcome=_DONE)

    assert (first.attempt, second.attempt) == (1, 2)
    fresh.run(end_operation, claim=second, outcome=_DONE)
    assert walk.look().operations == {first.id: OperationState.SUCCEEDED}


def test_a_lease_that_is_renewed_does_not_run_out(fresh: Database, walk: Walk, clock: _Hand) -> None:
    walk.go(["accept"])
    claim = _claim(fresh, walk)
    assert claim is not None
    for _ in range(5):
        clock.move(_LENGTH * 0.9)
        fresh.run(set_leases, [_lease(claim)], length=_LENGTH)

    assert _claim(fresh, walk) is None


def test_an_earlier_holder_renews_nothing(fresh: Database, walk: Walk, clock: _Hand) -> None:
    walk.go(["accept"])
    first = _claim(fresh, walk)
    assert first is not None
    clock.move(_LENGTH)
    second = _claim(fresh, walk)
    assert second is not None
    clock.move(_LENGTH * 0.9)
    fresh.run(set_leases, [_lease(first)], length=_LENGTH)
    clock.move(_LENGTH * 0.1)

    assert _claim(fresh, walk) is not None


def test_what_has_ended_is_not_leased_again(fresh: Database, walk: Walk) -> None:
    walk.go(["accept"])
    claim = _claim(fresh, walk)
    assert claim is not None
    fresh.run(end_operation, claim=claim, outcome=_DONE)

    fresh.run(set_leases, [_lease(claim)], length=_LENGTH)

    with pytest.raises(ClaimLost):
        fresh.run(end_operation, claim=claim, outcome=_DONE)
    assert fresh.read(products_with_work) == []


def test_a_store_that_starts_alone_takes_up_at_once_what_a_kill_left(fresh: Database, walk: Walk) -> None:
    walk.go(["accept"])
    first = _claim(fresh, walk)

    fresh.run(forget_leases)

    second = _claim(fresh, walk)
    assert first is not None
    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)


def test_operations_are_claimed_in_their_order(fresh: Database, walk: Walk) -> None:
    walk.go(["accept", "accept", "accept"])
    claimed = []
    while (claim := _claim(fresh, walk)) is not None:
        assert _claim(fresh, walk) is None
        fresh.run(end_operation, claim=claim, outcome=_DONE)
        claimed.append(claim.id)

    assert claimed == list(walk.look().operations)


def test_a_submission_has_one_holder_and_fences_the_one_before(
    fresh: Database, walk: Walk, clock: _Hand
) -> None:
    walk.go(["put package", "submit"])
    first = fresh.run(claim_submission, product_id=walk.product_id, lease=_LENGTH)
    assert first is not None
    assert fresh.run(claim_submission, product_id=walk.product_id, lease=_LENGTH) is None
    clock.move(_LENGTH)
    second = fresh.run(claim_submission, product_id=walk.product_id, lease=_LENGTH)
    assert second is not None

    with pytest.raises(ClaimLost):
        fresh.run(check_claim, claim=first)

    assert fresh.run(check_claim, claim=second) == second
