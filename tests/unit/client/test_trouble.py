import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openaddons.client import (
    AnswerLost,
    AnswerUnreadable,
    CredentialsRejected,
    EdgeAddons,
    EdgeAddonsError,
    NetworkError,
    RedirectRefused,
    StoreUnavailable,
    TooManyRequests,
)

from .scripted import (
    API_KEY,
    BUSY,
    CLIENT_SECRET,
    CUT,
    OPERATION,
    PRODUCT,
    REFUSED,
    SECRET,
    SILENT,
    Scripted,
    ScriptedStore,
    StoppedClock,
    accepted,
    client,
    operation,
    token,
)

pytestmark = pytest.mark.usefixtures("both_shells")

# Trouble, and what is done about it


@pytest.mark.parametrize("trouble", [BUSY, httpx2.Response(503), REFUSED, httpx2.ConnectTimeout("timed out")])
def test_an_upload_that_was_not_accepted_is_sent_again(package: Path, trouble: Scripted) -> None:
    store = ScriptedStore(trouble, accepted())

    assert client(store).upload(PRODUCT, package) == OPERATION
    assert [request.content for request in store.requests] == [package.read_bytes()] * 2


@pytest.mark.parametrize("trouble", [BUSY, httpx2.Response(500), httpx2.Response(502), REFUSED, CUT, SILENT])
def test_a_status_request_is_sent_again(trouble: Scripted) -> None:
    store = ScriptedStore(trouble, trouble, operation())

    assert client(store).publish_status(PRODUCT, OPERATION).succeeded


@pytest.mark.parametrize("trouble", [BUSY, httpx2.Response(503), REFUSED])
def test_a_publish_that_was_not_accepted_is_sent_again(trouble: Scripted) -> None:
    assert client(ScriptedStore(trouble, accepted())).publish(PRODUCT) == OPERATION


def test_the_store_is_left_alone_for_as_long_as_it_asks() -> None:
    clock = StoppedClock()

    client(ScriptedStore(BUSY, operation()), clock=clock).upload_status(PRODUCT, OPERATION)

    assert len(clock.slept) == 1
    assert 7 <= clock.slept[0] <= 7.5


def test_a_store_that_asks_for_more_time_than_there_is_gets_no_second_request() -> None:
    store = ScriptedStore(BUSY)

    with pytest.raises(TooManyRequests) as caught:
        client(store, timeout_seconds=5).upload_status(PRODUCT, OPERATION)

    assert "7 seconds" in caught.value.advice


@pytest.mark.parametrize("trouble", [CUT, SILENT, httpx2.Response(502), httpx2.Response(504)])
def test_a_publish_whose_answer_is_lost_is_not_sent_again(trouble: Scripted) -> None:
    store = ScriptedStore(trouble)

    with pytest.raises(AnswerLost) as caught:
        client(store).publish(PRODUCT)

    assert len(store.requests) == 1
    assert "in review" in caught.value.advice


@pytest.mark.parametrize("trouble", [CUT, SILENT, httpx2.Response(502), httpx2.Response(504)])
def test_an_upload_whose_answer_is_lost_is_sent_again(package: Path, trouble: Scripted) -> None:
    store = ScriptedStore(trouble, accepted())

    assert client(store).upload(PRODUCT, package) == OPERATION
    assert [request.content for request in store.requests] == [package.read_bytes()] * 2


def test_an_upload_is_not_sent_again_after_the_deadline(package: Path) -> None:
    clock = StoppedClock()

    def slow(request: httpx2.Request) -> httpx2.Response:
        clock.seconds += 31
        raise CUT

    store = ScriptedStore(slow)

    with pytest.raises(NetworkError, match="connection reset") as caught:
        client(store, clock=clock).upload(PRODUCT, package, timeout_seconds=30)

    assert len(store.requests) == 1
    assert "Upload again" in caught.value.advice


def test_a_store_that_stays_away_is_given_up() -> None:
    clock = StoppedClock()
    store = ScriptedStore(*[REFUSED] * 6)

    with pytest.raises(NetworkError, match=r"No connection to store\.test"):
        client(store, clock=clock).publish(PRODUCT)

    assert len(clock.slept) == 5
    assert sum(clock.slept) <= 15.5


def test_a_wait_survives_the_restart_of_a_store() -> None:
    store = ScriptedStore(operation("InProgress"), *[REFUSED] * 8, operation())

    assert client(store).wait_upload(PRODUCT, OPERATION).succeeded


