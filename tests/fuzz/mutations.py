"""Changes to packages that get further than flipped bits: the archive stays sound where it is not meant to break.

Everything is drawn from one ``Random``, so the same seed makes the same change.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

from openaddons.packages import rules
from tests.corpus.writer import LINK, Member, extra, pack, streamed

Raw: TypeAlias = Callable[[bytes], bytes]
"""Changes bytes without understanding them."""

_MOST_UNPACKED_BYTES: Final = 1 << 20
_LONGEST_NAME_BYTES: Final = 0xFFFF
_MOST_NODES: Final = 2000

# Whatever stands in quotes in the rules: keys, members, permissions, words that mean something.
WORDS: Final = sorted(
    {
        word
        for source in Path(rules.__path__[0]).parent.rglob("*.py")
        for word in re.findall(r'"([^"\s\\{}]{1,40})"', source.read_text())
    }
)
_TEXTS: Final = (
    *(
        "",
        "a",
        "/",
        "..",
        "../a.js",
        "a/../b.html",
        "//",
        "%2e%2e/a.html",
        "%00",
        "?#",
        "\0",
        "\u202e",
        "\ud800",
    ),
    *(
        "🦊",
        "é" * 200,
        "x" * 5000,
        "__MSG_a__",
        "__MSG_@@ui_locale__",
        "$a$",
        "en",
        "pt_BR",
        "1.0",
        "1.2.3.4.5",
    ),
    *("*://*/*", "<all_urls>", "https://*.example.com/*", "http://[::1]:8080/*", "https://日本.jp:*/*"),
    *(
        "Ctrl+Shift+Y",
        "Ctrl+",
        "script-src 'self'",
        "script-src *; object-src 'none'",
        "(?:a{2,3})+",
        "[[:alpha:]",
        "\\p{",
    ),
)
_NUMBERS: Final = (0, 1, -1, 2, 3, 4, 128, 65536, 1 << 31, -(1 << 31), 1 << 64, 0.5, 1e308, -0.0)
_EXTRAS: Final = (
    b"\0",
    b"\1\0",
    extra(1, b""),
    extra(1, b"\xff" * 24),
    extra(0x7075, b"\1\0\0\0\0a"),
    extra(0x5455, b"\3abcd"),
)
_NAMES: Final = (
    *(
        b"manifest.json",
        b"a/manifest.json",
        b"_locales/en/messages.json",
        b"_locales/de/messages.json",
        b"a.js",
        b"A.js",
    ),
    *(
        b"../a",
        b"/a",
        b"a\\b",
        b"con",
        b"a/",
        b"a.",
        b"\xff",
        "é".encode(),
        b"x" * 300,
        b"a/" * 400 + b"b",
        b"a.pem",
    ),
    *(
        b"_metadata/x",
        b"__MACOSX/a",
        b".DS_Store",
        b"node_modules/a/b.js",
        b"rules.json",
        b"schema.json",
        b"a.png",
    ),
)
_FIELDS: Final = ("crc", "packed", "size", "flags", "method", "signature", "offset", "disk")
_END_FIELDS: Final = ("disk", "directory_disk", "here", "count", "size", "offset", "comment")


def mutated(data: bytes, random: Random, raw: Raw) -> bytes:
    """A package that differs from ``data``."""
    members = members_of(data)
    if not members or random.random() < 0.2:
        return raw(data)
    archive: dict[str, Any] = {}
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        draw = random.random()
        if draw < 0.5:
            _change_json(members, random, raw)
        elif draw < 0.65:
            _change_content(members, random, raw)
        elif draw < 0.8:
            _change_members(members, random)
        elif draw < 0.92:
            _change_records(random.choice(members), random)
        else:
            _change_archive(archive, random)
    return pack(members, **archive)


def members_of(data: bytes) -> list[Member]:
    """The files of an archive that the standard library can read and that is not large; otherwise none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            entries = opened.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_UNPACKED_BYTES:
                return []
            members = [Member(entry.filename.encode(), opened.read(entry)) for entry in entries]
            # A name in code page 437 grows when it becomes UTF-8, and may not fit into a record any more.
            return members if all(len(member.name) <= _LONGEST_NAME_BYTES for member in members) else []
    except Exception:
        # The standard library says that it cannot read an archive in a dozen ways, OverflowError among them.
        return []


def _change_json(members: list[Member], random: Random, raw: Raw) -> None:
    """One place in one of the JSON files, mostly the manifest; the result may be JSON no more."""
    files = [member for member in members if member.name.endswith(b".json")]
    manifests = [member for member in files if member.name.endswith(b"manifest.json")]
    if not files:
        members.append(Member(b"manifest.json", json.dumps(_value(random)).encode()))
        return
    member = random.choice(manifests if manifests and random.random() < 0.7 else files)
    try:
        value = json.loads(member.data)
    except (ValueError, RecursionError):
        member.data = raw(member.data)
        return
    value = _edited(value, random)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, indent=random.choice((None, None, 1)))
    if random.random() < 0.1:
        at = random.randrange(len(text) + 1)
        text = (
            text[:at] + random.choice(("//\n", "/* */", ",", "\\x41", "\n", "\ufeff", "[" * 210)) + text[at:]
        )
    member.data = text.encode(errors="surrogatepass")


