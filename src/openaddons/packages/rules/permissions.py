"""Rules on what an extension asks leave for."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.data import permissions as names
from openaddons.packages.match_patterns import HOST_PERMISSION_SCHEMES, NotAPattern, parse_match_pattern
from openaddons.packages.rules.shapes import STRINGS, Misfit, objects_of, strings_of
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import given, misfits

_API_KEYS: Final = ("permissions", "optional_permissions")
_HOST_KEYS: Final = ("host_permissions", "optional_host_permissions")
_WHY_NOT: Final = {
    **dict.fromkeys(names.MANIFEST_V2, "it requires Manifest V2"),
    **dict.fromkeys(names.CHROMEOS, "it is there on ChromeOS only"),
    **dict.fromkeys(names.APPS, "it is for packaged apps"),
    **dict.fromkeys(names.RESTRICTED, "it is for certain extensions only"),
    **dict.fromkeys(names.UNRELEASED, "it is not released"),
}
_KNOWN = names.AVAILABLE | _WHY_NOT.keys()
# "downloads" in {"downloads": ["open"]}, whether or not it is a permission itself.
_PARENTS = frozenset(name[:end] for name in _KNOWN for end in range(len(name)) if name[end] == ".")
_WITH_DETAILS = frozenset({"socket", "usbDevices"})
# Each of these lets an extension see or change more than a user would expect of most.
_BROAD = frozenset(
    {
        "contentSettings",
        "debugger",
        "desktopCapture",
        "history",
        "management",
        "nativeMessaging",
        "pageCapture",
    }
    | {"privacy", "proxy", "tabCapture", "userScripts", "webAuthenticationProxy"}
)


def _api_misfits(value: Any) -> Iterator[Misfit]:
    """A list of names; a name with details is an object with that one key (api_permission_set.cc)."""
    if not isinstance(value, list):
        yield from STRINGS(value)
        return
    for index, item in enumerate(value):
        problem = _item_problem(item)
        if problem:
            yield Misfit((index,), problem)


def _item_problem(item: Any) -> str | None:
    if isinstance(item, str):
        return f"{item} needs details" if item in _WITH_DETAILS else None
    if not isinstance(item, dict) or len(item) != 1:
        return "expected string"
    ((name, details),) = item.items()
    if name in _PARENTS:
        fits = not any(STRINGS(details))
        return None if fits else f"the details of {name} must be a list of strings"
    if name in _WITH_DETAILS:
        return None if isinstance(details, list) and details else f"{name} needs a list of details"
    return f"{name} has no details" if name in _KNOWN else None


def _requested(subject: Subject) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names of all permissions, those inside of others too."""
    for key in _API_KEYS:
        value = given(subject, key)
        for index, name in strings_of(value):
            yield (key, index), name
        for index, item in objects_of(value):
            for name, details in item.items():
                if name not in _PARENTS or name in _KNOWN:
                    yield (key, index), name
                if name in _PARENTS:
                    yield from (
                        ((key, index, name, place), f"{name}.{part}") for place, part in strings_of(details)
                    )


def _hosts(subject: Subject) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for key in _HOST_KEYS:
        for index, text in strings_of(given(subject, key)):
            yield (key, index), text


def _why_no_host(text: str) -> str | None:
    """Why a text is no host permission, or None if it is one."""
    try:
        parse_match_pattern(text, schemes=HOST_PERMISSION_SCHEMES)
    except NotAPattern as verdict:
        return f"the URL pattern is malformed: {str(verdict).removesuffix('.')}"
    return None


@rule(
    "PermissionsInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="permissions, host_permissions and their optional forms must be lists of strings; few permissions "
    "have details.",
    why="The browser reads lists of names, to grant them and to tell users of them. Chromium refuses the "
    "extension if it finds anything else.",
    fix="Use a list of strings.",
    source="permissions_parser.cc, api_permission_set.cc",
)
def permissions_invalid(subject: Subject) -> Iterator[Fault]:
    for key in _API_KEYS:
        yield from misfits(subject, key, shape=_api_misfits)
    for key in _HOST_KEYS:
        yield from misfits(subject, key, shape=STRINGS)


@rule(
    "PermissionUnknown",
    "warning",
    message="{permission} is ignored by the browser: {reason}.",
    about="A permission or a host pattern is ignored: unknown, malformed, or not for this extension.",
    why="The browser skips it with a warning and grants nothing. What needs it fails later, while users "
    "are at work.",
    fix="Remove it or correct it.",
    source="permissions_parser.cc",
)
def permission_unknown(subject: Subject) -> Iterator[Fault]:
    is_version_2 = subject.manifest.keys.get("manifest_version") == 2
    for key, name in _requested(subject):
        reason = _why_ignored(name, optional=key[0] == "optional_permissions", is_version_2=is_version_2)
        if reason:
            yield Fault(key=key, facts={"permission": name or '""', "reason": reason})
    for key, text in _hosts(subject):
        reason = _why_no_host(text)
        if reason:
            yield Fault(key=key, facts={"permission": text or '""', "reason": reason})


def _why_ignored(name: str, *, optional: bool, is_version_2: bool) -> str | None:
    if is_version_2 and (name in names.MANIFEST_V2 or _why_no_host(name) is None):
        return None
    if optional and name in names.NEVER_OPTIONAL:
        return "it cannot be optional"
    if name in _KNOWN:
        return _WHY_NOT.get(name)
    if _why_no_host(name) is None:
        return "in Manifest V3 its place is host_permissions"
    return "it is unknown"


@rule(
    "PermissionBroad",
    "warning",
    message="{permission} needs a justification.",
    why="It lets the extension see or change far more than one site. Browsers warn of most such "
    "permissions at installation, and Edge's reviewers ask for the reason.",
    fix="Ask for less, or say why in the notes for certification.",
    source="Edge, Publish an extension: Justify any permissions",
)
def permission_broad(subject: Subject) -> Iterator[Fault]:
    for key, name in _requested(subject):
        if name in _BROAD:
            yield Fault(key=key, facts={"permission": name})
    patterns = list(_hosts(subject))
    if subject.manifest.keys.get("manifest_version") == 2:
        patterns.extend(_requested(subject))
    for script, value in objects_of(given(subject, "content_scripts")):
        for index, text in strings_of(value.get("matches")):
            patterns.append((("content_scripts", script, "matches", index), text))
    for key, text in patterns:
        try:
            pattern = parse_match_pattern(text, schemes=HOST_PERMISSION_SCHEMES)
        except NotAPattern:
            continue
        if pattern.matches_any_host:
            yield Fault(key=key, facts={"permission": text})
