"""Hosts and web addresses as the browser reads them (url/url_canon_host.cc, url.spec.whatwg.org).

Only what a manifest needs: whether it is one, and of what host. Each answer was compared with Chromium 156's.
"""

import re
from typing import Final

from openaddons.packages.regexes import regex

# What no host may hold. Blanks and most punctuation may be there: such a host only never resolves.
_FORBIDDEN = regex(r"[\x00-\x1f#%/:<>?@\[\\\]^|\x7f]")
_ESCAPE = regex("%([0-9A-Fa-f]{2})?")
_NUMBER = regex("[0-9]+|0x[0-9a-f]*")
_URL = regex(r"(https?):[/\\]*([^/\\?#]*)", re.IGNORECASE)
_HOST_AND_PORT = regex(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")
_BLANKS: Final = "".join(map(chr, range(33)))
_LINE_BREAKS = regex("[\t\r\n]")
_LARGEST_PORT = 65535
# In letters of other scripts. No name server answers longer ones.
_LONGEST_HOST: Final = 253
_LONGEST_LABEL: Final = 63
# Full stops of other scripts separate labels too (UTS 46).
_FULL_STOPS = regex("[\u3002\uff0e\uff61]")
_IGNORED = regex("[\xad\u034f\u180b-\u180d\u180f\u200b\u2060\u2064\ufe00-\ufe0f\ufeff]")
_NEVER_IN_HOSTS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def canonical_host(host: str) -> str | None:
    """The host in lower case, numbers as an IPv4 address, or None if it is none.

    Letters of other scripts stay: browsers write them in Punycode, but that takes the square of their number,
    and most who ask only want to know whether it is a host. Who shows it asks ``in_punycode``.
    """
    if host.startswith("["):
        return _ipv6(host)
    decoded = _unescaped(host)
    if decoded is None:
        return None
    lower = decoded.lower() if decoded.isascii() else _lower(decoded)
    if not lower or _FORBIDDEN.search(lower):
        return None
    labels = lower.removesuffix(".").split(".")
    return _ipv4(labels) if _NUMBER.fullmatch(labels[-1]) else lower


def in_punycode(host: str) -> str:
    """A canonical host as browsers write it: in ASCII (RFC 3492)."""
    if host.isascii():
        return host
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode() for label in host.split(".")
    )


def web_host(url: str) -> str | None:
    r"""The host of an absolute http or https URL, or None if it is no such URL.

    Browsers forgive a lot: ``https:a`` and ``https:\\a`` have the host ``a``.
    """
    match = _URL.match(_LINE_BREAKS.sub("", url.strip(_BLANKS)))
    if match is None:
        return None
    _, _, after_user = match[2].rpartition("@")
    host_and_port = _HOST_AND_PORT.fullmatch(after_user)
    if host_and_port is None:
        return None
    digits = (host_and_port[2] or "").lstrip("0")
    # Longer numbers need not be converted to know that.
    if len(digits) > len(str(_LARGEST_PORT)) or int(digits or 0) > _LARGEST_PORT:
        return None
    return canonical_host(host_and_port[1])


def _unescaped(host: str) -> str | None:
    """With %41 as A; None if a % begins no escape, or the bytes are no text."""
    if "%" not in host:
        return host
    if any(match[1] is None for match in _ESCAPE.finditer(host)):
        return None
    # Bytes of the text stand for themselves while escapes are put in.
    data = re.sub(rb"%(..)", lambda match: bytes.fromhex(match[1].decode()), host.encode(), flags=re.DOTALL)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _lower(host: str) -> str | None:
    """A host with letters of other scripts, without UTS 46's finer points of what may stand beside what."""
    if len(host) > _LONGEST_HOST:
        return None
    import unicodedata

    text = unicodedata.normalize("NFKC", _IGNORED.sub("", _FULL_STOPS.sub(".", host))).lower()
    if "\ufffd" in text or not _NEVER_IN_HOSTS.isdisjoint(map(unicodedata.category, text)):
        return None
    too_long = any(len(label) > _LONGEST_LABEL for label in text.split(".") if not label.isascii())
    return None if too_long else text


def _ipv6(host: str) -> str | None:
    import ipaddress

    inner = host.removeprefix("[").removesuffix("]")
    if len(inner) != len(host) - 2 or "%" in inner:
        return None
    try:
        return f"[{ipaddress.IPv6Address(inner).compressed}]"
    except ValueError:
        return None


def _ipv4(labels: list[str]) -> str | None:
    """Up to four numbers, each decimal, octal (010) or hexadecimal (0x8); the last one fills what is left."""
    if len(labels) > 4:
        return None
    numbers = [_ipv4_number(label) for label in labels]
    *bytes_before, last = numbers
    if any(number is None or number > 255 for number in bytes_before):
        return None
    rest_bytes = 4 - len(bytes_before)
    if last is None or last >= 256**rest_bytes:
        return None
    return ".".join(map(str, (*bytes_before, *last.to_bytes(rest_bytes, "big"))))


def _ipv4_number(label: str) -> int | None:
    # Longer ones have leading zeros or are too great; who writes so many zeros does not mean an address.
    if not label or len(label) > 20:
        return None
    if label.startswith("0x"):
        digits, base = label[2:] or "0", 16
    elif label.startswith("0") and len(label) > 1:
        digits, base = label[1:], 8
    else:
        digits, base = label, 10
    allowed = "0123456789abcdef"[:base]
    return int(digits, base) if all(digit in allowed for digit in digits) else None
