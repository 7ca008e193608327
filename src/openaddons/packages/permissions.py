"""What an extension may do, in the words with which a browser asks for leave, and what an update changes.

::

    warnings(required(manifest))     ->  ("Read your browsing history", …)
    in_words(required(manifest))     ->  permissions, hosts and warnings, sorted
    difference(old, new)             ->  files, permissions, hosts and warnings gained and lost

The words and the order are Chromium 156's (chrome_permission_message_rules.cc); what one sentence implies, no
other repeats. In two places more is said, for a reviewer should see what an update adds: hosts that differ in
their top-level domain alone are all named, and permissions that a user may grant later have words too.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from openaddons.packages.archive import Archive, never
from openaddons.packages.match_patterns import (
    CONTENT_SCRIPT_SCHEMES,
    HOST_PERMISSION_SCHEMES,
    MatchPattern,
    NotAPattern,
    parse_match_pattern,
)
from openaddons.packages.urls import in_punycode, web_host

_SHOWN_HOSTS = 3
# It takes the square of a label's length; a MiB of such hosts took seconds. Others are shown in their own letters.
_MOST_IN_PUNYCODE: Final = 500
# Stand-ins for what is no permission of a name: none of those has a colon.
_ALL_HOSTS: Final = ":all-hosts"
_FULL_ACCESS = frozenset({"debugger", "devtools_page", "pageCapture", "proxy", "tabCapture"})
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})


@dataclass(frozen=True, slots=True)
class Grant:
    """What is asked for in one go: at installation, or later at most."""

    permissions: frozenset[str] = frozenset()
    """Names, those inside of others too: ``downloads.open``."""
    hosts: frozenset[str] = frozenset()
    """Match patterns as the manifest has them, of permissions and of content scripts."""
    keys: frozenset[str] = frozenset()
    """Keys of the manifest that mean a permission: ``devtools_page``, ``chrome_url_overrides.newtab``."""
    settings: frozenset[tuple[str, str]] = frozenset()
    """Settings of the browser that are changed, and the host they are changed to."""


@dataclass(frozen=True, slots=True)
class PermissionWarning:
    """One sentence of the question."""

    text: str
    details: tuple[str, ...] = ()
    """The websites, if they are too many for the sentence."""


@dataclass(frozen=True, slots=True)
class GrantInWords:
    """A grant as people read it. Names are sorted; warnings stand in the browser's order."""

    permissions: tuple[str, ...]
    hosts: tuple[str, ...]
    warnings: tuple[PermissionWarning, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What is compared of a package."""

    manifest: Mapping[str, Any]
    digests: Mapping[str, str] | None
    """SHA-256 of each file in hex, by name (`file_digests`); None where nobody wrote them down."""


@dataclass(frozen=True, slots=True)
class GrantDifference:
    """What a grant has that another has not, and the other way round."""

    permissions_gained: tuple[str, ...]
    permissions_lost: tuple[str, ...]
    hosts_gained: tuple[str, ...]
    hosts_lost: tuple[str, ...]
    warnings_gained: tuple[PermissionWarning, ...]
    """In words: what the browser will ask users anew."""
    warnings_lost: tuple[PermissionWarning, ...]


@dataclass(frozen=True, slots=True)
class FileDifference:
    """The files that an update touches. All names are sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What an update changes."""

    files: FileDifference | None
    """None when the digests of one of the two are not known."""
    required: GrantDifference
    """Asked for at installation."""
    optional: GrantDifference
    """Asked for later, if at all."""


def file_digests(archive: Archive, *, cancelled: Callable[[], bool] = never) -> Mapping[str, str]:
    """SHA-256 of each file of a package that passed its check, in hex, by name.

    The checksums that a ZIP has anyway would cost nothing, but a file can be changed without changing its
    CRC-32, and a reviewer looks at what changed. Raises `CheckCancelled` when ``cancelled`` says so.
    """
    return MappingProxyType({name: _sha256(archive, name, cancelled) for name in archive.files})


def required(manifest: Mapping[str, Any]) -> Grant:
    """What a user grants who installs the extension. A manifest of any shape will do."""
    overrides = manifest.get("chrome_url_overrides")
    keys = {"devtools_page"} & manifest.keys()
    if isinstance(overrides, dict) and "newtab" in overrides:
        keys.add("chrome_url_overrides.newtab")
    scripts = manifest.get("content_scripts")
    matches = [
        text
        for script in (scripts if isinstance(scripts, list) else ())
        if isinstance(script, dict)
        for text in _strings(script.get("matches"))
        if _pattern(text, CONTENT_SCRIPT_SCHEMES)
    ]
    names, hosts = _asked_for(manifest, "permissions", "host_permissions")
    return Grant(names, hosts.union(matches), frozenset(keys), frozenset(_settings(manifest)))


def optional(manifest: Mapping[str, Any]) -> Grant:
    """What a user may be asked to grant later."""
    return Grant(*_asked_for(manifest, "optional_permissions", "optional_host_permissions"))


def warnings(grant: Grant) -> tuple[PermissionWarning, ...]:
    """The sentences with which a browser asks for a grant, in its order; none if it does not ask."""
    patterns = _shown_patterns(grant.hosts)
    left = {"tabs" if name == "windows" else name for name in grant.permissions | grant.keys}
    if not _FULL_ACCESS.isdisjoint(left) or any(map(_means_all_hosts, patterns)):
        left.add(_ALL_HOSTS)
    all_hosts = not left.isdisjoint({_ALL_HOSTS, "webAuthenticationProxy"})
    hosts = () if all_hosts else tuple(sorted({_host_shown(pattern) for pattern in patterns} - {""}))
    settings = dict(sorted(grant.settings))
    found: list[PermissionWarning] = []
    for row in _ROWS:
        if row.needs == _HOSTS_HERE:
            found.extend(_host_warnings(hosts))
        elif row.needs <= left:
            left -= row.needs | row.implies
            found.append(PermissionWarning(row.text))
        elif row.needs <= settings.keys():
            (setting,) = row.needs
            found.append(PermissionWarning(row.text.format(host=settings[setting])))
    return tuple(found)


def in_words(grant: Grant) -> GrantInWords:
    """A grant for people to read."""
    return GrantInWords(tuple(sorted(grant.permissions)), tuple(sorted(grant.hosts)), warnings(grant))


def difference(old: Content, new: Content) -> Difference:
    """What became of ``old`` in ``new``."""
    return Difference(
        files=file_difference(old.digests, new.digests),
        required=_grant_difference(required(old.manifest), required(new.manifest)),
        optional=_grant_difference(optional(old.manifest), optional(new.manifest)),
    )


def file_difference(
    before: Mapping[str, str] | None, after: Mapping[str, str] | None
) -> FileDifference | None:
    """What became of files, by their digests; None where those of one side are not known."""
    if before is None or after is None:
        return None
    kept = before.keys() & after.keys()
    return FileDifference(
        added=tuple(sorted(after.keys() - kept)),
        removed=tuple(sorted(before.keys() - kept)),
        changed=tuple(sorted(name for name in kept if before[name] != after[name])),
    )


def _grant_difference(old: Grant, new: Grant) -> GrantDifference:
    old_warnings, new_warnings = warnings(old), warnings(new)
    return GrantDifference(
        permissions_gained=tuple(sorted(new.permissions - old.permissions)),
        permissions_lost=tuple(sorted(old.permissions - new.permissions)),
        hosts_gained=tuple(sorted(new.hosts - old.hosts)),
        hosts_lost=tuple(sorted(old.hosts - new.hosts)),
        warnings_gained=tuple(warning for warning in new_warnings if warning not in old_warnings),
        warnings_lost=tuple(warning for warning in old_warnings if warning not in new_warnings),
    )


def _sha256(archive: Archive, name: str, cancelled: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    for piece in archive.stream(name, cancelled=cancelled):
        digest.update(piece)
    return digest.hexdigest()


def _strings(value: Any) -> Iterator[str]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, str))


def _asked_for(
    manifest: Mapping[str, Any], api_key: str, host_key: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Permissions and hosts. In Manifest V2 they stand in one list."""
    value = manifest.get(api_key)
    names = set(_strings(value))
    for item in value if isinstance(value, list) else ():
        for name, parts in item.items() if isinstance(item, dict) else ():
            names.update((name, *(f"{name}.{part}" for part in _strings(parts))))
    if manifest.get("manifest_version") == 2:
        hosts = {name for name in names if _pattern(name)}
        return frozenset(names - hosts), frozenset(hosts)
    return frozenset(names), frozenset(text for text in _strings(manifest.get(host_key)) if _pattern(text))


def _pattern(text: str, schemes: frozenset[str] = HOST_PERMISSION_SCHEMES) -> MatchPattern | None:
    try:
        return parse_match_pattern(text, schemes=schemes)
    except NotAPattern:
        return None


def _settings(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    overrides = manifest.get("chrome_settings_overrides")
    if not isinstance(overrides, dict):
        return
    provider = overrides.get("search_provider")
    urls = {
        "homepage": overrides.get("homepage"),
        "search_provider": provider.get("search_url") if isinstance(provider, dict) else None,
        # Browsers take the first one only.
        "startup_pages": next(_strings(overrides.get("startup_pages")), None),
    }
    for setting, url in urls.items():
        host = web_host(url) if isinstance(url, str) else None
        if host is not None:
            yield setting, in_punycode(host.removeprefix("www."))


def _shown_patterns(hosts: frozenset[str]) -> list[MatchPattern]:
    """What hosts are for, with their names as browsers write them."""
    patterns = [pattern for text in sorted(hosts) if (pattern := _pattern(text)) and pattern.scheme != "file"]
    foreign = dict.fromkeys(pattern.host for pattern in patterns if not pattern.host.isascii())
    in_ascii = {host: in_punycode(host) for host in islice(foreign, _MOST_IN_PUNYCODE)}
    return [pattern._replace(host=in_ascii.get(pattern.host, pattern.host)) for pattern in patterns]


def _means_all_hosts(pattern: MatchPattern) -> bool:
    """Any host, or all below a top-level domain: *.com, *.co.uk.

    Without the list of such domains some are missed, and *.intranet is taken for one.
    """
    if not pattern.subdomains:
        return False
    name, _, rest = pattern.host.partition(".")
    return pattern.host != "localhost" and (not rest or (name in _SECOND_LEVEL and len(rest) == 2))


def _host_shown(pattern: MatchPattern) -> str:
    return f"*.{pattern.host}" if pattern.subdomains else pattern.host


def _host_warnings(hosts: tuple[str, ...]) -> Iterator[PermissionWarning]:
    """Up to three hosts make one sentence."""
    if len(hosts) > _SHOWN_HOSTS:
        details = tuple(f"All {host[2:]} sites" if host.startswith("*.") else host for host in hosts)
        yield PermissionWarning("Read and change your data on a number of websites", details)
    elif hosts:
        *most, last = (f"all {host[2:]} sites" if host.startswith("*.") else host for host in hosts)
        listed = f"{', '.join(most)}{',' if len(most) > 1 else ''} and {last}" if most else last
        yield PermissionWarning(f"Read and change your data on {listed}")


class _Row(NamedTuple):
    """A sentence, what it takes to be said, and what else it says."""

    text: str
    needs: frozenset[str]
    implies: frozenset[str] = frozenset()


def _row(text: str, needs: str, implies: str = "") -> _Row:
    return _Row(text, frozenset(needs.split()), frozenset(implies.split()))


_HOSTS_HERE = frozenset({":some-hosts"})
_TOP = "favicon topSites"
_HISTORY = f"declarativeNetRequestFeedback processes webNavigation {_TOP}"
_BY_ALL_HOSTS = f"declarativeNetRequest tabs {_HISTORY}"
_READ_HISTORY = "Read your browsing history"
_ALL_SITES = "Read and change all your data on all websites"
_ROWS: Final = (
    _row("Access the page debugger backend", "debugger"),
    _row(_ALL_SITES, _ALL_HOSTS, f"webAuthenticationProxy {_BY_ALL_HOSTS}"),
    _row(_ALL_SITES, "webAuthenticationProxy", _BY_ALL_HOSTS),
    _Row("", _HOSTS_HERE),
    _row("Replace the page you see when opening a new tab", "chrome_url_overrides.newtab"),
    _row("Detect your physical location", "geolocation"),
    _row(
        "Read and change your browsing history on all your signed-in devices", "history", f"tabs {_HISTORY}"
    ),
    _row("Read your browsing history on all your signed-in devices", "tabs sessions", _HISTORY),
    _row(_READ_HISTORY, "tabs", _HISTORY),
    _row(_READ_HISTORY, "processes", _HISTORY),
    _row(_READ_HISTORY, "webNavigation", f"declarativeNetRequestFeedback {_TOP}"),
    _row(_READ_HISTORY, "declarativeNetRequestFeedback", _TOP),
    _row("Read the icons of the websites you visit", "favicon"),
    _row("Read a list of your most frequently visited websites", "topSites"),
    _row("Block content on any page", "declarativeNetRequest"),
    _row("Display notifications", "notifications"),
    _row(
        "Read and change your accessibility settings",
        "accessibilityFeatures.modify accessibilityFeatures.read",
    ),
    _row("Change your accessibility settings", "accessibilityFeatures.modify"),
    _row("Read your accessibility settings", "accessibilityFeatures.read"),
    _row("Change your home page to: {host}", "homepage"),
    _row("Change your search settings to: {host}", "search_provider"),
    _row("Change your start page to: {host}", "startup_pages"),
    _row("Read and change your bookmarks", "bookmarks"),
    _row("Read and change entries in the reading list", "readingList"),
    _row("Read and modify data you copy and paste", "clipboardRead clipboardWrite"),
    _row("Read data you copy and paste", "clipboardRead"),
    _row("Modify data you copy and paste", "clipboardWrite"),
    _row("Capture content of your screen", "desktopCapture"),
    _row("Manage your downloads", "downloads"),
    _row("Open downloaded files", "downloads.open"),
    _row("Know your email address", "identity.email"),
    _row("Identify and eject storage devices", "system.storage"),
    _row(
        "Change and grant access to features such as geolocation, microphone, camera, cookies, etc., "
        "for all your websites and extensions, including this extension.",
        "contentSettings",
    ),
    _row("Manage your apps, extensions, and themes", "management"),
    _row("Communicate with cooperating native applications", "nativeMessaging"),
    _row("Change your privacy-related settings", "privacy"),
    _row("View and manage your tab groups", "tabGroups"),
    _row("Read all text spoken using synthesized speech", "ttsEngine"),
    _row("Run in the background when requested by a cooperating native application", "transientBackground"),
)
