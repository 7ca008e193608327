"""Match patterns: which addresses a content script runs on, a host permission covers (url_pattern.cc).

::

    <all_urls>
    scheme://host[:port]/path      host: *, *.example.com or example.com
    file:///path
"""

from typing import Final, NamedTuple

from openaddons.packages.regexes import regex
from openaddons.packages.urls import canonical_host

ALL_URLS: Final = "<all_urls>"
ANY_PATH: Final = "/*"

CONTENT_SCRIPT_SCHEMES: Final = frozenset({"http", "https", "file", "ftp", "uuid-in-package"})
"""Of content scripts. Nobody knows ``uuid-in-package:``, yet the browser takes it."""
HOST_PERMISSION_SCHEMES: Final = CONTENT_SCRIPT_SCHEMES | {"ws", "wss"}
"""Of host permissions."""
ANY_SCHEME: Final[frozenset[str] | None] = None
"""No restriction, as for web-accessible resources."""

# url/url_util.cc and what Chromium adds to it: schemes followed by "//" and a host.
_WITH_HOST = frozenset(
    {"*", "http", "https", "file", "ftp", "ws", "wss", "filesystem", "chrome", "chrome-untrusted"}
    | {"chrome-extension", "chrome-search", "chrome-error", "chrome-distiller", "chrome-native"}
    | {"devtools", "isolated-app"}
)
_WITH_PORT = frozenset({"http", "https", "ftp", "ws", "wss"})
_SEPARATOR: Final = "://"
# base::StringToInt takes a sign.
_PORT = regex(r"\+?0*([0-9]{1,5})")
_LARGEST_PORT = 65535


class NotAPattern(ValueError):  # noqa: N818 - a verdict on the text
    """The text is no match pattern. Its text says why, in the browser's words."""


class MatchPattern(NamedTuple):
    """A parsed match pattern."""

    scheme: str
    """``*`` for http and https, and for ``<all_urls>``."""
    host: str
    """As of ``canonical_host``; empty for any host, and for schemes without hosts."""
    subdomains: bool
    """Hosts below ``host`` match too."""
    port: str
    """``*`` for any."""
    path: str
    all_urls: bool = False

    @property
    def matches_any_host(self) -> bool:
        """Whether it takes the pages of every site."""
        return self.subdomains and not self.host


def parse_match_pattern(
    text: str, *, schemes: frozenset[str] | None = CONTENT_SCRIPT_SCHEMES
) -> MatchPattern:
    """The pattern that ``text`` spells.

    Raises:
        NotAPattern: it spells none, or its scheme is not among ``schemes``.
    """
    if text == ALL_URLS:
        return MatchPattern("*", "", subdomains=True, port="*", path=ANY_PATH, all_urls=True)
    scheme, separator, rest = text.partition(_SEPARATOR)
    if not separator:
        scheme, separator, rest = text.partition(":")
    if not separator:
        raise NotAPattern("Missing scheme separator.")
    if scheme != "*" and schemes is not None and scheme not in schemes:
        raise NotAPattern("Invalid scheme.")
    with_host = scheme.lower() in _WITH_HOST
    if with_host != (separator == _SEPARATOR):
        raise NotAPattern("Wrong scheme type.")
    if not rest:
        raise NotAPattern("Host can not be empty.")
    if not with_host:
        return MatchPattern(scheme, "", subdomains=False, port="*", path=rest)
    if scheme == "file":
        # A host is ignored: file://localhost/x is file:///x, and file://x* is file:///x*.
        return MatchPattern(scheme, "", subdomains=False, port="*", path="/" + rest.partition("/")[2])
    return _with_host(scheme, rest)


def _with_host(scheme: str, rest: str) -> MatchPattern:
    """What follows ``scheme://``."""
    authority, slash, path = rest.partition("/")
    if not authority:
        raise NotAPattern("Host can not be empty.")
    if not slash:
        raise NotAPattern("Empty path.")
    host, port = _split_port(authority)
    if port is not None and not _is_port(port, scheme.lower()):
        raise NotAPattern("Invalid port.")
    subdomains = host == "*" or host.startswith("*.")
    if subdomains:
        host = host[2:]
    if not host and authority[:1] != "*":
        raise NotAPattern("Host can not be empty.")
    if authority.startswith("*.") and not host:
        raise NotAPattern("Host can not be empty.")
    if "*" in host:
        raise NotAPattern("Invalid host wildcard.")
    canonical = canonical_host(host) if host else ""
    if canonical is None:
        raise NotAPattern("Invalid host.")
    return MatchPattern(scheme, canonical, subdomains=subdomains, port=port or "*", path=slash + path)


def _split_port(authority: str) -> tuple[str, str | None]:
    """Host and port. An IPv6 address stands in brackets, which keep its colons."""
    if not authority.startswith("["):
        host, colon, port = authority.partition(":")
        return host, port if colon else None
    address, bracket, port = authority.partition("]")
    if not bracket or (port and not port.startswith(":")):
        raise NotAPattern("Invalid host.")
    if address == "[":
        raise NotAPattern("Host can not be empty.")
    return address + bracket, port.removeprefix(":") if port else None


def _is_port(port: str, scheme: str) -> bool:
    if port == "*":
        return True
    match = _PORT.fullmatch(port)
    return scheme in _WITH_PORT and match is not None and int(match[1]) <= _LARGEST_PORT
