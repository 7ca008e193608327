"""The tables of transitions, walked through every row on a real database."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from openaddons.clock import SystemClock
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.schema import upgrade
from openaddons.store.session import Database, database
from tests.unit.store.walks import OPERATION_STEPS, PRODUCT_STEPS, ROWS, STEPS, Row, Walk, new_publisher

_OURS = Settings(certification=CertificationPolicy.MANUAL)


@contextmanager
def _fresh_database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'walks.sqlite3'}"
        upgrade(url)
        with database(url, SystemClock()) as opened:
            yield opened


@pytest.fixture
def fresh() -> Iterator[Database]:
    with _fresh_database() as opened:
        yield opened


def test_every_step_from_every_state_takes_a_row_or_changes_nothing_and_every_row_is_taken(
    fresh: Database,
) -> None:
    publisher = new_publisher(fresh)

    taken = set().union(
        *(
            _explore(lambda: Walk(fresh, _OURS, publisher), steps)
            for steps in (PRODUCT_STEPS, OPERATION_STEPS)
        )
    )

    assert taken == ROWS


def _explore(begin: Callable[[], Walk], steps: Iterable[str]) -> set[Row]:
    """Try every step from every state that the steps lead to. Returns the rows that were taken."""
    taken: set[Row] = set()
    known = {begin().look().present}
    paths: deque[tuple[str, ...]] = deque([()])
    while paths:
        path = paths.popleft()
        walk: Walk | None = None
        for name in steps:
            if walk is None:
                walk = begin()
                walk.go(path)
            taken |= walk.step(name)
            reached = walk.look().present
            if reached not in known:
                known.add(reached)
                paths.append((*path, name))
            if walk.changed:
                walk = None  # what changed nothing left it where it was
    return taken


class AnyOrder(RuleBasedStateMachine):
    """Steps in any order, with several products side by side."""

    @initialize()
    def begin(self) -> None:
        self._folder = _fresh_database()
        opened = self._folder.__enter__()
        publisher = new_publisher(opened)
        self.walks = [Walk(opened, _OURS, publisher) for _ in range(2)]

    def teardown(self) -> None:
        if hasattr(self, "_folder"):
            self._folder.__exit__(None, None, None)

    @rule(number=st.integers(0, 1), name=st.sampled_from(sorted(STEPS)))
    def step(self, number: int, name: str) -> None:
        self.walks[number].step(name)
        self.walks[1 - number].check()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
