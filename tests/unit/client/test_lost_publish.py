"""A publish whose answer is lost: never taken for refused, never done twice."""

import httpx2
import pytest

from openaddons.client import AnswerLost, EdgeAddons

from .managed import answer, problem, publishes
from .scripted import (
    API_KEY,
    CUT,
    OPERATION,
    PRODUCT,
    SILENT,
    Scripted,
    ScriptedStore,
    StoppedClock,
    accepted,
    client,
)

pytestmark = pytest.mark.usefixtures("both_shells")

LOST = [CUT, SILENT, httpx2.Response(502), httpx2.Response(504), httpx2.Response(202)]
NEWEST = "0f1e2d3c-4b5a-6978-8796-000000000000"


def methods(store: ScriptedStore) -> list[str]:
    return [request.method for request in store.requests]


@pytest.mark.parametrize("trouble", LOST)
def test_a_publish_that_the_store_has_is_taken_up(trouble: Scripted) -> None:
    store = ScriptedStore(trouble, publishes(0), managed=True)

    assert client(store).publish(PRODUCT) == NEWEST
    assert methods(store) == ["POST", "GET"]
    assert store.requests[1].url.path == f"/manage/v1/products/{PRODUCT}/operations"
    assert store.requests[1].url.params["kind"] == "publish"


@pytest.mark.parametrize("trouble", LOST)
def test_a_publish_that_the_store_has_not_is_sent_once_more(trouble: Scripted) -> None:
    store = ScriptedStore(trouble, publishes(), accepted(), managed=True)

    assert client(store).publish(PRODUCT, notes="Hello") == OPERATION
    assert methods(store) == ["POST", "GET", "POST"]
    assert store.requests[2].content == store.requests[0].content


def test_a_publish_that_is_lost_twice_is_given_up() -> None:
    store = ScriptedStore(CUT, publishes(), CUT, publishes(), managed=True)

    with pytest.raises(AnswerLost):
        client(store).publish(PRODUCT)

    assert store.script == []


def test_a_publish_that_is_lost_twice_and_got_there_is_taken_up() -> None:
    store = ScriptedStore(CUT, publishes(), CUT, publishes(1), managed=True)

    assert client(store).publish(PRODUCT) == NEWEST


@pytest.mark.parametrize(("age_seconds", "is_ours"), [(30, True), (31, True), (32, False), (3600, False)])
def test_what_the_store_got_before_the_request_is_somebody_elses(
    age_seconds: float, *, is_ours: bool
) -> None:
    clock = StoppedClock()

    def silent(request: httpx2.Request) -> httpx2.Response:
        clock.seconds += 30  # and the client waits another one before it asks
        raise SILENT

    store = ScriptedStore(silent, publishes(age_seconds), accepted(), managed=True)

    assert client(store, clock=clock).publish(PRODUCT) == (NEWEST if is_ours else OPERATION)


def test_an_earlier_publish_of_the_same_client_is_not_taken_for_this_one() -> None:
    store = ScriptedStore(accepted(NEWEST), CUT, publishes(0), accepted(), managed=True)

    with client(store) as addons:
        addons.publish(PRODUCT)

        assert addons.publish(PRODUCT) == OPERATION


@pytest.mark.parametrize(
    "useless",
    [
        httpx2.Response(404),
        problem(404),
        answer({"operations": [{"id": 7}]}),
        answer({"operations": [{"id": NEWEST, "createdTime": "Date Time"}]}),
        publishes(-61),  # from the future: its Date is not by the clock of its operations
        httpx2.Response(200, json={"operations": []}),  # without a Date there is no "since"
        httpx2.Response(200, text="<html>"),
        httpx2.Response(200, headers={"Date": "Mon, 01 Jan 10000 00:00:00 GMT"}, json={"operations": []}),
    ],
)
def test_a_store_that_cannot_tell_gets_no_second_publish(useless: Scripted) -> None:
    store = ScriptedStore(CUT, useless, managed=True)

    with pytest.raises(AnswerLost) as caught:
        client(store).publish(PRODUCT)

    assert methods(store) == ["POST", "GET"]
    assert "in review" in caught.value.advice


def test_what_was_accepted_long_ago_is_not_ours_however_the_date_is_written() -> None:
    listed = publishes(0)
    listed.headers["Date"] = "Fri, 31 Dec 9999 23:59:59 GMT"
    store = ScriptedStore(CUT, listed, accepted(), managed=True)

    assert client(store).publish(PRODUCT) == OPERATION


def test_microsofts_store_is_not_asked() -> None:
    store = ScriptedStore(CUT, managed=True)
    clock = StoppedClock()

    with (
        EdgeAddons(
            API_KEY,
            base_url="https://api.addons.microsoftedge.microsoft.com",
            transport=store.transport,
            clock=clock,
            sleep=clock.sleep,
        ) as addons,
        pytest.raises(AnswerLost),
    ):
        addons.publish(PRODUCT)

    assert methods(store) == ["POST"]


def test_after_the_deadline_a_publish_is_looked_for_and_not_sent_again() -> None:
    clock = StoppedClock()

    def silent(request: httpx2.Request) -> httpx2.Response:
        clock.seconds += 30
        raise SILENT

    store = ScriptedStore(silent, publishes(), managed=True)

    with pytest.raises(AnswerLost):
        client(store, clock=clock).publish(PRODUCT, timeout_seconds=10)

    assert methods(store) == ["POST", "GET"]
