"""Answers as they come from the wire, whole or not, well-formed or not."""

import http.client
import io
import socket
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.client._connection import LARGEST_HEAD_BYTES, AnswerBroken, Connection, Received

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "with a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Name: a\r\n\r\nhello",
    "in chunks": CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-Late: b\r\n\r\n",
    "without a body": b"HTTP/1.1 204 No Content\r\nRetry-After: 3\r\n\r\n",
    "after an interim one": (
        b"HTTP/1.1 100 Continue\r\nX-Early: c\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    ),
    "that ends the connection": b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    "without words": b"HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
}


def received(pieces: Iterable[bytes]) -> Received:
    answer = Received()
    for piece in pieces:
        answer.feed(piece)
    return answer


class Wire:
    """Enough of a socket for http.client."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


@given(st.sampled_from(sorted(WHOLE)), st.lists(st.integers(1, 40), max_size=12))
def test_an_answer_is_read_as_the_standard_library_reads_it_however_it_is_cut(
    kind: str, cuts: list[int]
) -> None:
    rest, pieces = WHOLE[kind], []
    for length in cuts:
        pieces.append(rest[:length])
        rest = rest[length:]
    answer = received(piece for piece in (*pieces, rest) if piece)
    yardstick = http.client.HTTPResponse(Wire(WHOLE[kind]))  # type: ignore[arg-type]
    yardstick.begin()

    assert answer.is_whole
    assert (answer.status, answer.reason) == (yardstick.status, yardstick.reason)
    assert (bytes(answer.body), answer.may_continue) == (yardstick.read(), not yardstick.will_close)
    headers = {name.lower(): value for name, value in yardstick.getheaders()}
    assert {name: value for name, value in answer.headers.items() if name != "x-late"} == headers


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    answer = received([b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"])
    answer.end()

    assert (bytes(answer.body), answer.is_whole, answer.may_continue) == (b"hello", True, False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        CHUNKED + b"5\r\nhello\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_half_an_answer_is_none(content: bytes) -> None:
    answer = received([content] if content else [])
    with pytest.raises(AnswerBroken):
        answer.end()


@pytest.mark.parametrize(
    "content",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        CHUNKED + b"xyz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(AnswerBroken, match="no HTTP"):
        received([content])


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-One-More: 1\r\n" * 100),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50),
        (CHUNKED + b"0\r\n", b"X-Trailer: 1\r\n" * 100),
    ],
)
def test_what_has_no_end_is_given_up(begin: bytes, more: bytes) -> None:
    times = 2 * LARGEST_HEAD_BYTES // len(more)
    with pytest.raises(AnswerBroken, match="headers are longer"):
        received([begin or more, *[more] * times])


def test_a_body_in_the_smallest_chunks_is_read() -> None:
    answer = received([CHUNKED])
    for _ in range(LARGEST_HEAD_BYTES):
        answer.feed(b"1\r\nx\r\n")
    answer.feed(b"0\r\n\r\n")

    assert (len(answer.body), answer.is_whole) == (LARGEST_HEAD_BYTES, True)


@pytest.mark.parametrize("excess", [b"x", WHOLE["with a length"]])
def test_a_connection_on_which_more_comes_than_was_asked_for_is_not_used_again(excess: bytes) -> None:
    for pieces in ([WHOLE["in chunks"] + excess], [WHOLE["in chunks"], excess]):
        answer = received(pieces)

        assert (bytes(answer.body), answer.status, answer.may_continue) == (b"hello", 200, False)


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\rb"])
def test_a_header_of_two_lines_is_not_sent(value: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection("127.0.0.1", server.getsockname()[1], tls=None, timeout_seconds=5)
        with pytest.raises(ValueError, match="more than one line"):
            connection.send_head("GET", "/", {"X-Name": value})
        connection.close()
