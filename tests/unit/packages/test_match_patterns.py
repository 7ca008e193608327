import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.match_patterns import (
    ANY_SCHEME,
    HOST_PERMISSION_SCHEMES,
    MatchPattern,
    NotAPattern,
    parse_match_pattern,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<all_urls>", MatchPattern("*", "", subdomains=True, port="*", path="/*", all_urls=True)),
        ("*://*/*", MatchPattern("*", "", subdomains=True, port="*", path="/*")),
        ("https://*.A.com/x*", MatchPattern("https", "a.com", subdomains=True, port="*", path="/x*")),
        ("http://a.com:8080/", MatchPattern("http", "a.com", subdomains=False, port="8080", path="/")),
        ("http://[::1]:*/*", MatchPattern("http", "[::1]", subdomains=False, port="*", path="/*")),
        ("file://localhost/x", MatchPattern("file", "", subdomains=False, port="*", path="/x")),
        ("uuid-in-package:*", MatchPattern("uuid-in-package", "", subdomains=False, port="*", path="*")),
        ("https://é.com/*", MatchPattern("https", "é.com", subdomains=False, port="*", path="/*")),
    ],
)
def test_a_pattern_is_taken_apart(text: str, expected: MatchPattern) -> None:
    assert parse_match_pattern(text) == expected


# Chromium 156's answers.
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Missing scheme separator."),
        ("<ALL_URLS>", "Missing scheme separator."),
        ("*.example.com", "Missing scheme separator."),
        ("://a/*", "Invalid scheme."),
        (" https://a/*", "Invalid scheme."),
        ("HTTP://a/*", "Invalid scheme."),
        ("chrome://a/*", "Invalid scheme."),
        ("ws://a/*", "Invalid scheme."),
        ("*:*", "Wrong scheme type."),
        ("file:/x", "Wrong scheme type."),
        ("https://", "Host can not be empty."),
        ("https:///*", "Host can not be empty."),
        ("https://*./*", "Host can not be empty."),
        ("https://[]/*", "Host can not be empty."),
        ("file://", "Host can not be empty."),
        ("https://a", "Empty path."),
        ("https://*", "Empty path."),
        ("https://*a/*", "Invalid host wildcard."),
        ("https://**/*", "Invalid host wildcard."),
        ("https://a.*/*", "Invalid host wildcard."),
        ("https://*.*/*", "Invalid host wildcard."),
        ("https://a:x/*", "Invalid port."),
        ("https://a:/*", "Invalid port."),
        ("https://a:65536/*", "Invalid port."),
        ("*://a:80/*", "Invalid port."),
        ("https://*.[::1]/*", "Invalid port."),
        ("https://u@a/*", "Invalid host."),
        ("https://[::1/*", "Invalid host."),
        ("https://[::1]x/*", "Invalid host."),
        ("https://a.1/*", "Invalid host."),
        ("https://a%zz/*", "Invalid host."),
        ("http://a?x/*", "Invalid host."),
    ],
)
def test_what_is_no_pattern_is_told_in_the_browsers_words(text: str, reason: str) -> None:
    with pytest.raises(NotAPattern) as verdict:
        parse_match_pattern(text)

    assert str(verdict.value) == reason


def test_schemes_differ_by_key() -> None:
    assert parse_match_pattern("ws://a/*", schemes=HOST_PERMISSION_SCHEMES).scheme == "ws"
    assert parse_match_pattern("chrome-extension://a/*", schemes=ANY_SCHEME).host == "a"
    with pytest.raises(NotAPattern):
        parse_match_pattern("foo://a/*", schemes=ANY_SCHEME)


@given(
    st.text() | st.from_regex(r"(\*|https?|file|x):(//)?[*.a\[\]:%1]{0,6}(:[0-9*+]{0,3})?/.?", fullmatch=True)
)
def test_any_text_is_a_pattern_or_none(text: str) -> None:
    for schemes in (HOST_PERMISSION_SCHEMES, ANY_SCHEME):
        try:
            pattern = parse_match_pattern(text, schemes=schemes)
        except NotAPattern:
            continue
        assert "*" not in pattern.host
