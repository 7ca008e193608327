"""Those that a store tells: a web server for webhooks and a mail server, real ones on 127.0.0.1."""

import asyncio
import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.stores import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Posted:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """A web server that keeps what is posted to it."""

    url: str
    answer: Callable[[Posted], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")
    posted: "queue.Queue[Posted]" = field(default_factory=queue.Queue)

    def next(self) -> Posted:
        """What was posted next; waited for."""
        return self.posted.get(timeout=PATIENCE_SECONDS)


@contextmanager
def receiver(certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver for the length of the block, by https with a certificate; its answer may be changed on the way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            made.posted.put(posted)
            status, headers, answer = made.answer(posted)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(answer))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    if certificate is not None:
        server.socket = _tls(certificate).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        made.url = f"https://localhost:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@dataclass(slots=True)
class MailServer:
    """A mail server that keeps what it takes (RFC 5321, as much of it as a client needs).

    Where it has TLS, from the start or from STARTTLS on, it takes any password.
    """

    port: int = 0
    refuse: str | None = None
    """What it answers to RCPT instead."""
    tls: ssl.SSLContext | None = None
    said: list[str] = field(default_factory=list)
    mails: "queue.Queue[tuple[list[str], bytes]]" = field(default_factory=queue.Queue)

    def next(self) -> tuple[list[str], bytes]:
        """The receivers and the text of the mail that came next; waited for."""
        return self.mails.get(timeout=PATIENCE_SECONDS)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client until it goes; one that does not trust the certificate goes at once."""
        receivers: list[str] = []
        with suppress(OSError):
            writer.write(b"220 test ready\r\n")
            while line := (await reader.readline()).decode().strip():
                self.said.append(line)
                verb = line[:4].upper()
                if verb == "RCPT":
                    receivers.append(line.partition("<")[2].partition(">")[0])
                writer.write(f"{self._answer(verb, writer)}\r\n".encode())
                await writer.drain()
                if verb == "DATA":
                    text = await reader.readuntil(b"\r\n.\r\n")
                    self.mails.put((receivers, text.removesuffix(b".\r\n")))
                    writer.write(b"250 taken\r\n")
                elif verb == "STAR" and self.tls is not None:
                    await writer.start_tls(self.tls)
                elif verb == "QUIT":
                    break
        writer.close()

    def _answer(self, verb: str, writer: asyncio.StreamWriter) -> str:
        offered = "STARTTLS" if writer.get_extra_info("ssl_object") is None else "AUTH PLAIN"
        answers = {"AUTH": "235 welcome", "DATA": "354 go on", "QUIT": "221 bye", "STAR": "220 go on"}
        if self.tls is not None:
            answers["EHLO"] = f"250-test\r\n250 {offered}"
        if self.refuse is not None:
            answers["RCPT"] = self.refuse
        return answers.get(verb, "250 fine")


@contextmanager
def mail_server(certificate: Path | None = None, *, starttls: bool = False) -> Iterator[MailServer]:
    """A mail server for the length of the block: with a certificate by TLS, or with STARTTLS."""
    made = MailServer(tls=None if certificate is None else _tls(certificate))

    async def run() -> None:
        at_once = None if starttls else made.tls
        server = await asyncio.start_server(made.talk, "127.0.0.1", 0, ssl=at_once)
        made.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await stopping.wait()

    loop, stopping, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    ready.wait()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
