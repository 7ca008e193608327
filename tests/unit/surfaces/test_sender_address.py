"""Where a request comes from, by what proxies say that are trusted and by what anybody writes."""

import pytest

from openaddons.settings import Settings
from openaddons.surfaces.http import sender_address

PROXIES = "127.0.0.1, 10.0.0.0/8, 2001:db8::/32"


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.9", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("127.0.0.1", ["10.9.9.9"], "10.9.9.9"),
        ("2001:db8::1", ["2001:DB9:0::2"], "2001:db9::2"),
        ("127.0.0.1", ["198.51.100.1, nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [",,,"], "127.0.0.1"),
        (None, ["198.51.100.1"], "unknown"),
    ],
)
def test_what_a_proxy_saw_counts_and_what_it_was_told_does_not(
    client: str | None, forwarded: list[str], address: str
) -> None:
    scope = {
        "type": "http",
        "client": None if client is None else (client, 1234),
        "headers": [(b"x-forwarded-for", each.encode()) for each in forwarded],
    }

    assert sender_address(scope, Settings(trusted_proxies=PROXIES).proxy_networks) == address


def test_nobody_is_believed_unless_the_operator_says_so() -> None:
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 1234),
        "headers": [(b"x-forwarded-for", b"198.51.100.1")],
    }

    assert sender_address(scope, Settings().proxy_networks) == "127.0.0.1"


@pytest.mark.parametrize("text", ["proxy.internal", "10.0.0.1/8", "300.0.0.1"])
def test_what_is_no_network_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies=text)
