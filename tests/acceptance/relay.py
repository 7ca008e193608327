"""Microsoft's host names for one client process: TLS on port 443, carried on to a store on this machine.

The publishing tools hard-code https://api.addons.microsoftedge.microsoft.com. So that they run as they are, each
gets namespaces of its own in which that name is this machine, and a certificate that it alone trusts.
"""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.acceptance.certificates import make_certificates
from tests.acceptance.namespaces import unshare

API_HOST: Final = "api.addons.microsoftedge.microsoft.com"
LOGIN_HOST: Final = "login.microsoftonline.com"

_INSIDE: Final = Path(__file__).with_name("inside.py")
# What the kinds of clients read to learn whom to trust: OpenSSL, requests, Node, curl.
_TRUST: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
_CLIENT_SECONDS: Final = 120.0
_PIECE_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Ended:
    """A client that has ended: its exit status, and what it wrote on standard output and standard error."""

    status: int
    output: str


class Relay:
    """Runs clients for which Microsoft's names lead to the store."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store_port: int, directory: Path) -> None:
        self._loop = loop
        self._store_port = store_port
        self._hosts = directory / "hosts"
        self._hosts.write_text(f"127.0.0.1 localhost {API_HOST} {LOGIN_HOST}\n", encoding="ascii")
        self._authority = directory / "authority.pem"
        server = directory / "server.pem"
        make_certificates([API_HOST, LOGIN_HOST], authority=self._authority, server=server)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(server)

    def run(
        self, command: Sequence[str | Path], *, directory: Path, environment: Mapping[str, str] | None = None
    ) -> Ended:
        """Run a client to its end, in ``directory``."""
        # Nothing else of our own environment: it may hold a proxy, or settings of the store.
        given = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8"}
        given |= dict.fromkeys(_TRUST, str(self._authority)) | dict(environment or {})
        ours, theirs = socket.socketpair()
        with ours, theirs:
            inside = [sys.executable, str(_INSIDE), str(theirs.fileno()), str(self._hosts)]
            process = subprocess.Popen(
                [*unshare("mount", "net"), *inside, *map(str, command)],
                cwd=directory,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                pass_fds=[theirs.fileno()],
            )
            theirs.close()
            _, descriptors, _, _ = socket.recv_fds(ours, 16, 1)
        with process:
            try:
                with self._answering(descriptors):
                    output, _ = process.communicate(timeout=_CLIENT_SECONDS)
            finally:
                process.kill()
        return Ended(process.returncode, output)

    @contextmanager
    def _answering(self, descriptors: Sequence[int]) -> Iterator[None]:
        """Answer on the client's listener. Where there is none, the client's output says why."""
        listening = [
            asyncio.run_coroutine_threadsafe(self._listen(descriptor), self._loop).result()
            for descriptor in descriptors
        ]
        try:
            yield
        finally:
            for server in listening:
                self._loop.call_soon_threadsafe(server.close)

    async def _listen(self, descriptor: int) -> asyncio.Server:
        listener = socket.socket(fileno=descriptor)
        return await asyncio.start_server(self._connected, sock=listener, ssl=self._tls)

    async def _connected(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        store, to_store = await asyncio.open_connection("127.0.0.1", self._store_port)
        await asyncio.gather(_carry(client, to_store), _carry(store, to_client))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until either end leaves; the other one hears of it by the close."""
    try:
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


@contextmanager
def relay_to(store_port: int, directory: Path) -> Iterator[Relay]:
    """A relay with an event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test-relay")
    thread.start()
    try:
        yield Relay(loop, store_port, directory)
    finally:
        asyncio.run_coroutine_threadsafe(_end_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all() -> None:
    """End what clients that were killed have left."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
