"""A clock that is told what time it is."""

from datetime import UTC, datetime, timedelta

from openaddons.clock import SettableClock

MOMENT = datetime(2030, 1, 31, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def stopped_at(moment: datetime) -> SettableClock:
    clock = SettableClock()
    clock.freeze()
    clock.set(moment)
    return clock


def test_it_begins_as_the_machines() -> None:
    clock = SettableClock()
    before = datetime.now(UTC)

    assert before <= clock.now() <= datetime.now(UTC)
    assert not clock.frozen


def test_a_stopped_clock_goes_where_it_is_set_and_no_further() -> None:
    clock = stopped_at(MOMENT)
    clock.advance(AN_HOUR)

    assert [clock.now(), clock.now()] == [MOMENT + AN_HOUR] * 2
    assert clock.frozen


def test_it_runs_on_from_where_it_stood() -> None:
    clock = stopped_at(MOMENT)
    clock.run()
    first = clock.now()

    assert MOMENT <= first <= clock.now() < MOMENT + AN_HOUR
    assert not clock.frozen


def test_a_running_clock_that_is_moved_runs_on() -> None:
    clock = SettableClock()
    clock.set(MOMENT)
    clock.advance(-AN_HOUR)

    assert MOMENT - AN_HOUR <= clock.now() < MOMENT


def test_it_can_be_the_machines_again() -> None:
    clock = stopped_at(MOMENT)
    clock.reset()

    assert abs(clock.now() - datetime.now(UTC)) < AN_HOUR
    assert not clock.frozen
