import pytest

from openaddons.client._core import Answer, Endpoint, Lost
from openaddons.client._retry import (
    ONE_CALL,
    Patience,
    may_repeat,
    pause_seconds,
    poll_pause_seconds,
    retry_after_seconds,
)

REFUSED = Lost(sent=False, problem="ConnectError")
CUT = Lost(sent=True, problem="ReadError")
HARMLESS = [Endpoint.UPLOAD_STATUS, Endpoint.PUBLISH_STATUS, Endpoint.TOKEN, Endpoint.MANAGE_LOOK]
CHANGES = [Endpoint.PUBLISH, Endpoint.MANAGE_CHANGE]


@pytest.mark.parametrize("endpoint", HARMLESS)
@pytest.mark.parametrize("outcome", [Answer(429), Answer(500), Answer(502), Answer(503), REFUSED, CUT])
def test_what_changes_nothing_is_repeated(endpoint: Endpoint, outcome: Answer | Lost) -> None:
    assert may_repeat(endpoint, outcome)


@pytest.mark.parametrize("endpoint", [Endpoint.UPLOAD, *CHANGES])
@pytest.mark.parametrize("outcome", [Answer(429), Answer(503), REFUSED])
def test_a_post_that_was_not_accepted_is_repeated(endpoint: Endpoint, outcome: Answer | Lost) -> None:
    assert may_repeat(endpoint, outcome)


@pytest.mark.parametrize("outcome", [Answer(502), Answer(504), CUT])
def test_an_upload_whose_answer_is_lost_is_repeated(outcome: Answer | Lost) -> None:
    assert may_repeat(Endpoint.UPLOAD, outcome)


def test_an_upload_that_the_store_failed_at_is_not_repeated() -> None:
    assert not may_repeat(Endpoint.UPLOAD, Answer(500))


@pytest.mark.parametrize("endpoint", CHANGES)
@pytest.mark.parametrize("outcome", [Answer(500), Answer(502), Answer(504), CUT])
def test_a_post_that_may_have_been_accepted_is_not_repeated(
    endpoint: Endpoint, outcome: Answer | Lost
) -> None:
    assert not may_repeat(endpoint, outcome)


@pytest.mark.parametrize("endpoint", list(Endpoint))
@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 408, 413])
def test_a_refusal_is_not_repeated(endpoint: Endpoint, status: int) -> None:
    assert not may_repeat(endpoint, Answer(status))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, {"retry-after": "7"}), 7),
        (Answer(503, {"retry-after": " 120 "}), 120),
        (
            Answer(
                503,
                {"retry-after": "Thu, 25 Jul 2024 19:25:00 GMT", "date": "Thu, 25 Jul 2024 19:24:30 GMT"},
            ),
            30,
        ),
        (
            Answer(
                503,
                {"retry-after": "Thu, 25 Jul 2024 19:24:00 GMT", "date": "Thu, 25 Jul 2024 19:24:30 GMT"},
            ),
            0,
        ),
        (Answer(503, {"retry-after": "Thu, 25 Jul 2024 19:24:00 GMT"}), None),
        (Answer(503, {"retry-after": "-5"}), None),
        (Answer(429, {}, b'{"message": "Rate limit is exceeded. Try again in 60 seconds."}'), 60),
        (Answer(429, {"retry-after": "2"}, b'{"message": "Try again in 60 seconds."}'), 2),
        (Answer(429, {}, b'{"message": "Error 70000001"}'), None),
        (Answer(429, {}, b'{"message": "' + b"9" * 5000 + b'"}'), None),
        (Answer(503, {"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}), None),
        (Answer(503, {}, b'{"message": "Try again in 60 seconds."}'), None),
        (Answer(429), None),
    ],
)
def test_the_store_says_how_long_to_wait(answer: Answer, seconds: float | None) -> None:
    assert retry_after_seconds(answer) == seconds


def pause(
    outcome: Answer | Lost, *, attempt: int = 1, remaining_seconds: float = 600, jitter: float = 1.0
) -> float | None:
    return pause_seconds(
        Endpoint.UPLOAD_STATUS,
        outcome,
        attempt=attempt,
        patience=ONE_CALL,
        remaining_seconds=remaining_seconds,
        jitter=jitter,
    )


def test_pauses_double() -> None:
    assert [pause(CUT, attempt=attempt) for attempt in range(1, 6)] == [0.5, 1, 2, 4, 8]


def test_pauses_have_an_upper_limit() -> None:
    patience = Patience(attempts=100, first_seconds=1, longest_seconds=20)

    assert (
        pause_seconds(Endpoint.TOKEN, CUT, attempt=50, patience=patience, remaining_seconds=600, jitter=1)
        == 20
    )


def test_jitter_halves_a_pause_at_most() -> None:
    assert pause(CUT, attempt=3, jitter=0) == 1


def test_the_store_is_never_asked_earlier_than_it_says() -> None:
    assert pause(Answer(429, {"retry-after": "9"}), jitter=0) == 9
    assert pause(Answer(429, {"retry-after": "9"}), jitter=1) == 9.5


def test_attempts_end() -> None:
    assert pause(CUT, attempt=ONE_CALL.attempts) is None


def test_a_pause_that_outlasts_the_time_is_not_begun() -> None:
    assert pause(Answer(429, {"retry-after": "3600"})) is None


def test_polling_starts_fast_and_slows_down() -> None:
    pauses = [poll_pause_seconds(look, held_seconds=0) for look in range(1, 10)]

    assert pauses == [1, 1.5, 2, 3, 5, 7, 10, 10, 10]


def test_what_the_store_has_held_counts_as_waited() -> None:
    assert poll_pause_seconds(7, held_seconds=4) == 6
    assert poll_pause_seconds(7, held_seconds=25) == 0
