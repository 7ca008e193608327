"""Rules on ``action``, the button beside the address bar; ``browser_action`` and ``page_action`` before it."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.references import page_name
from openaddons.packages.resources import resource_name
from openaddons.packages.rules.shapes import STRING, Misfit, one_of, record, such
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, misfits

_KEYS: Final = ("action", "page_action", "browser_action")
# Published extensions say so, set another popup later, and must go on working.
_POPUP_THAT_IS_NONE: Final = "index.html/"


_POPUP = such(
    STRING,
    lambda value: value in {"", _POPUP_THAT_IS_NONE} or page_name(value),
    "it is not the path of a page in the package",
)


def _icon(value: Any) -> Iterator[Misfit]:
    """One icon, or several by size; what the latter must be is IconsInvalid."""
    if isinstance(value, str):
        if resource_name(value) is None:
            yield Misfit((), "it is not the path of a file in the package")
    elif not isinstance(value, dict):
        yield Misfit((), "expected string or dictionary")


_MEMBERS: Final = {"default_icon": _icon, "default_title": STRING, "default_popup": _POPUP}
_ACTION = record(optional={**_MEMBERS, "default_state": one_of("enabled", "disabled")})
_ACTION_OF_OLD = record(optional=_MEMBERS)


@rule(
    "ActionInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="action must be an object: default_title a text, default_popup a page and default_icon pictures "
    "of the package.",
    why="The browser makes the button in its toolbar from this key. A title, icon, popup or state of "
    "another type, or two kinds of action at once, and Chromium refuses the extension.",
    fix='See the reference of the key; for example {{"default_popup": "popup.html"}}.',
    source="extension_action_handler.cc, action_info.cc",
)
def action_invalid(subject: Subject) -> Iterator[Fault]:
    present = [key for key in _KEYS if given(subject, key) is not ABSENT]
    for key in present:
        yield from misfits(subject, key, shape=_ACTION if key == "action" else _ACTION_OF_OLD)
        if key != "action" and given(subject, key, "default_state") is not ABSENT:
            problem = "default_state is for action only"
            yield Fault(key=(key, "default_state"), facts={"where": key, "problem": problem})
    if len(present) > 1:
        problem = f"there is {present[0]} too, and only one of them can be shown"
        yield Fault(key=(present[1],), facts={"where": present[1], "problem": problem})