def test_a_wait_that_ends_in_trouble_says_how_to_take_it_up_again() -> None:
    store = ScriptedStore(*[httpx2.Response(500)] * 10)

    with pytest.raises(StoreUnavailable) as caught:
        client(store).wait_upload(PRODUCT, OPERATION)

    assert caught.value.operation_id == OPERATION
    assert OPERATION in caught.value.advice


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    sent_bytes = 0

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            nonlocal sent_bytes
            while True:
                sent_bytes += 1_000_000
                yield bytes(1_000_000)

    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=Endless()))

    with (
        EdgeAddons(API_KEY, base_url="https://store.test", transport=transport) as addons,
        pytest.raises(AnswerUnreadable, match="not a JSON object"),
    ):
        addons.upload_status(PRODUCT, OPERATION)

    assert sent_bytes == 17_000_000


# Access tokens


def test_a_token_is_fetched_once_and_kept(package: Path) -> None:
    store = ScriptedStore(token("token-1"), accepted(), operation())

    with client(store, credentials=CLIENT_SECRET) as addons:
        addons.upload(PRODUCT, package)
        addons.upload_status(PRODUCT, OPERATION)

    assert str(store.requests[0].url) == CLIENT_SECRET.token_url
    assert "authorization" not in store.requests[0].headers
    assert [request.headers["authorization"] for request in store.requests[1:]] == ["Bearer token-1"] * 2
    assert all("x-clientid" not in request.headers for request in store.requests)


def test_a_token_is_renewed_before_it_ends() -> None:
    clock = StoppedClock()
    store = ScriptedStore(token("token-1"), operation(), token("token-2"), operation())
    addons = client(store, clock=clock, credentials=CLIENT_SECRET)

    addons.upload_status(PRODUCT, OPERATION)
    clock.seconds += 3550
    addons.upload_status(PRODUCT, OPERATION)

    assert store.requests[3].headers["authorization"] == "Bearer token-2"


def test_a_kept_token_that_the_store_no_longer_takes_is_renewed_once() -> None:
    unauthorized = httpx2.Response(401, json={"message": "Invalid JWT."})
    store = ScriptedStore(token("token-1"), operation(), unauthorized, token("token-2"), unauthorized)
    addons = client(store, credentials=CLIENT_SECRET)
    addons.upload_status(PRODUCT, OPERATION)

    with pytest.raises(CredentialsRejected, match="Invalid JWT"):
        addons.upload_status(PRODUCT, OPERATION)

    assert store.script == []


def test_a_fresh_token_that_the_store_rejects_is_not_renewed() -> None:
    store = ScriptedStore(token(), httpx2.Response(401))

    with pytest.raises(CredentialsRejected):
        client(store, credentials=CLIENT_SECRET).publish(PRODUCT)

    assert store.script == []


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refused_token_request_is_a_matter_of_credentials(status: int) -> None:
    answer = httpx2.Response(
        status, json={"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
    )

    with pytest.raises(CredentialsRejected, match="AADSTS7000215") as caught:
        client(ScriptedStore(answer), credentials=CLIENT_SECRET).publish(PRODUCT)

    assert "token URL" in caught.value.advice


@pytest.mark.parametrize("trouble", [BUSY, httpx2.Response(500), CUT])
def test_a_token_request_is_sent_again(trouble: Scripted) -> None:
    store = ScriptedStore(trouble, token(), accepted())

    assert client(store, credentials=CLIENT_SECRET).publish(PRODUCT) == OPERATION


def test_a_lost_token_is_not_a_lost_publish() -> None:
    store = ScriptedStore(*[CUT] * 6)

    with pytest.raises(NetworkError, match="access token"):
        client(store, credentials=CLIENT_SECRET).publish(PRODUCT)


# Secrets


def test_no_secret_is_in_repr_errors_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = httpx2.Response(401, json={"message": f"No such key: {SECRET}"})
    addons = client(ScriptedStore(echo))

    with pytest.raises(CredentialsRejected, match="redacted") as caught:
        addons.publish(PRODUCT)

    assert SECRET not in repr(addons)
    assert SECRET not in repr(vars(caught.value))
    assert SECRET not in caplog.text


@pytest.mark.parametrize("trouble", [CUT, REFUSED])
def test_no_exception_of_the_transport_stands_behind_ours(trouble: Scripted) -> None:
    # It would hold the request, and the request holds the key.
    with pytest.raises(EdgeAddonsError) as caught:
        client(ScriptedStore(*[trouble] * 6)).publish(PRODUCT)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_redirect_is_not_followed() -> None:
    moved = httpx2.Response(307, headers={"Location": "https://elsewhere.test/"})
    store = ScriptedStore(moved)

    with pytest.raises(RedirectRefused):
        client(store).publish(PRODUCT)

    assert [request.url.host for request in store.requests] == ["store.test"]


@pytest.mark.parametrize("arguments", [{"base_url": "store.test"}, {"base_url": ""}])
def test_an_unusable_address_is_refused_when_the_client_is_made(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="base_url"):
        EdgeAddons(API_KEY, **arguments)
