"""The time, as a value that is passed in: so tests and the emulator can stop it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_SATURDAY: Final = 5  # as datetime.weekday() counts


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        return datetime.now(UTC)


class SettableClock:
    """A clock that can be stopped, set and moved. It begins as the machine's. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = timedelta(0)
        self._stopped: datetime | None = None

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._stopped is not None

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        return self._stopped or datetime.now(UTC) + self._ahead

    def freeze(self) -> None:
        """Stand still from now on."""
        with self._lock:
            self._stopped = self._now()

    def run(self) -> None:
        """Run on from where it stands."""
        with self._lock:
            self._move(self._now(), stopped=False)

    def set(self, moment: datetime) -> None:
        """Be at ``moment``, which is aware; running or frozen as before."""
        with self._lock:
            self._move(moment, stopped=self.frozen)

    def advance(self, length: timedelta) -> None:
        """Go forward by ``length``, or back; running or frozen as before."""
        with self._lock:
            self._move(self._now() + length, stopped=self.frozen)

    def reset(self) -> None:
        """Be the machine's clock again."""
        with self._lock:
            self._ahead, self._stopped = timedelta(0), None

    def _move(self, moment: datetime, *, stopped: bool) -> None:
        self._ahead = moment - datetime.now(UTC)
        self._stopped = moment if stopped else None


def wire_time(moment: datetime) -> str:
    """A moment as the API writes it: UTC, seven fractional digits, ``Z`` (design: api-facts section 1.4).

    >>> wire_time(datetime(2024, 7, 25, 19, 24, 34, 599332, UTC))
    '2024-07-25T19:24:34.5993320Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def business_days_after(moment: datetime, *, days: int) -> datetime:
    """The moment that many working days later, at the same hour in UTC. Saturdays and Sundays are none.

    Holidays differ from place to place and count as working days.

    >>> business_days_after(datetime(2026, 11, 26, 14, tzinfo=UTC), days=7).isoformat()
    '2026-12-07T14:00:00+00:00'
    """
    for _ in range(days):
        moment += timedelta(days=1)
        while moment.weekday() >= _SATURDAY:
            moment += timedelta(days=1)
    return moment