def _edited(value: Any, random: Random) -> Any:
    """The value with a member changed, added, removed, repeated or wrapped."""
    containers = [found for found in _nodes(value) if isinstance(found, (dict, list))]
    if not containers:
        return _value(random)
    container = random.choice(containers)
    if isinstance(container, dict):
        keys = list(container)
        key: Any = random.choice(keys) if keys and random.random() < 0.6 else random.choice((*WORDS, *_TEXTS))
        if key in container and random.random() < 0.15:
            del container[key]
        else:
            container[key] = _replacement(container.get(key), value, random)
    elif container and random.random() < 0.7:
        at = random.randrange(len(container))
        draw = random.random()
        if draw < 0.15:
            del container[at]
        elif draw < 0.25:
            container.extend([container[at]] * random.choice((1, 3, 200)))
        else:
            container[at] = _replacement(container[at], value, random)
    else:
        container.append(_value(random))
    return value


def _replacement(old: Any, whole: Any, random: Random) -> Any:
    draw = random.random()
    if draw < 0.15 and isinstance(old, str):
        at = random.randrange(len(old) + 1)
        return old[:at] + random.choice(_TEXTS) + old[at + random.choice((0, 1, 3)) :]
    if draw < 0.25:
        for _ in range(random.choice((1, 2, 199))):
            old = [old] if random.random() < 0.5 else {random.choice(WORDS): old}
        return old
    if draw < 0.35:
        # By way of text, lest a value come to lie in itself.
        return json.loads(json.dumps(random.choice(_nodes(whole))))
    return _value(random)


def _value(random: Random, depth: int = 0) -> Any:
    draw = random.random()
    if draw < 0.35:
        return random.choice(WORDS)
    if draw < 0.55:
        return random.choice(_TEXTS)
    if draw < 0.7 or depth > 2:
        return random.choice((*_NUMBERS, True, False, None))
    if draw < 0.85:
        return [_value(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(WORDS): _value(random, depth + 1) for _ in range(random.randrange(4))}


def _nodes(value: Any) -> list[Any]:
    """The value and what is in it, the first few thousand."""
    found = [value]
    for node in found:
        if len(found) < _MOST_NODES and isinstance(node, (dict, list)):
            found.extend(node.values() if isinstance(node, dict) else node)
    return found


def _change_content(members: list[Member], random: Random, raw: Raw) -> None:
    member = random.choice(members)
    draw = random.random()
    if draw < 0.8:
        member.data = raw(member.data)
    elif draw < 0.9:
        member.data *= random.choice((2, 50))
    else:
        member.data = member.data[: random.randrange(len(member.data) + 1)]


def _change_members(members: list[Member], random: Random) -> None:
    draw = random.random()
    chosen = random.choice(members)
    name = random.choice((*_NAMES, *(member.name for member in members)))
    if draw < 0.3:
        chosen.name = name
    elif draw < 0.6:
        members.append(Member(name, chosen.data))
    elif draw < 0.7 and len(members) > 1:
        members.remove(chosen)
    elif draw < 0.8:
        members.extend(
            Member(b"%d/" % number + chosen.name, b"") for number in range(random.choice((2, 300)))
        )
    elif draw < 0.9:
        for member in members:
            member.name = b"folder/" + member.name
    else:
        random.shuffle(members)


def _change_records(member: Member, random: Random) -> None:
    """One field of an entry's headers, or one thing that may lie beside them."""
    draw = random.random()
    if draw < 0.5:
        fields = random.choice((member.both, member.local, member.central))
        fields[random.choice(_FIELDS)] = random.choice(
            (0, 1, 8, 9, 99, 0xFFFE, 0xFFFF, random.randrange(1 << 16))
        )
    elif draw < 0.7:
        if random.random() < 0.7:
            member.central_extra = random.choice(_EXTRAS) * random.choice((1, 2, 120))
        if random.random() < 0.7:
            member.local_extra = random.choice(_EXTRAS) * random.choice((1, 2, 120))
    elif draw < 0.8:
        streamed(member, form=random.choice(("<LLL", "<LQQ")))
    elif draw < 0.85:
        member.mode = random.choice((0, LINK, 0o40755, random.randrange(1 << 16)))
    elif draw < 0.9:
        member.packed = random.choice(
            (b"", b"\3\0", b"\0", member.data, member.body + b"\0", member.body[:-1])
        )
    elif draw < 0.95:
        member.local_name = random.choice(_NAMES)
    else:
        member.method, member.needed = (
            random.choice((0, 8, 9, 12)),
            random.choice((10, 20, 45, 63, 64, 0xFFFF)),
        )


def _change_archive(archive: dict[str, Any], random: Random) -> None:
    """What lies around the entries."""
    number = random.choice((0, 1, 0xFFFE, 0xFFFF, random.randrange(1 << 16)))
    draw = random.random()
    if draw < 0.4:
        archive["end"] = {random.choice(_END_FIELDS): number}
    elif draw < 0.7:
        archive["zip64"] = {random.choice((*_END_FIELDS[:-1], "at", "disks")): number} if number else {}
    else:
        where = random.choice(("prefix", "before_directory", "before_end", "comment", "suffix"))
        archive[where] = random.choice(
            (b"PK\5\6" + bytes(18), b"PK\1\2", b"x" * random.randrange(1, 100), b"\0")
        )
