"""A workshop that is paused: no step is under way, and none begins."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from openaddons.settings import Settings
from openaddons.store.operations import Claim, OperationKind, Outcome, accept_operation, read_operation
from openaddons.store.session import Database
from openaddons.store.states import OperationState
from openaddons.work.creating import make_product
from openaddons.work.outcomes import NO_MODULES_UPDATED
from openaddons.work.workshop import Workshop
from tests.stores import PATIENCE_SECONDS, make_account, wait_until


class Slow:
    """A script whose operations end when the test says so."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def holds(self, database: Database, product_id: str) -> bool:
        return False

    def outcome(self, claim: Claim) -> Outcome:
        self.begun.set()
        assert self.go.wait(PATIENCE_SECONDS)
        return NO_MODULES_UPDATED


@pytest.fixture
def script() -> Slow:
    return Slow()


@pytest.fixture
def slow(workshop: Workshop, script: Slow) -> Iterator[Workshop]:
    """A workshop on either database whose steps take as long as the test says."""
    made = Workshop(replace(workshop.tools, script=script))
    yield made
    made.close()


def accepted(workshop: Workshop) -> tuple[str, Callable[[], OperationState]]:
    """A product with an operation in progress, and what the operation's state is."""
    account, tools = make_account(workshop), workshop.tools
    product = make_product(tools, publisher=account.publisher, name="Sample", actor="test")
    operation_id = tools.database.run(
        accept_operation,
        kind=OperationKind.PUBLISH,
        product_id=product.id,
        publisher_id=account.publisher.id,
        actor="test",
        correlation_id=product.id,
    )

    def state() -> OperationState:
        operation = tools.database.read(read_operation, operation_id=operation_id)
        assert operation is not None
        return operation.state

    return product.id, state


def test_a_pause_begins_when_the_step_under_way_has_ended(slow: Workshop, script: Slow) -> None:
    product_id, state = accepted(slow)
    seen = []

    def pause() -> None:
        with slow.paused():
            seen.append(state())

    looking = threading.Thread(target=slow.look_at, args=(product_id,))
    pausing = threading.Thread(target=pause)
    looking.start()
    assert script.begun.wait(PATIENCE_SECONDS)
    pausing.start()
    wait_until(lambda: slow._paused)
    script.go.set()
    for thread in (looking, pausing):
        thread.join()

    assert seen == [OperationState.FAILED]


def test_no_step_begins_before_the_pause_has_ended(slow: Workshop, script: Slow) -> None:
    product_id, state = accepted(slow)
    script.go.set()
    with slow.paused():
        looking = threading.Thread(target=slow.look_at, args=(product_id,))
        looking.start()
        wait_until(lambda: bool(slow._turns._waiters))  # type: ignore[attr-defined]
        during = (state(), script.begun.is_set())
    looking.join()

    assert during == (OperationState.IN_PROGRESS, False)
    assert state() is OperationState.FAILED


def test_a_store_has_no_script(settings: Settings, workshop: Workshop) -> None:
    assert workshop.tools.script is None
