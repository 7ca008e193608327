"""When a request is sent again, and after how long. Pure: the outcome and the numbers in, a number out."""

import re
from typing import Final, NamedTuple

from openaddons.client._core import Answer, Endpoint, Lost, http_date, json_object

_HARMLESS: Final = frozenset(
    {Endpoint.UPLOAD_STATUS, Endpoint.PUBLISH_STATUS, Endpoint.TOKEN, Endpoint.MANAGE_LOOK}
)
"""Requests that change nothing: sent twice they do what they do once."""

_NOT_ACCEPTED: Final = frozenset({429, 503})
"""With these the store says that it did not take the request."""

ANSWER_LOST: Final = frozenset({502, 504})
"""With these something between says that it lost the store's answer."""

_LONGEST_WAIT_IN_WORDS_SECONDS: Final = 300

_INTERVALS_SECONDS: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
"""Most operations take 1 to 20 s; the last value goes on for ever."""


class Patience(NamedTuple):
    """How often a request is sent at most, and how the pauses grow: they double, from first to longest."""

    attempts: int = 6
    first_seconds: float = 0.5
    longest_seconds: float = 20.0


ONE_CALL: Final = Patience()
"""About 15 s of trouble."""

WHILE_WAITING: Final = Patience(attempts=10)
"""About 90 s: the operation was accepted and goes on, so a store that restarts is worth waiting for."""


def may_repeat(endpoint: Endpoint, outcome: Answer | Lost) -> bool:
    """True when sending the request again can help and cannot do its work twice.

    An upload whose answer is lost is repeated: it replaces the draft's package, by the same one. Any other
    request that changes something is repeated only where the store certainly did not accept it.
    """
    if isinstance(outcome, Lost):
        return endpoint in _HARMLESS or endpoint is Endpoint.UPLOAD or not outcome.sent
    if endpoint in _HARMLESS:
        return outcome.status == 429 or 500 <= outcome.status <= 599
    if endpoint is Endpoint.UPLOAD and outcome.status in ANSWER_LOST:
        return True
    return outcome.status in _NOT_ACCEPTED


def retry_after_seconds(answer: Answer) -> float | None:
    """How long the store asks to be left alone; None when it does not say.

    ``Retry-After`` in seconds or as a date (RFC 9110 section 10.2.3), else the first number in the message
    of a 429, where Microsoft's gateway puts it.
    """
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    # By the store's own clock, not ours: the two need not agree.
    if value and (until := http_date(value)) and answer.sent_time:
        return max(0.0, (until - answer.sent_time).total_seconds())
    if answer.status == 429:
        number = re.search(r"[0-9]+", str((json_object(answer) or {}).get("message", "")))
        if number and len(number[0]) < 5 and int(number[0]) <= _LONGEST_WAIT_IN_WORDS_SECONDS:
            return float(number[0])
    return None


def pause_seconds(
    endpoint: Endpoint,
    outcome: Answer | Lost,
    *,
    attempt: int,
    patience: Patience,
    remaining_seconds: float,
    jitter: float,
) -> float | None:
    """How long to wait before the next attempt; None when there is to be none.

    ``attempt`` counts from 1; ``jitter`` is a random number from 0 to 1 that spreads clients which
    were turned away together. A wait that would outlast ``remaining_seconds`` is not begun.
    """
    if attempt >= patience.attempts or not may_repeat(endpoint, outcome):
        return None
    asked_seconds = retry_after_seconds(outcome) if isinstance(outcome, Answer) else None
    if asked_seconds is not None:
        pause = asked_seconds + jitter / 2
    else:
        pause = min(patience.longest_seconds, patience.first_seconds * 2 ** (attempt - 1)) * (
            0.5 + jitter / 2
        )
    return pause if pause < remaining_seconds else None


def poll_pause_seconds(look: int, *, held_seconds: float) -> float:
    """How long to wait before the next look at an operation in progress; looks are counted from 1.

    A store that held the answer for ``held_seconds`` has done that part of the waiting already.
    """
    interval_seconds = _INTERVALS_SECONDS[min(look, len(_INTERVALS_SECONDS)) - 1]
    return max(0.0, interval_seconds - held_seconds)
