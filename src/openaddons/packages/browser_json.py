r"""JSON as the browser reads it, which is not how Python's ``json`` does.

Chromium reads manifests and message catalogues with ``base::JSON_PARSE_CHROMIUM_EXTENSIONS``
(base/json/json_reader.h): UTF-8 with or without a byte order mark, ``//`` and ``/* */`` comments, raw line
breaks in strings, ``\x41``. It refuses trailing commas, lone surrogates, numbers that no double can hold,
NaN, and nesting of 200. Each of these was asked of Chromium 156 itself (``--pack-extension``), down to a line
comment not ending at a carriage return.

What is plain JSON goes through the standard library's C scanner. The scanner below is for the rest, for exact
places of errors, and for the line and column of a key when a finding needs them.
"""

import json
import math
import re
from bisect import bisect_right
from typing import Any, Final, NamedTuple, TypeAlias

from openaddons.packages.regexes import regex

Path: TypeAlias = tuple[str | int, ...]

_BOM: Final = "\ufeff"
_SKIPPED = frozenset(" \t\r\n/")
_SPACE = regex(r"[ \t\r\n]*")
_LINE_COMMENT = regex(r"//[^\n]*")
_TOKEN = regex(r'"[^"\\]*(?:\\.[^"\\]*)*"|//[^\n]*|/\*/|/\*.*?\*/|[\[\]{},:]|[^\s\[\]{},:"/]+', re.DOTALL)
_NUMBER = regex(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NUMBER_GOES_ON = regex(r"[0-9.eE]")
_PLAIN_STRING = regex('"([^"\\\\\x00-\x09\x0b\x0c\x0e-\x1f]*)"')
_STRING_RUN = regex('[^"\\\\\x00-\x09\x0b\x0c\x0e-\x1f]*')
_HEX4 = regex(r"[0-9A-Fa-f]{4}")
_HEX2 = regex(r"[0-9A-Fa-f]{2}")
_SURROGATE_ESCAPE = regex(r"\\u[dD][89a-fA-F]")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_INT32 = range(-(1 << 31), 1 << 31)
# A double has 309 digits before the point at most; longer texts need not be converted to know that.
_LONGEST_INTEGER = 400
_KEPT_DUPLICATES = 100


class Place(NamedTuple):
    """A place in a text, both counted from 1, columns in characters."""

    line: int
    column: int


class NotJson(Exception):  # noqa: N818 - a verdict on the text
    """The text is no JSON that a browser reads. ``detail`` says why, ``place`` where."""

    def __init__(self, detail: str, place: Place) -> None:
        super().__init__(f"{detail} at line {place.line} column {place.column}")
        self.detail = detail
        self.place = place


class Parsed(NamedTuple):
    """A JSON text."""

    value: Any
    """Whole numbers beyond 32 bits are floats, as they are to the browser."""
    text: str
    has_comments: bool
    duplicate_keys: tuple[Path, ...]
    """Paths of keys that occur again in the same object. The last one counts."""


def parse(data: bytes, *, max_depth: int, trailing_commas: bool = False) -> Parsed:
    """The value that a browser reads. Of some files it takes a comma behind the last member too.

    Raises:
        NotJson: it reads none.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        # What comes before the fault is sound, so it says where the fault is.
        before = data[: fault.start].decode()
        raise NotJson("not UTF-8", place_of(before, len(before))) from None
    text = text.removeprefix(_BOM)
    if _SURROGATE_ESCAPE.search(text) is None:
        try:
            value = _STANDARD.decode(text)
        except (ValueError, RecursionError):
            pass
        else:
            if _depth(value) < max_depth:
                return Parsed(value, text, has_comments=False, duplicate_keys=())
    scanner = _Scanner(text, max_depth, trailing_commas=trailing_commas)
    value = scanner.scan()
    return Parsed(value, text, scanner.has_comments, tuple(scanner.duplicate_keys))


def places(text: str) -> "Places":
    """Where the members of a text, which was parsed before, stand in it.

    The text is known to be sound, so its structure is seen from the tokens alone.
    """
    root: _Node | None = None
    node: _Node | None = None
    opened: list[_Node | None] = []
    begins = False
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first == ",":
            begins = True
        elif first in "]}":
            node, begins = opened.pop(), False
        elif first not in ":/":
            if begins and node is not None:
                begins = False
                node.begin(token)
                if not node.is_list:
                    continue
            if first in "[{":
                opened.append(node)
                inner = _Node(is_list=first == "[")
                if node is not None:
                    node.children[node.key] = inner
                node, begins = inner, True
                root = root or inner
    return Places(text, root)


class _Node:
    """Where the members of a list or an object stand."""

    __slots__ = ("children", "is_list", "key", "offsets")

    def __init__(self, *, is_list: bool) -> None:
        self.is_list = is_list
        self.key: str | int = 0
        """Of the member that was seen last."""
        self.offsets: dict[str | int, int] = {}
        self.children: dict[str | int, _Node] = {}

    def begin(self, token: re.Match[str]) -> None:
        """A member begins: at its key, or at the item itself."""
        if self.is_list:
            self.key = len(self.offsets)
        else:
            self.key = _Scanner(token[0], 1).scan() if "\\" in token[0] else token[0][1:-1]
        self.offsets[self.key] = token.start()
        self.children.pop(self.key, None)


class Places:
    """Where each key of an object and each item of a list stands. Of equal keys, the last."""

    def __init__(self, text: str, root: _Node | None) -> None:
        self._root = root
        self._lines_at = [0, *(match.end() for match in re.finditer("\n", text))]

    def find(self, path: Path) -> Place | None:
        """The place of the member that ``path`` leads to, or None if there is none."""
        node: _Node | None = self._root
        offset: int | None = None
        for key in path:
            if node is None or key not in node.offsets:
                return None
            offset = node.offsets[key]
            node = node.children.get(key)
        if offset is None:
            return None
        line = bisect_right(self._lines_at, offset)
        return Place(line, offset - self._lines_at[line - 1] + 1)


def place_of(text: str, offset: int) -> Place:
    """Line and column of the character at ``offset``."""
    before = text[:offset]
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _integer(text: str) -> int | float:
    """As base::Value: integers of 32 bits, greater ones as doubles, and what no double holds is refused."""
    if len(text) > _LONGEST_INTEGER:
        raise ValueError("number out of range")
    number = int(text)
    return number if number in _INT32 and text != "-0" else _finite(text)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("number out of range")
    return number


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate key")
    return members


# Whatever this refuses is looked at again by the scanner below, so it may refuse too much but not too little.
_STANDARD = json.JSONDecoder(
    object_pairs_hook=_without_duplicates,
    parse_float=_finite,
    parse_int=_integer,
    parse_constant=_refuse_constant,
)


def _depth(value: Any) -> int:
    """How deep lists and objects lie inside each other."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth


class _Container:
    """A list or object of the text that is being read."""

    __slots__ = ("closing", "key", "value")

    def __init__(self, opening: str) -> None:
        self.value: Any = [] if opening == "[" else {}
        self.closing = "]" if opening == "[" else "}"
        self.key: str | int = 0

    def put(self, value: Any) -> None:
        """Set the member whose key was read last."""
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[self.key] = value


class _Scanner:
    """Reads a text once, from left to right, without recursion."""

    def __init__(self, text: str, max_depth: int, *, trailing_commas: bool = False) -> None:
        self._text = text
        self._max_depth = max_depth
        self._trailing_commas = trailing_commas
        self._at = 0
        self._opened: list[_Container] = []
        self.has_comments = False
        self.duplicate_keys: list[Path] = []

    def scan(self) -> Any:
        """The value of the whole text."""
        self._skip()
        value = self._value()
        self._skip()
        if self._at < len(self._text):
            raise self._refuse("trailing characters")
        return value

    def _refuse(self, detail: str, at: int | None = None) -> NotJson:
        return NotJson(detail, place_of(self._text, self._at if at is None else at))

    def _skip(self) -> None:
        """Over blanks and comments."""
        while self._text[self._at : self._at + 1] in _SKIPPED:
            self._at = _end(_SPACE, self._text, self._at)
            if not self._text.startswith("/", self._at):
                return
            if self._text.startswith("//", self._at):
                self._at = _end(_LINE_COMMENT, self._text, self._at)
            elif self._text.startswith("/*/", self._at):
                # A whole comment to the browser: the star counts twice.
                self._at += 3
            elif self._text.startswith("/*", self._at):
                end = self._text.find("*/", self._at + 2)
                if end < 0:
                    raise self._refuse("unterminated comment")
                self._at = end + 2
            else:
                raise self._refuse("expected / or * after /")
            self.has_comments = True

    def _value(self) -> Any:
        """A value and all that is in it; ``_opened`` stands for the calls that recursion would make."""
        while True:
            opening = self._text[self._at : self._at + 1]
            if opening in {"[", "{"}:
                container = self._open(opening)
                if self._first(container):
                    continue
                self._opened.pop()
                value = container.value
            else:
                value = self._scalar(opening)
            while self._opened:
                parent = self._opened[-1]
                parent.put(value)
                if self._next(parent):
                    break
                container = self._opened.pop()
                value = container.value
            else:
                return value

    def _open(self, opening: str) -> _Container:
        container = _Container(opening)
        self._opened.append(container)
        if len(self._opened) >= self._max_depth:
            raise self._refuse("nested too deep")
        self._at += 1
        return container

    def _first(self, container: _Container) -> bool:
        """Go to the first member, or past the end of an empty container."""
        self._skip()
        if self._text.startswith(container.closing, self._at):
            self._at += 1
            return False
        self._member(container)
        return True

    def _next(self, container: _Container) -> bool:
        """Go to the next member, or past the end of the container."""
        self._skip()
        if self._text.startswith(container.closing, self._at):
            self._at += 1
            return False
        if not self._text.startswith(",", self._at):
            at_end = self._at == len(self._text)
            raise self._refuse("unexpected end" if at_end else f"expected , or {container.closing}")
        comma_at = self._at
        self._at += 1
        self._skip()
        if self._text.startswith(container.closing, self._at):
            if not self._trailing_commas:
                raise self._refuse("trailing comma", comma_at)
            self._at += 1
            return False
        self._member(container)
        return True

    def _member(self, container: _Container) -> None:
        """Up to a member's value: over the key, if it is an object's."""
        if isinstance(container.value, list):
            container.key = len(container.value)
        else:
            container.key = self._key()
            if container.key in container.value and len(self.duplicate_keys) < _KEPT_DUPLICATES:
                self.duplicate_keys.append(tuple(opened.key for opened in self._opened))

    def _key(self) -> str:
        if not self._text.startswith('"', self._at):
            raise self._refuse("unexpected end" if self._at == len(self._text) else "a key must be a string")
        key = self._string()
        self._skip()
        if not self._text.startswith(":", self._at):
            raise self._refuse("expected :")
        self._at += 1
        self._skip()
        return key

    def _scalar(self, first: str) -> Any:
        if first == '"':
            return self._string()
        if first and first in "-0123456789":
            return self._number()
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        raise self._refuse("expected a value" if first else "unexpected end")

    def _number(self) -> int | float:
        match = _NUMBER.match(self._text, self._at)
        if match is None or _NUMBER_GOES_ON.match(self._text, match.end()):
            raise self._refuse("invalid number")
        try:
            number = _integer(match[0]) if match[1] is match[2] is None else _finite(match[0])
        except ValueError:
            raise self._refuse("number out of range") from None
        self._at = match.end()
        return number

    def _string(self) -> str:
        plain = _PLAIN_STRING.match(self._text, self._at)
        if plain is not None:
            self._at = plain.end()
            return plain[1]
        pieces: list[str] = []
        begin = self._at
        self._at += 1
        while True:
            end = _end(_STRING_RUN, self._text, self._at)
            pieces.append(self._text[self._at : end])
            self._at = end
            character = self._text[end : end + 1]
            if character == '"':
                self._at += 1
                return "".join(pieces)
            if not character:
                raise self._refuse("unterminated string", begin)
            if character != "\\":
                raise self._refuse("control character in a string")
            pieces.append(self._escape())

    def _escape(self) -> str:
        """A backslash and what follows."""
        kind = self._text[self._at + 1 : self._at + 2]
        if kind in _ESCAPES:
            self._at += 2
            return _ESCAPES[kind]
        if kind == "x" and (match := _HEX2.match(self._text, self._at + 2)):
            self._at = match.end()
            return chr(int(match[0], 16))
        unit = self._code_unit()
        if unit is None:
            raise self._refuse("invalid escape")
        begin = self._at
        self._at += 6
        if not 0xD800 <= unit < 0xE000:
            return chr(unit)
        low = self._code_unit()
        if unit >= 0xDC00 or low is None or not 0xDC00 <= low < 0xE000:
            raise self._refuse("lone surrogate", begin)
        self._at += 6
        return chr(0x10000 + (unit - 0xD800 << 10) + (low - 0xDC00))

    def _code_unit(self) -> int | None:
        """The UTF-16 code unit that the escape here stands for."""
        if not self._text.startswith("\\u", self._at):
            return None
        match = _HEX4.match(self._text, self._at + 2)
        return None if match is None else int(match[0], 16)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a pattern that also matches nothing ends."""
    match = pattern.match(text, at)
    return at if match is None else match.end()
