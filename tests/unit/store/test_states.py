"""The tables of transitions, walked through every row on a real database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from openaddons.clock import SystemClock
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.schema import ensure_current
from openaddons.store.session import Database, database
from tests.unit.store.uncommitted import uncommitted
from tests.unit.store.walks import (
    OFFER_STEPS,
    OPERATION_STEPS,
    PRODUCT_STEPS,
    RELEASED,
    ROWS,
    STEPS,
    Row,
    Walk,
    make_ring,
    new_publisher,
)

_OURS = Settings(certification=CertificationPolicy.MANUAL)


@contextmanager
def _fresh_database() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'walks.sqlite3'}"
        ensure_current(url)
        with database(url, SystemClock()) as opened:
            make_ring(opened)
            yield opened


def test_every_step_from_every_state_takes_a_row_or_changes_nothing_and_every_row_is_taken() -> None:
    walks = ((PRODUCT_STEPS, ()), (OPERATION_STEPS, ()), (OFFER_STEPS, RELEASED))

    assert set().union(*(_explore(steps, start) for steps, start in walks)) == ROWS


def _explore(steps: Iterable[str], start: Iterable[str]) -> set[Row]:
    """Try every step from every state that the steps lead to. Returns the rows that were taken."""
    taken: set[Row] = set()
    known: set[object] = set()
    with _fresh_database() as opened, uncommitted(opened) as database:
        walk = Walk(database, _OURS, new_publisher(database))

        def visit() -> None:
            known.add(walk.reached.present)
            for name in steps:
                with walk.trial():
                    taken.update(walk.step(name))
                    if walk.changed and walk.reached.present not in known:
                        visit()

        walk.go(start)
        visit()
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
        if self.walks[number].changed:
            self.walks[1 - number].check()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
