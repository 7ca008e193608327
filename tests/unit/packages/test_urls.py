import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.urls import canonical_host, in_punycode, web_host


# Chromium 156's answers.
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("A.com", "a.com"),
        ("a.com.", "a.com."),
        ("a_b c", "a_b c"),
        ("%41", "a"),
        ("a。b", "a.b"),
        ("a\xadb", "ab"),
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3", "1.2.0.3"),
        ("256", "0.0.1.0"),
        ("0x7f.1", "127.0.0.1"),
        ("010", "0.0.0.8"),
        ("1.a", "1.a"),
        ("[::FFFF:1.2.3.4]", "[::ffff:102:304]"),
        ("xn--", "xn--"),
        ("É.com", "é.com"),
    ],
)
def test_a_host_is_made_canonical(host: str, expected: str) -> None:
    assert canonical_host(host) == expected


@pytest.mark.parametrize(
    ("host", "expected"), [("a.com", "a.com"), ("é.日本.jp.", "xn--9ca.xn--wgv71a.jp."), ("[::1]", "[::1]")]
)
def test_a_host_is_shown_in_ascii(host: str, expected: str) -> None:
    assert in_punycode(host) == expected


@pytest.mark.parametrize(
    "host",
    [
        "",
        "\xad",
        "a@b",
        "a<b",
        "a\tb",
        "%",
        "a%2fb",
        "%ff",
        "1.2.3.256",
        "1.2.3.4.5",
        "a.1",
        "a.0x",
        "08",
        "4294967296",
        "[1.2.3.4]",
        "[::1%25]",
        "[::1]x",
        "[",
        "\ufffd",
        "é" * 64 + ".com",
        "é." * 127,
    ],
)
def test_what_is_no_host(host: str) -> None:
    assert canonical_host(host) is None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/a?b#c", "example.com"),
        (" HTTP://EXAMPLE.com:80", "example.com"),
        ("http:a", "a"),
        ("http:\\\\a\\b", "a"),
        ("http:////a", "a"),
        ("h\nttp://a", "a"),
        ("http://user:p@ss@a:", "a"),
        ("http://[::1]:1/", "[::1]"),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert web_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a",
        "//a",
        "ftp://a",
        "http:",
        "http://",
        "http://?",
        "http://a@",
        "http://:80",
        "http://a:x",
        "http://a:65536",
        "http://a:+1",
        "http://[::1",
        "blob:http://a/x",
        "http://" + "@" * 100000 + ":x",
    ],
)
def test_what_is_no_address(url: str) -> None:
    assert web_host(url) is None


@given(st.text() | st.from_regex(r"https?:[/\\]*.{0,8}(:[0-9]*)?[/?#]?", fullmatch=True))
def test_any_text_has_a_host_or_none(text: str) -> None:
    host = web_host(text)

    # What is canonical stays as it is.
    assert host is None or canonical_host(in_punycode(host)) == in_punycode(host)
    canonical_host(text)
