"""The two ways in which the synchronous client sends: both do what a store on the network asks of them."""

import asyncio
import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import httpx2
import pytest
from click.testing import CliRunner

from openaddons.cli.main import main
from openaddons.client import (
    ApiKey,
    AsyncEdgeAddons,
    EdgeAddons,
    NetworkError,
    PackageTooLarge,
    _http,
    trust,
)
from openaddons.client._http import Httpx2Sender, sender_of
from openaddons.client._plain import PlainSender
from openaddons.client.trust import read_trust_ahead
from tests.acceptance.certificates import make_certificates
from tests.wire.client.line import Line, line

PRODUCT: Final = "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6"
KEY: Final = ApiKey("client-1", "a-key")
SUCCEEDED: Final = json.dumps({"id": PRODUCT, "status": "Succeeded"}).encode()
both_ways = pytest.mark.parametrize("way", ["plain", "httpx2"])


def transport(way: str) -> httpx2.BaseTransport | None:
    return httpx2.HTTPTransport() if way == "httpx2" else None


class Answering(BaseHTTPRequestHandler):
    """A store that finds everything done; it keeps its connections, and counts them."""

    protocol_version = "HTTP/1.1"
    connections: list[object]

    def setup(self) -> None:
        super().setup()
        self.connections.append(self.client_address)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(SUCCEEDED)))
        self.end_headers()
        self.wfile.write(SUCCEEDED)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    handler = type("Counting", (Answering,), {"connections": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as opened:
        thread = Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


@both_ways
def test_a_connection_is_used_again(way: str, server: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    with EdgeAddons(KEY, base_url=url, transport=transport(way)) as addons:
        for _ in range(3):
            assert addons.upload_status(PRODUCT, PRODUCT).succeeded

    assert len(server.RequestHandlerClass.connections) == 1  # type: ignore[attr-defined]


@both_ways
def test_a_connection_that_the_store_has_closed_is_not_used_again(
    way: str, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = threading.Event()

    def finish(handler: Answering) -> None:
        BaseHTTPRequestHandler.finish(handler)
        handler.connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    # After its first answer, without a word of it.
    monkeypatch.setattr(server.RequestHandlerClass, "handle", BaseHTTPRequestHandler.handle_one_request)
    monkeypatch.setattr(server.RequestHandlerClass, "finish", finish)
    url = f"http://127.0.0.1:{server.server_port}"
    with EdgeAddons(KEY, base_url=url, transport=transport(way), timeout_seconds=0) as addons:
        for _ in range(3):
            assert addons.upload_status(PRODUCT, PRODUCT).succeeded
            assert closed.wait(60)
            closed.clear()

    assert len(server.RequestHandlerClass.connections) == 3  # type: ignore[attr-defined]


@pytest.fixture
def authority(server: ThreadingHTTPServer, tmp_path: Path) -> Path:
    """Who vouches for the server, which speaks TLS from now on, as localhost."""
    path, certificate = tmp_path / "authority.pem", tmp_path / "server.pem"
    make_certificates(["localhost"], authority=path, server=certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return path


def ask(url: str, way: str) -> bool:
    with EdgeAddons(KEY, base_url=url, transport=transport(way), sleep=lambda _: None) as addons:
        return addons.upload_status(PRODUCT, PRODUCT).succeeded


@both_ways
def test_tls_is_spoken_to_those_whom_the_machine_trusts_and_to_nobody_else(
    way: str, server: ThreadingHTTPServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, by_address = (f"https://{host}:{server.server_port}" for host in ("localhost", "127.0.0.1"))

    with pytest.raises(NetworkError, match=r"(?i)certificate"):
        ask(named, way)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert ask(named, way)
    with pytest.raises(NetworkError, match=r"(?i)certificate"):
        ask(by_address, way)


@pytest.mark.parametrize("plain", [True, False])
def test_the_authorities_of_a_file_are_trusted_and_no_others(
    plain: bool, server: ThreadingHTTPServer, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_http, "plain_is_enough", lambda: plain)
    other, url = tmp_path / "other.pem", f"https://localhost:{server.server_port}"
    make_certificates(["localhost"], authority=other, server=tmp_path / "unused.pem")

    with EdgeAddons(KEY, base_url=url, ca_file=authority) as addons:
        assert addons.upload_status(PRODUCT, PRODUCT).succeeded
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with (
        EdgeAddons(KEY, base_url=url, ca_file=other, sleep=lambda _: None) as addons,
        pytest.raises(NetworkError, match=r"(?i)certificate") as refused,
    ):
        addons.upload_status(PRODUCT, PRODUCT)

    assert "--ca-file" in refused.value.advice


def test_the_asynchronous_client_trusts_the_authorities_of_a_file(
    server: ThreadingHTTPServer, authority: Path
) -> None:
    async def ask_it() -> bool:
        url = f"https://localhost:{server.server_port}"
        async with AsyncEdgeAddons(KEY, base_url=url, ca_file=authority) as addons:
            return (await addons.upload_status(PRODUCT, PRODUCT)).succeeded

    assert asyncio.run(ask_it())


def test_the_command_line_hands_the_file_of_authorities_on(
    server: ThreadingHTTPServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["status", PRODUCT, "--base-url", f"https://localhost:{server.server_port}", "--product", PRODUCT]
    monkeypatch.setenv("EDGE_ADDONS_CLIENT_ID", "client-1")
    monkeypatch.setenv("EDGE_ADDONS_API_KEY", "a-key")

    code = CliRunner().invoke(main, [*words, "--ca-file", str(authority)]).exit_code

    assert code == 0


def test_a_trust_that_was_read_ahead_is_used_once(
    server: ThreadingHTTPServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://localhost:{server.server_port}"
    monkeypatch.setenv("EDGE_ADDONS_BASE_URL", url)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    read_trust_ahead()
    assert trust._ahead is not None
    trust._ahead.join()
    monkeypatch.delenv("SSL_CERT_FILE")

    assert ask(url, "plain")
    with pytest.raises(NetworkError, match=r"(?i)certificate"):
        ask(url, "plain")


def test_a_trust_that_cannot_be_read_ahead_is_a_failure_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_ADDONS_BASE_URL", "https://localhost:1")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "keys"))
    read_trust_ahead()
    assert trust._ahead is not None

    with pytest.raises(FileNotFoundError):
        ask("https://localhost:1", "plain")


def test_no_trust_is_read_ahead_for_a_store_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ADDONS_BASE_URL", "http://localhost:1")
    read_trust_ahead()

    assert trust._ahead is None


@both_ways
def test_a_refusal_is_heard_while_the_package_is_still_sent(way: str, tmp_path: Path) -> None:
    package = tmp_path / "extension.zip"
    package.write_bytes(b"PK\x03\x04" + bytes(30_000_000))

    def refuse(opened: Line, connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        connection.shutdown(socket.SHUT_WR)
        opened.wait_for_end(connection)

    with (
        line(refuse) as store,
        EdgeAddons(KEY, base_url=store.url, transport=transport(way)) as addons,
        pytest.raises(PackageTooLarge),
    ):
        addons.upload(PRODUCT, package)


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there httpx2 always sends")
def test_a_proxy_in_the_environment_is_what_httpx2_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    assert isinstance(sender_of(None), PlainSender)

    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    sender = sender_of(None)
    assert isinstance(sender, Httpx2Sender)
    sender.close()
