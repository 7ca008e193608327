"""Rules on ``commands``: keyboard shortcuts."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.regexes import regex
from openaddons.packages.rules.shapes import Misfit, record
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import given, misfits

_OF_THE_ACTION: Final = frozenset({"_execute_action", "_execute_browser_action", "_execute_page_action"})
_DEFAULT: Final = "default"
_PLATFORMS: Final = frozenset({_DEFAULT, "windows", "mac", "chromeos", "linux"})
# Only this one must have a key of its own or the default, as the browser that answered for the corpus ran on it.
_REQUIRED: Final = "linux"
_MOST_KEYS: Final = 4

_MEDIA: Final = frozenset({"MediaNextTrack", "MediaPlayPause", "MediaPrevTrack", "MediaStop"})
_NAMED: Final = frozenset(
    "Comma Period Up Down Left Right Insert Delete Home End PageUp PageDown Space Tab".split()  # noqa: SIM905
)
_MODIFIERS: Final = frozenset({"Ctrl", "Alt", "Shift"})
_MODIFIERS_OF: Final = {"mac": _MODIFIERS | {"Command"}, "chromeos": _MODIFIERS | {"Search"}}
# What keys are called on a Mac, where "Ctrl" stands for Command.
_ON_A_MAC: Final = {"Ctrl": "Command", "MacCtrl": "Ctrl", "Option": "Alt"}
_OF_A_MAC: Final = frozenset({"Command", "Option"})
_BLANKS: Final = " \t\r\n\f\v"
_LETTER_OR_DIGIT = regex("[A-Z0-9]")
_MOST_PARTS: Final = 3


def _key_problem(text: str, platform: str, *, for_action: bool) -> str | None:
    """What is wrong with a combination of keys (ui/base/accelerators/command.cc), or None."""
    if platform not in _PLATFORMS:
        return f"{platform} is no platform"
    parts = [part.strip(_BLANKS) for part in text.split("+")]
    if platform == "mac":
        parts = [_ON_A_MAC.get(part, part) for part in parts]
    elif not _OF_A_MAC.isdisjoint(parts):
        return "Command and Option are for mac only; Ctrl means Command there"
    modifiers = _MODIFIERS_OF.get(platform, _MODIFIERS).intersection(parts)
    keys = [part for part in parts if part not in modifiers]
    if len(parts) > _MOST_PARTS or len(keys) != 1:
        return "it is not one key with up to two modifiers"
    if keys[0] in _MEDIA and not for_action:
        return "media keys cannot have any modifier" if modifiers else None
    return _modified_key_problem(keys[0], modifiers)


def _modified_key_problem(key: str, modifiers: frozenset[str]) -> str | None:
    if key not in _NAMED and not _LETTER_OR_DIGIT.fullmatch(key):
        return f"{key} is no key that can be used"
    if "Alt" in modifiers and not modifiers.isdisjoint({"Ctrl", "Command"}):
        return "Alt cannot be used together with Ctrl or Command"
    return None if modifiers - {"Shift"} else "there must be Ctrl or Alt in it"


def _suggestions(command: dict[str, Any]) -> dict[str, Any]:
    """Keys by platform. The browser takes what is neither an object nor a string for no suggestion."""
    suggested = command.get("suggested_key")
    if isinstance(suggested, dict):
        return suggested
    return {_DEFAULT: suggested} if isinstance(suggested, str) and suggested else {}


def _suggested_key(value: Any, name: str) -> Iterator[Misfit]:
    """The misfits of a ``suggested_key``."""
    if not isinstance(value, dict):
        text = value if isinstance(value, str) else ""
        problem = _key_problem(text, _DEFAULT, for_action=name in _OF_THE_ACTION) if text else None
        if problem:
            yield Misfit((), f"{text}: {problem}")
        return
    for platform, text in value.items():
        if not isinstance(text, str) or not text:
            yield Misfit((platform,), "expected a combination of keys")
        elif problem := _key_problem(text, platform, for_action=name in _OF_THE_ACTION):
            yield Misfit((platform,), f"{text}: {problem}")
    if _REQUIRED not in value and _DEFAULT not in value:
        yield Misfit((), f"either specify a key for {_REQUIRED}, or a default key")


_OBJECT = record()


def _commands(value: Any) -> Iterator[Misfit]:
    yield from _OBJECT(value)
    for name, command in value.items() if isinstance(value, dict) else ():
        for misfit in _command(command, name):
            yield misfit.below(name)


def _command(command: Any, name: str) -> Iterator[Misfit]:
    yield from _OBJECT(command)
    if not isinstance(command, dict):
        return
    description = command.get("description")
    if name not in _OF_THE_ACTION and not (isinstance(description, str) and description):
        yield Misfit(("description",), "expected a string that is not empty")
    for misfit in _suggested_key(command.get("suggested_key"), name):
        yield misfit.below("suggested_key")


@rule(
    "CommandsInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="commands must be an object of commands, each with a description, and keys that can be pressed on "
    "a known system.",
    why="Chromium refuses an extension over a shortcut that it cannot parse or may not use: an unknown "
    "key, no modifier but Shift, no key for the user's system, a command without description.",
    fix='Use for example "Ctrl+Shift+Y".',
    source="commands_handler.cc, extensions/common/command.cc, ui/base/accelerators/command.cc",
)
def commands_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "commands", shape=_commands)


@rule(
    "CommandsTooMany",
    "error",
    message="Too many shortcuts specified for 'commands': The maximum is {limit}.",
    why="Extensions share one keyboard, so Chromium lets each suggest four shortcuts and refuses one that "
    "suggests more. To further commands, users give keys of their own.",
    fix="Suggest at most {limit}.",
    source="commands_handler.cc",
)
def commands_too_many(subject: Subject) -> Iterator[Fault]:
    commands = given(subject, "commands")
    count = 0
    for command in commands.values() if isinstance(commands, dict) else ():
        suggestions = _suggestions(command) if isinstance(command, dict) else {}
        key = suggestions.get(_REQUIRED, suggestions.get(_DEFAULT))
        # Media keys are nobody's own, so they do not count.
        count += isinstance(key, str) and key.strip() not in _MEDIA
    if count > _MOST_KEYS:
        yield Fault(key=("commands",), facts={"limit": _MOST_KEYS})
