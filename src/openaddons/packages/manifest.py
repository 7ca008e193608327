"""manifest.json, and the message catalogue that its name and description may refer to."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from openaddons.packages import browser_json
from openaddons.packages.archive import Archive, ArchiveUnsound
from openaddons.packages.browser_json import Parsed, Place, Places
from openaddons.packages.findings import Limits
from openaddons.packages.plain_json import is_deep, plain_value
from openaddons.packages.regexes import regex

# extensions/common/message_bundle.cc: names of messages are compared without regard to case.
# They end at the first two underscores.
_REFERENCE = regex(r"__MSG_(?!__)([A-Za-z0-9_@]+?)__")
_PLACEHOLDER = regex(r"\$([A-Za-z0-9_@]+)\$")
# Stores show some hundred characters. A hundred thousand references to a text of half a megabyte would fill
# any memory.
_MOST_FILLED_IN: Final = 1 << 12


class Manifest:
    """A manifest whose top level is an object."""

    def __init__(
        self,
        parsed: Parsed,
        limits: Limits,
        messages: Mapping[str, str] = MappingProxyType({}),
        locales: tuple[str, ...] = (),
    ) -> None:
        self.parsed = parsed
        self.keys: dict[str, Any] = parsed.value
        """The manifest's keys as they stand in the file."""
        self.limits = limits
        self.messages = messages
        """Messages of the default locale, by lower-case name."""
        self.locales = locales
        """Names of the folders under _locales."""

    @property
    def default_locale(self) -> str | None:
        """The locale that others fall back to, known or not; None if the manifest names none."""
        value = self.keys.get("default_locale")
        return value if isinstance(value, str) and value else None

    @cached_property
    def _places(self) -> Places:
        return browser_json.places(self.parsed.text)

    def place(self, *path: str | int) -> Place | None:
        """Line and column of a key, or None if the manifest has no such key."""
        return self._places.find(path)

    def localized(self, key: str, texts: Mapping[str, str] = MappingProxyType({})) -> Any:
        """A top-level value, with ``__MSG_name__`` replaced as the browser does it for the default locale.

        Of another locale, ``texts`` are the messages by lower-case name; they come first. What no catalogue
        defines stays as it is.
        """
        value = self.keys.get(key)
        if not isinstance(value, str):
            return value

        return _filled_in(_REFERENCE, value, lambda name: texts.get(name, self.messages.get(name)))

    def message_names(self, *keys: str) -> frozenset[str]:
        """Lower-case names of the messages that top-level values refer to, as far as they are replaced."""
        texts = (value for key in keys if isinstance(value := self.keys.get(key), str))
        return frozenset(
            name.lower() for text in texts for name in _REFERENCE.findall(text[:_MOST_FILLED_IN])
        )


def read_manifest(archive: Archive, parsed: Parsed, limits: Limits) -> Manifest:
    """The manifest that ``parsed`` holds, an object, with what belongs to it in the archive."""
    manifest = Manifest(parsed, limits, locales=locales_of(archive))
    locale = manifest.default_locale
    if locale is None or locale not in manifest.locales:
        return manifest
    messages = read_messages(archive, f"_locales/{locale}/messages.json", limits)
    return Manifest(parsed, limits, messages=messages, locales=manifest.locales)


def locales_of(archive: Archive) -> tuple[str, ...]:
    """Names of the folders under _locales, sorted."""
    parts = (name.split("/", 2) for name in archive.files if name.startswith("_locales/"))
    return tuple(sorted({part[1] for part in parts if len(part) == 3}))


def read_messages(archive: Archive, name: str, limits: Limits) -> Mapping[str, str]:
    """The messages of a catalogue by lower-case name, empty if it cannot be read.

    That a catalogue is broken is for the rules on locales to say; whoever resolves a name only has nothing to
    resolve it with.
    """
    entry = archive.files.get(name)
    if entry is None or entry.size_bytes > limits.manifest_bytes:
        return MappingProxyType({})
    try:
        value = _value(archive.read(name, limits.manifest_bytes), max_depth=limits.json_depth)
    except (ArchiveUnsound, browser_json.NotJson):
        return MappingProxyType({})
    if not isinstance(value, dict):
        return MappingProxyType({})
    return MappingProxyType(
        {key.lower(): text for key, message in value.items() if (text := message_text(message)) is not None}
    )


def _value(data: bytes, *, max_depth: int) -> Any:
    with suppress(ValueError):
        value = plain_value(data)
        if not is_deep(value, max_depth):
            return value
    return browser_json.parse(data, max_depth=max_depth).value


def message_text(message: Any) -> str | None:
    """A message with its placeholders filled in, or None if it is none."""
    if not isinstance(message, dict) or not isinstance(message.get("message"), str):
        return None
    text: str = message["message"]
    if "$" not in text:
        return text
    given = message.get("placeholders")
    contents = {
        name.lower(): placeholder["content"]
        for name, placeholder in (given.items() if isinstance(given, dict) else ())
        if isinstance(placeholder, dict) and isinstance(placeholder.get("content"), str)
    }
    return _filled_in(_PLACEHOLDER, text, contents.get)


def _filled_in(reference: re.Pattern[str], text: str, meaning: Callable[[str], str | None]) -> str:
    """``text`` with what its references mean, lower-case names, in their places.

    What has no meaning stays as it is, and so does the rest once more was filled in than anybody would show.
    """
    room = _MOST_FILLED_IN

    def replacement(match: re.Match[str]) -> str:
        nonlocal room
        found = meaning(match[1].lower())
        if found is None or room <= 0:
            return match[0]
        room -= len(match[0]) + len(found)
        return found

    return reference.sub(replacement, text)
