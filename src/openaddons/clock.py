"""The time, as a value that is passed in: so tests and the emulator can stop it."""

from datetime import UTC, datetime
from typing import Protocol


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


def wire_time(moment: datetime) -> str:
    """A moment as the API writes it: UTC, seven fractional digits, ``Z`` (design: api-facts section 1.4).

    >>> wire_time(datetime(2024, 7, 25, 19, 24, 34, 599332, UTC))
    '2024-07-25T19:24:34.5993320Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
