"""What a reviewer should look at in scripts and pages: found by their text, without understanding it.

A finding here is a hint and never a verdict, so nothing is parsed: a few words that are rare in any script are
searched for in one pass, which costs a fraction of unpacking the file, and only around them is looked closer.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeAlias

from openaddons.packages.regexes import regex
from openaddons.packages.words import finder

Kind: TypeAlias = Literal["remote", "inline", "dynamic", "dom", "obfuscated"]

_KEPT_HINTS = 3
# As far as is looked in front of a word and behind it: no pattern below needs more.
_AROUND = 400


class Hint(NamedTuple):
    """One thing to look at."""

    kind: Kind
    line: int
    what: str


class _Sight(NamedTuple):
    """A hint, and where in the file it is."""

    kind: Kind
    at: int
    text: bytes


class _Search(NamedTuple):
    """What must end where a word begins, and what must follow it."""

    kind: Kind
    before: re.Pattern[bytes]
    after: re.Pattern[bytes]
    gate: bytes
    """What must be somewhere in front of the word: quicker to see than the pattern."""
    window: int
    """How many bytes in front of the word ``before`` may need."""


def _search(kind: Kind, *, before: bytes, after: bytes = b"", gate: bytes = b"", window: int = 24) -> _Search:
    # \Z binds stronger than |.
    return _Search(kind, regex(rb"(?:" + before + rb")\Z"), regex(after), gate, window)


_WHOLE_WORD: Final = rb"^|[^\w$.]|\b(?:window|self|globalThis)\."
_STRING: Final = rb"""\s*["'`]"""
_STATEMENT: Final = rb"""\b[^"'`;()=]{0,300}"""
_URL: Final = rb"""(s?://[^"'`\s]{1,200})"""
_SCRIPT_URL: Final = rb"""(s?://[^"'`\s?#]{1,200}\.m?js)["'`?#]"""
# Text that was written out cannot come from anybody else.
_NO_LITERAL: Final = rb"""(?!\s*(?:"[^"\n]*"|'[^'\n]*'|`[^`$]*`)\s*(?:[;,)}\n]|\Z))"""
_RUN: Final = b"eval("
_COMPILED: Final = b"Function("
_ADDRESS: Final = b"http"
_SEARCHES: dict[bytes, tuple[_Search, ...]] = {
    _RUN: (_search("dynamic", before=_WHOLE_WORD),),
    _COMPILED: (_search("dynamic", before=rb"\bnew\s+"),),
    b"setTimeout(": (_search("dynamic", before=_WHOLE_WORD, after=_STRING),),
    b"setInterval(": (_search("dynamic", before=_WHOLE_WORD, after=_STRING),),
    b"document.write": (_search("dom", before=_WHOLE_WORD, after=rb"(?:ln)?\(" + _NO_LITERAL),),
    b"HTML": (
        _search("dom", before=rb"\.(inner|outer)", after=rb"\s*\+?=(?!=)" + _NO_LITERAL),
        _search("dom", before=rb"\.(insertAdjacent)", after=rb"\([^,]{0,40}," + _NO_LITERAL),
    ),
    _ADDRESS: (
        _search("remote", before=rb"\bimport(?:Scripts)?\s*\(" + _STRING, after=_URL, gate=b"import"),
        _search(
            "remote", before=rb"\bimport" + _STATEMENT + _STRING, after=_URL, gate=b"import", window=_AROUND
        ),
        _search(
            "remote", before=rb"\bexport" + _STATEMENT + _STRING, after=_URL, gate=b"export", window=_AROUND
        ),
        _search("remote", before=rb"Streaming\(\s*fetch\(" + _STRING, after=_URL, gate=b"Streaming("),
        _search("remote", before=rb"\.src\s*=" + _STRING, after=_SCRIPT_URL, gate=b".src"),
    ),
}
_LINE_COMMENT = regex(rb"(?:^|\s)//|^\s*\*")

_TAG = regex(rb"<script\b([^>]*)>\s*(<\s*/\s*script)?", re.IGNORECASE)
_SOURCE = regex(rb"""\bsrc\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]{1,200})?""", re.IGNORECASE)
_TYPE = regex(rb"""\btype\s*=\s*["']?\s*([^"'\s>]+)""", re.IGNORECASE)
_SCRIPT_TYPE = regex(rb"module|(?:text|application)/(?:x-)?(?:java|ecma)script", re.IGNORECASE)
# In lower case: a search that begins with letters in any case is ten times as slow.
_HANDLER = regex(rb"""on[a-z]{3,25}(?=\s*=\s*["'])""")
_LONGEST_TAG: Final = 1003
_TAG_BEFORE = regex(rb"<[a-z][^<>]*\s")

# Packers put their mark at the beginning.
_BEGINNING = 1 << 16
_DECODED: Final = b"atob("
_PACKED = (b"eval(function(p,a,c,k,e,", b"eval(unescape(", b"eval(atob(", b"eval(window.atob(")
_WITHOUT_LETTERS: Final = b"[][(![]+[])"
_RENAMED: Final = b"_0x"
_MANY_RENAMED = 100
# Hexadecimal digits are among base64's.
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_HALF_A_BLOB = 1000
_HALF = regex(rb"[A-Za-z0-9+/]{1000}")
_BLOB = regex(rb"""["'`][A-Za-z0-9+/]{2000}""")
_LONG_LINES = 2000
_SAMPLE_BYTES = 2048
# Bits a byte. Minified scripts have some 5.3, base64 has 6.
_DENSE = 5.75
# Of most minified scripts it is a sixth, of base64 nothing. It is counted at a tenth of the price of bits.
_PUNCTUATION: Final = b"(),.;={}"
_MOST_PUNCTUATION: Final = 0.1


# By what is searched for, the word that it stands for: a URL is of interest only in quotes.
_ANCHORS: dict[bytes, bytes] = {
    **{word: word for word in (*_SEARCHES, _DECODED, _WITHOUT_LETTERS, _RENAMED) if word != _ADDRESS},
    **{quote + _ADDRESS: _ADDRESS for quote in (b'"', b"'", b"`")},
}
_WORDS: Final = tuple(_ANCHORS.values())
_find_words = finder(tuple(_ANCHORS))
# Whoever has more is obfuscated, or wants to keep us busy.
_MOST_PLACES: Final = 50_000

_Places: TypeAlias = Mapping[bytes, Sequence[int]]
"""Where the words of a script stand, those that it has."""


def read_script(data: bytes) -> tuple[Hint, ...]:
    """Hints on a JavaScript file, a few of each kind."""
    places = _places(data)
    sights = [sight for word in _SEARCHES if word in places for sight in _found(data, word, places[word])]
    if _is_obfuscated(data, places):
        sights.append(_Sight("obfuscated", 0, b""))
    return _hints(data, sights)


def _places(data: bytes) -> _Places:
    places: dict[bytes, list[int]] = {}
    for which, at in islice(_find_words(data), _MOST_PLACES):
        word = _WORDS[which]
        places.setdefault(word, []).append(at + 1 if word == _ADDRESS else at)
    return places


def read_page(data: bytes) -> tuple[Hint, ...]:
    """Hints on an HTML file, a few of each kind."""
    sights: list[_Sight] = []
    for tag in _TAG.finditer(data):
        source, kind = _SOURCE.search(tag[1]), _TYPE.search(tag[1])
        if source is not None and source[1]:
            sights.append(_Sight("remote", tag.start(), source[1]))
        elif source is None and tag[2] is None and (kind is None or _SCRIPT_TYPE.fullmatch(kind[1])):
            sights.append(_Sight("inline", tag.start(), b"<script>"))
        if len(sights) > 2 * _KEPT_HINTS:
            break
    sights.extend(islice(_handlers(data), _KEPT_HINTS))
    return _hints(data, sights)


def _handlers(data: bytes) -> Iterator[_Sight]:
    """The first handler of each tag. Handlers are sought before their tags, for there are fewer of them."""
    lower, seen_at = data.lower(), -1
    for handler in _HANDLER.finditer(lower):
        at = handler.start()
        tag_at = lower.rfind(b"<", max(0, at - _LONGEST_TAG), at)
        if tag_at > seen_at and _TAG_BEFORE.fullmatch(lower, tag_at, at):
            seen_at = tag_at
            yield _Sight("inline", at, data[at : handler.end()])


def _hints(data: bytes, sights: list[_Sight]) -> tuple[Hint, ...]:
    """A few of each kind, with their lines: those are counted in one pass, and for no others."""
    if not sights:
        return ()
    kept = list(_few_of_each(sights))
    line, reached, lines = 1, 0, {}
    for at in sorted({sight.at for sight in kept}):
        line += data.count(b"\n", reached, at)
        reached = at
        lines[at] = line
    return tuple(Hint(sight.kind, lines[sight.at], sight.text.decode(errors="replace")) for sight in kept)


def _few_of_each(sights: list[_Sight]) -> Iterator[_Sight]:
    kept: Counter[str] = Counter()
    for sight in sights:
        kept[sight.kind] += 1
        if kept[sight.kind] <= _KEPT_HINTS:
            yield sight


def _found(data: bytes, word: bytes, places: Sequence[int]) -> Iterator[_Sight]:
    kept = 0
    for at in places:
        end = at + len(word)
        for search in _SEARCHES[word]:
            text = data[max(0, at - search.window) : at]
            if search.gate not in text:
                continue
            # First what is behind the word, for that is tried at one place alone.
            after = search.after.match(data, end, end + _AROUND)
            before = search.before.search(text) if after else None
            if before and after and not _is_commented(data[max(0, at - _AROUND) : at]):
                kept += 1
                named = b"".join((*before.groups(), word, *after.groups()))
                yield _Sight(search.kind, at, named.rstrip(b"("))
                break
        if kept == _KEPT_HINTS:
            return


def _is_commented(before: bytes) -> bool:
    return _LINE_COMMENT.search(before[before.rfind(b"\n") + 1 :]) is not None


def _is_obfuscated(data: bytes, places: _Places) -> bool:
    """Whether a script was made hard to read, beyond leaving out blanks and shortening names."""
    if _RUN in places and any(data.find(mark, 0, _BEGINNING) >= 0 for mark in _PACKED):
        return True
    renamed = places.get(_RENAMED, ())
    if len(renamed) >= _MANY_RENAMED and renamed[_MANY_RENAMED - 1] < _BEGINNING:
        return True
    if _WITHOUT_LETTERS in places and places[_WITHOUT_LETTERS][0] < _BEGINNING:
        return True
    if not _has_long_lines(data):
        return False
    if _DECODED in places and (_RUN in places or _COMPILED in places) and _has_blob(data):
        return True
    # One place alone may be a font or a picture.
    samples_at = (0, (len(data) - _SAMPLE_BYTES) // 2, len(data) - _SAMPLE_BYTES)
    return len(data) >= 8 * _SAMPLE_BYTES and all(
        _is_dense(data[at : at + _SAMPLE_BYTES]) for at in samples_at
    )


def _has_long_lines(data: bytes) -> bool:
    """Whether lines have so many bytes on average. Finding the few breaks of such a file is quicker than counting."""
    at = -1
    for _ in range(len(data) // _LONG_LINES):
        at = data.find(b"\n", at + 1)
        if at < 0:
            return True
    return False


def _has_blob(data: bytes) -> bool:
    """Whether a long text of base64 is written out. One that is two steps long lies across some step."""
    for at in range(0, len(data), _HALF_A_BLOB):
        if _HALF.match(data, at):
            before = data[max(0, at - _HALF_A_BLOB) : at]
            begins_at = at - len(before) + len(before.rstrip(_BASE64))
            if begins_at and _BLOB.match(data, begins_at - 1):
                return True
    return False


def _is_dense(sample: bytes) -> bool:
    """Whether the sample says more than code does: by its entropy (Shannon)."""
    if len(sample.translate(None, _PUNCTUATION)) < (1 - _MOST_PUNCTUATION) * len(sample):
        return False
    shares = [sample.count(byte) / len(sample) for byte in set(sample)]
    return -sum(share * math.log2(share) for share in shares) > _DENSE
