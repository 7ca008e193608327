"""Where webhooks may be, and which address a connection goes to."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import httpcore2
import pytest

from openaddons.errors import ValueRefused
from openaddons.store.telling.deliveries import Try
from openaddons.store.telling.webhooks import check_url, is_public
from openaddons.work.posting import Poster, sign

_PUBLIC = ("8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:80e::200e")
_NOT_PUBLIC = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",  # carrier-grade NAT
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # metadata of cloud machines
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", _PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", _NOT_PUBLIC)
def test_any_other_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/hook",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///hook",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:x/",
        "https://[::1/",
        "https://exa mple.org/",
        "https://example.org/\r\nHost: other",
        "https://exämple.org/",
        "https://example.org/" + "x" * 2000,
        "https://localhost/",
        "https://store.localhost/",
        "https://metadata.google.internal/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
    ],
)
def test_a_url_that_cannot_be_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(ValueRefused):
        check_url(url, private_addresses=False)


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://8.8.8.8:8443/a?token=b", "https://a.example/"]
)
def test_a_public_https_url_can_be_a_webhook(url: str) -> None:
    assert check_url(url, private_addresses=False) == url


def test_where_private_addresses_are_allowed_so_is_http() -> None:
    assert check_url("http://127.0.0.1:8080/hook", private_addresses=True) == "http://127.0.0.1:8080/hook"
    with pytest.raises(ValueRefused):
        check_url("ftp://127.0.0.1/", private_addresses=True)


def post(url: str) -> Try:
    async def run() -> Try:
        poster = Poster(private_addresses=False)
        try:
            return await poster.post(
                url, {}, message_id="msg_1", now=datetime.now(UTC), secrets=["whsec_QQ=="]
            )
        finally:
            await poster.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "0"]
)
def test_whatever_a_name_looks_like_its_addresses_are_judged(host: str) -> None:
    tried = post(f"https://{host}:9/")

    assert (tried.delivered, tried.status) == (False, None)
    assert tried.answer.endswith(", which is not public.")


def test_one_address_among_several_that_is_not_public_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    assert post("https://example.org/").answer == "example.org has the address 10.0.0.1, which is not public."


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that says something else a moment later (DNS rebinding) is not asked again."""
    asked = resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    connected: list[Any] = []

    async def connect(_self: object, host: str, port: int, *_: object) -> httpcore2.AsyncNetworkStream:
        connected.append((host, port))
        raise httpcore2.ConnectError("no route")

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)

    assert post("https://example.org/").answer == "ConnectError: no route"
    assert (connected, len(asked)) == ([("8.8.8.8", 443)], 1)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names have these addresses, by turns. Returns the names that were asked for, as they are."""
    asked: list[str] = []

    async def getaddrinfo(_self: object, host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks' own libraries."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
