"""Request heads that nobody sends in earnest: the connection is closed, and the server goes on."""

import pytest

from tests.stores import RunningStore
from tests.wire.raw import Connection, head


@pytest.fixture(autouse=True)
def serves_on(strict_store: RunningStore) -> None:
    """The store answers others before and, in each test, after what was done to it."""
    assert strict_store.http.get("/healthz").status_code == 200


def closed_without_harm(store: RunningStore, connection: Connection, *, status: int | None) -> None:
    if status is not None:
        assert connection.read().status == status
    assert connection.is_closed()
    assert store.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_head",
    [
        head("GET", "/healthz", {"X-Long": "x" * 70_000}),
        head("GET", "/healthz", {f"X-{number}": "x" * 1000 for number in range(70)}),
        head("GET", "/healthz", {f"X-{number}": "x" for number in range(200)}),
        head("GET", "/healthz?" + "x" * 70_000, {}),
        head("GET", "/healthz", {"x" * 70_000: "x"}),
    ],
    ids=["one long header", "many headers", "200 headers", "a long path", "a long name"],
)
def test_a_head_that_is_too_large_is_refused(strict_store: RunningStore, request_head: bytes) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(request_head)

        closed_without_harm(strict_store, connection, status=400)


@pytest.mark.parametrize(
    "request_head",
    [
        b"no request at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo\x00st: a\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_head_that_is_malformed_is_refused(strict_store: RunningStore, request_head: bytes) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(request_head)

        closed_without_harm(strict_store, connection, status=400)


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-"]
)
def test_a_head_that_does_not_come_to_an_end_is_closed(strict_store: RunningStore, beginning: bytes) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(beginning)

        closed_without_harm(strict_store, connection, status=None)


def test_a_head_that_drips_is_closed(strict_store: RunningStore) -> None:
    """Each byte comes soon enough, the whole does not."""
    request_head = head("GET", "/healthz", {"X-Long": "x" * 1000})
    with Connection(strict_store.url) as connection:
        sent = 0
        while connection.is_silent(seconds=0.05):
            connection.send(request_head[sent : sent + 1])
            sent += 1

        assert sent < 100  # of more than 1000
        closed_without_harm(strict_store, connection, status=None)


def test_a_second_request_on_a_connection_must_come_to_an_end_too(strict_store: RunningStore) -> None:
    with Connection(strict_store.url) as connection:
        assert connection.ask("GET", "/healthz", {}).status == 200
        connection.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-")

        closed_without_harm(strict_store, connection, status=None)


def test_a_connection_that_is_kept_may_be_silent_between_requests(strict_store: RunningStore) -> None:
    """Only a head that was begun must end in time: here 0.5 seconds."""
    with Connection(strict_store.url) as connection, Connection(strict_store.url) as timing:
        assert connection.ask("GET", "/healthz", {}).status == 200
        assert timing.is_closed()  # 0.5 seconds have passed

        assert connection.ask("GET", "/healthz", {}).status == 200


def test_a_websocket_is_not_opened_and_the_request_answered(strict_store: RunningStore) -> None:
    """However many come at once."""
    offer = {"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    with Connection(strict_store.url) as connection:
        connection.send(head("GET", "/healthz", offer) * 1000 + head("GET", "/nowhere", {}))

        assert [connection.read().status for _ in range(1001)] == [200] * 1000 + [404]
