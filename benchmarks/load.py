"""Makes uploads: plain blocking sockets, each body prepared in memory before the clock starts."""

import re
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

_CHUNK_BYTES: Final = 65_536  # what most clients send at a time
_HEAD_LIMIT_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Upload:
    """A request, ready to be sent again and again."""

    request: bytes

    @classmethod
    def prepare(cls, path: str, headers: Mapping[str, str], package: bytes, *, chunked: bool) -> "Upload":
        """The bytes of a POST of ``package``."""
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(package)}"
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/zip", framing]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode()
        return cls(head + (_in_chunks(package) if chunked else package))


def _in_chunks(package: bytes) -> bytes:
    parts = []
    for start in range(0, len(package), _CHUNK_BYTES):
        piece = package[start : start + _CHUNK_BYTES]
        parts += [b"%x\r\n" % len(piece), piece, b"\r\n"]
    return b"".join([*parts, b"0\r\n\r\n"])


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a number of uploads."""

    seconds: float
    each_seconds: list[float]
    last_location: str
    """The operation of the upload that was answered last, by whichever connection."""


def send(port: int, upload: Upload, *, count: int, at_once: int = 1) -> Sent:
    """Send the upload ``count`` times, over ``at_once`` connections that are kept."""
    with ThreadPoolExecutor(at_once) as threads:
        start = time.perf_counter()
        lanes = [threads.submit(_send_in_a_row, port, upload, count // at_once) for _ in range(at_once)]
        answers = [answer for lane in lanes for answer in lane.result()]
        seconds = time.perf_counter() - start
    last = max(answers, key=lambda answer: answer[1])
    return Sent(seconds, [took for took, _, _ in answers], last[2])


def _send_in_a_row(port: int, upload: Upload, count: int) -> list[tuple[float, float, str]]:
    answers = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            start = time.perf_counter()
            connection.sendall(upload.request)
            location = _read_accepted(connection)
            end = time.perf_counter()
            answers.append((end - start, end, location))
    return answers


def _read_accepted(connection: socket.socket) -> str:
    """Read one answer, which must be a 202 without a body; its ``Location``, where it has one."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(_HEAD_LIMIT_BYTES)
        assert piece, f"the connection was closed after {head!r}"
        head += piece
    assert head.startswith(b"HTTP/1.1 202 "), head
    found = re.search(rb"\r\nlocation: (\S+)", head)
    return found.group(1).decode() if found else ""
