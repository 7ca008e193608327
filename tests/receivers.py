"""Those that a store tells: a web server for webhooks and a mail server, real ones on 127.0.0.1."""

import asyncio
import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        made.url = f"https://localhost:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True)
class MailServer:
    """A mail server that keeps what it takes. ``refuse`` is what it answers to RCPT instead."""

    port: int
    refuse: str | None = None
    said: list[str] = field(default_factory=list)
    mails: "queue.Queue[tuple[list[str], bytes]]" = field(default_factory=queue.Queue)

    def next(self) -> tuple[list[str], bytes]:
        """The receivers and the text of the mail that came next; waited for."""
        return self.mails.get(timeout=PATIENCE_SECONDS)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server for the length of the block (RFC 5321, as much of it as a client needs)."""
    made = MailServer(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        receivers: list[str] = []
        await say("220 test ready")
        while line := (await reader.readline()).decode().strip():
            made.said.append(line)
            verb = line[:4].upper()
            if verb == "RCPT" and made.refuse:
                await say(made.refuse)
            elif verb == "DATA":
                await say("354 go on")
                text = await reader.readuntil(b"\r\n.\r\n")
                made.mails.put((receivers, text.removesuffix(b".\r\n")))
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                if verb == "RCPT":
                    receivers.append(line.partition("<")[2].partition(">")[0])
                await say("250 fine")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
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
