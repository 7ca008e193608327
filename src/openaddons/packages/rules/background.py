"""Rules on ``background``: the service worker, and the pages and scripts that came before it."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from openaddons.packages.data.manifest_keys import PLATFORM_APP
from openaddons.packages.references import climbs, page_name
from openaddons.packages.resources import resource_name
from openaddons.packages.rules.content_scripts import SUFFIXES
from openaddons.packages.rules.shapes import BOOLEAN, STRING, Shape, list_of, one_of, strings_of, such
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, kind_of, misfits

_Path: TypeAlias = tuple[str, ...]
_SOLUTIONS: Final = ("page", "scripts", "service_worker")
# Any of these makes the browser look at the key.
_MEMBERS: Final = (*_SOLUTIONS, "type", "persistent", "allow_js_access")


_NO_FILE: Final = "it is not the path of a file in the package"
_PAGE = such(STRING, page_name, _NO_FILE)
_SHAPES: Final[dict[str, Shape]] = {
    "scripts": list_of(such(STRING, resource_name, _NO_FILE)),
    "page": _PAGE,
    "service_worker": _PAGE,
    "persistent": BOOLEAN,
    "allow_js_access": BOOLEAN,
}
_TYPE = one_of("classic", "module")


def _place(subject: Subject) -> _Path:
    """Where the background is. A platform app's scripts and pages are elsewhere than an extension's."""
    return ("app", "background") if kind_of(subject.manifest.keys) == PLATFORM_APP else ("background",)


@rule(
    "BackgroundInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="background must name one service worker of the package, classic or module; in Manifest V2, a "
    "page or scripts.",
    why="The browser must know what to run when an event arrives. It refuses an extension that names this "
    "in a wrong type, in two ways at once, or in a way that a permission forbids.",
    fix='Use {{"service_worker": "sw.js"}}.',
    source="background_info.cc",
)
def background_invalid(subject: Subject) -> Iterator[Fault]:
    place = _place(subject)
    if given(subject, *place) is ABSENT:
        return
    for key, shape in _SHAPES.items():
        yield from misfits(subject, *place, key, shape=shape)
    # Without a worker, the browser does not look of what type it is.
    if given(subject, *place, "service_worker") is not ABSENT:
        yield from misfits(subject, *place, "type", shape=_TYPE)
    for member, problem in _contradictions(subject, place):
        yield Fault(key=(*place, member), facts={"where": ".".join((*place, member)), "problem": problem})


def _contradictions(subject: Subject, place: _Path) -> Iterator[tuple[str, str]]:
    """Members that do not go together, or not with a permission; each with why."""
    members = {key: value for key in _MEMBERS if (value := given(subject, *place, key)) is not ABSENT}
    if not members:
        return
    solutions = [key for key in _SOLUTIONS if members.get(key)]
    if len(solutions) > 1:
        yield solutions[-1], f"only one of {' and '.join(solutions)} can be specified"
    has_page = bool({"page", "scripts"} & set(solutions))
    persistent = members.get("persistent", True)
    if "persistent" in members and not has_page:
        yield "persistent", "there is neither page nor scripts that it could be about"
    permissions = {name for _, name in strings_of(given(subject, "permissions"))}
    event_page = has_page and persistent is False
    if event_page and "webRequest" in permissions:
        yield "persistent", "webRequest cannot be used with event pages"
    if not event_page and "transientBackground" in permissions:
        yield next(iter(members)), "the permission transientBackground is for event pages only"


@rule(
    "BackgroundMissing",
    "error",
    message="Could not load background script '{path}'.",
    why="Nothing would react to the extension's events, so Chromium does not load it. Its own message "
    "often leaves out which file it is about.",
    fix="Add the file; names are case-sensitive.",
    source="background_info.cc Validate",
)
def background_missing(subject: Subject) -> Iterator[Fault]:
    place = _place(subject)
    files = subject.archive.files
    named: list[tuple[tuple[str | int, ...], str | None]] = []
    for key in ("service_worker", "page"):
        value = given(subject, *place, key)
        if isinstance(value, str):
            named.append(((*place, key), page_name(value)))
    for index, script in strings_of(given(subject, *place, "scripts")):
        # Files of other types are ignored.
        if script.lower().endswith(SUFFIXES["js"]):
            named.append(((*place, "scripts", index), resource_name(script)))
    for path, name in named:
        # From above the root browsers come back down and find the file; FileReferenceMissing does not.
        if name is not None and name not in files and not climbs(name):
            yield Fault(key=path, facts={"path": name})
