"""HTTP by hand: what a client library would not send, and what it does not show."""

import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.stores import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: header names as they were written, in their order."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: store.test", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class Connection:
    """One connection to a store."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.port is not None
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request and read its answer."""
        self.send(head(method, path, headers) + body)
        return self.read(bodiless=method == "HEAD")

    def read(self, *, bodiless: bool = False) -> Answer:
        """The next answer; ``bodiless`` for one to HEAD and for a 1xx."""
        status = int(self._file.readline().split()[1])
        headers = []
        while (line := self._file.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = line.partition(": ")
            headers.append((name, value))
        answer = Answer(status, headers, b"")
        length = 0 if bodiless or status < 200 else int(answer.header("content-length") or 0)
        return Answer(status, headers, self._file.read(length))

    def is_silent(self, *, seconds: float) -> bool:
        """Whether nothing comes from the server for so long, neither bytes nor the end of the connection."""
        return not select.select([self.socket], [], [], seconds)[0]

    def is_closed(self) -> bool:
        """Wait for the server to close the connection; False when it sends something instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True
