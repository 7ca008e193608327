"""What is left out of a package when a folder is packed: a small part of gitignore's language.

=====================  ==============================================================
``# text``, empty      nothing
``*``                  any characters of one name
``**/``, ``/**``       any folders, or everything in one
``name`` or ``*.ts``   in every folder
``/name``, ``a/name``  from the folder that is packed
``name/``              a folder, with all that is in it
``!name``              is packed after all; but nothing comes back out of a left-out folder
=====================  ==============================================================

The last pattern that fits decides. Whatever else gitignore knows is refused rather than misunderstood.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

IGNORE_NAME = ".openaddonsignore"

NEVER_PACKED = (".*", "__MACOSX/", "node_modules/", "Thumbs.db", "desktop.ini", "*~", "*.orig")
"""Left out of every package, unless the folder's own patterns say otherwise. Browsers give no access to files
whose name begins with a dot, so an extension cannot miss them."""

_NOT_OURS = frozenset("\\[]?")


class IgnoreInvalid(ValueError):  # noqa: N818 - a verdict on a text, as NotJson is
    """A pattern that means something else to gitignore, or nothing at all."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"{IGNORE_NAME}, line {line}: {problem}")


# A name between slashes, split where the stars are; None is **, any number of names.
_Part: TypeAlias = tuple[str, ...] | None


class _Pattern(NamedTuple):
    parts: tuple[_Part, ...]
    folders_only: bool
    ignored: bool


class Ignore:
    """Patterns, in the order in which they stand."""

    def __init__(self, lines: Iterable[str] = (), *, before: Iterable[str] = ()) -> None:
        """Read patterns, one in each line; those ``before`` are ours. Raises `IgnoreInvalid`."""
        self._patterns = [
            pattern
            for number, line in (*((0, line) for line in before), *enumerate(lines, 1))
            if (pattern := _pattern(line.rstrip(), number)) is not None
        ]

    def __call__(self, name: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out: ``name`` is its path from the packed folder.

        What lies in a left-out folder is not asked about.
        """
        names = name.split("/")
        for pattern in reversed(self._patterns):
            if (is_folder or not pattern.folders_only) and _path_fits(names, pattern.parts):
                return pattern.ignored
        return False


NOTHING = Ignore()


def ignore_of(text: str) -> Ignore:
    """What never belongs in a package, amended by the text of the folder's own file. Raises `IgnoreInvalid`."""
    return Ignore(text.removeprefix("\ufeff").splitlines(), before=NEVER_PACKED)


def _pattern(line: str, number: int) -> _Pattern | None:
    if not line or line.startswith("#"):
        return None
    glob = line.removeprefix("!")
    if not _NOT_OURS.isdisjoint(glob):
        raise IgnoreInvalid(r"? [ ] and \ are not understood here", number)
    folders_only = glob.endswith("/")
    path = glob.removesuffix("/")
    if not path.strip("/"):
        raise IgnoreInvalid("there is no name in this pattern", number)
    names = path.removeprefix("/").split("/")
    if any(not name or ("**" in name and name != "**") for name in names):
        raise IgnoreInvalid("an empty name, or ** beside other characters", number)
    parts: list[_Part] = [None if name == "**" else tuple(name.split("*")) for name in names]
    # As gitignore: a slash before the end ties a pattern to the folder that is packed, and ** at the end is
    # everything in a folder but not the folder.
    before = () if "/" in path else (None,)
    behind = (("", ""),) if parts[-1] is None else ()
    return _Pattern((*before, *parts, *behind), folders_only, ignored=not line.startswith("!"))


def _path_fits(names: list[str], parts: tuple[_Part, ...]) -> bool:
    """Whether the parts of a pattern fit a path. Tries again from the last ** alone, which is enough."""
    at = part = 0
    last_stars = resume_at = -1
    while at < len(names):
        if part < len(parts) and parts[part] is None:
            last_stars, resume_at = part, at
            part += 1
        elif part < len(parts) and _name_fits(names[at], parts[part] or ()):
            at += 1
            part += 1
        elif last_stars >= 0:
            resume_at += 1
            at, part = resume_at, last_stars + 1
        else:
            return False
    return all(rest is None for rest in parts[part:])


def _name_fits(name: str, pieces: tuple[str, ...]) -> bool:
    """Whether a name consists of these pieces, with anything between them."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return name == first
    at, end = len(first), len(name) - len(last)
    if at > end or not (name.startswith(first) and name.endswith(last)):
        return False
    for piece in pieces[1:-1]:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
