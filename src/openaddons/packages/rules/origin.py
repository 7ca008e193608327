"""Rules on keys about where an add-on comes from and which browsers may have it."""

import binascii
from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.regexes import regex
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given
from openaddons.packages.urls import web_host
from openaddons.packages.version import is_browser_version

# Chromium says no more than this of its own number.
_NEWEST_BROWSER: Final = 156
_FIRST_WITH_MANIFEST_V3: Final = 88

# extension.cc ParsePEMKeyBytes
_LONGEST_KEY_BYTES: Final = 100 << 10
_BEGIN, _KEY, _END = "-----BEGIN", "KEY-----", "-----END"
_BLANKS_IN_TEXT = regex("[\t-\r ]+")

_BLANKS: Final = "".join(map(chr, range(33)))
_SCHEME = regex("([A-Za-z][A-Za-z0-9+.-]*):")


@rule(
    "KeyNotAllowed",
    "error",
    message="The manifest shouldn't contain the key field.",
    why="The id follows from the key with which the store signs; a key in the manifest claims another one. "
    "Edge and the Chrome Web Store refuse the upload.",
    fix='Remove "key"; the store assigns the id.',
    source="Edge, exact text: pie-ai-agent#394; Chrome Web Store: Optia#60",
)
def key_not_allowed(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    if "key" in keys and _is_key(keys["key"]):
        yield Fault(key=("key",))


@rule(
    "InvalidKey",
    "error",
    message="Value 'key' is missing or invalid.",
    why="Loaded from a folder, an extension gets its id from this key. Chromium refuses one that it cannot "
    "decode as Base64.",
    fix='Remove "key".',
    source="extension.cc ComputeExtensionID",
)
def invalid_key(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    if "key" in keys and not _is_key(keys["key"]):
        yield Fault(key=("key",))


def _is_key(text: Any) -> bool:
    """Whether it is Base64, with or without the lines that PEM puts around it."""
    if not isinstance(text, str) or not text.isascii() or len(text) > _LONGEST_KEY_BYTES:
        return False
    if text.startswith(_BEGIN):
        # Blanks are dropped where there is a line break among them.
        line = _BLANKS_IN_TEXT.sub(lambda blanks: "" if {"\r", "\n"} & {*blanks[0]} else blanks[0], text)
        text = line[len(_BEGIN) :].partition(_KEY)[2].rpartition(_END)[0]
    try:
        # Python forgives a stray = behind whole groups, even if strict.
        return len(text) % 4 == 0 and bool(binascii.a2b_base64(text, strict_mode=True))
    except binascii.Error:
        return False


@rule(
    "UpdateUrlNotAllowed",
    "error",
    message="The manifest shouldn't contain update_url field.",
    why="Browsers ask this address for updates. Another one than the store's would lead users away from "
    "the store for good.",
    fix='Remove "update_url"; the store adds its own when it serves the package.',
    source="Edge, exact text: inclusive-code-reviews-browser#319",
)
def update_url_not_allowed(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    if "update_url" in keys and _is_update_url(keys["update_url"]):
        yield Fault(key=("update_url",))


@rule(
    "InvalidUpdateUrl",
    "error",
    message="Invalid value for update url: '[{value}]'.",
    why="Chromium refuses an address that is not absolute or has a fragment: it could never ask there for "
    "an update.",
    fix='Remove "update_url".',
    source="manifest_url_handlers.cc",
)
def invalid_update_url(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    if "update_url" in keys and not _is_update_url(keys["update_url"]):
        url = keys["update_url"]
        yield Fault(key=("update_url",), facts={"value": url if isinstance(url, str) else ""})


def _is_update_url(url: Any) -> bool:
    """An absolute one without a fragment. Any text may follow a scheme that is not the web's."""
    scheme = _SCHEME.match(url.strip(_BLANKS)) if isinstance(url, str) else None
    if scheme is None or "#" in url:
        return False
    return scheme[1].lower() not in {"http", "https"} or web_host(url) is not None


@rule(
    "MinimumChromeVersion",
    "error",
    message="Invalid value for 'minimum_chrome_version'.",
    why="The browser compares it with its own version before it installs. It refuses the extension if "
    "there is nothing to compare.",
    fix='Use for example "110".',
    source="minimum_chrome_version_checker.cc",
)
def minimum_chrome_version(subject: Subject) -> Iterator[Fault]:
    if given(subject, "minimum_chrome_version") is not ABSENT and _least_browser(subject) is None:
        yield Fault(key=("minimum_chrome_version",))


def _least_browser(subject: Subject) -> int | None:
    """The major version that a browser must have, or None if none is named that can be read."""
    text = given(subject, "minimum_chrome_version")
    if not isinstance(text, str) or not is_browser_version(text):
        return None
    return int(text.split(".")[0])


@rule(
    "MinimumChromeVersionTooHigh",
    "warning",
    message="This extension requires browser version {version} or greater.",
    why="No browser that is released today installs it: each tells its user that it is too old.",
    fix="Check the number.",
    source="minimum_chrome_version_checker.cc: older browsers refuse to install it",
)
def minimum_chrome_version_too_high(subject: Subject) -> Iterator[Fault]:
    version = _least_browser(subject)
    if version is not None and version > _NEWEST_BROWSER:
        yield Fault(key=("minimum_chrome_version",), facts={"version": version})


@rule(
    "MinimumChromeVersionTooLow",
    "warning",
    message="A Manifest V3 item must require at least version {version}.",
    why="Browsers before 88 do not know Manifest V3, so they could not run it. The Chrome Web Store "
    "refuses the package for that.",
    fix='Use "{version}" or more.',
    source="Chrome Web Store: one-click-extensions-manager#100",
)
def minimum_chrome_version_too_low(subject: Subject) -> Iterator[Fault]:
    version = _least_browser(subject)
    is_v3 = subject.manifest.keys.get("manifest_version") == 3
    if is_v3 and version is not None and version < _FIRST_WITH_MANIFEST_V3:
        yield Fault(key=("minimum_chrome_version",), facts={"version": _FIRST_WITH_MANIFEST_V3})
