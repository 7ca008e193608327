"""The package to publish: found by its path or a pattern, checked as the store will, packed if it is a folder."""

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from openaddons.cli.output import one_line, wrong_usage

if TYPE_CHECKING:
    from openaddons.linting import Linted

_VERSION: Final = "{version}"
_WILDCARDS: Final = {"*": "[^/]*", "?": "[^/]", _VERSION: r"(?P<version>[0-9]+(?:\.[0-9]+){0,3})"}


class Chosen(NamedTuple):
    """The package that was found, and what the check said, if it was asked."""

    path: str
    linted: "Linted | None" = None

    @property
    def name(self) -> str:
        """Its name for people."""
        return one_line(os.path.basename(os.path.normpath(self.path)))

    @property
    def quoted(self) -> str:
        """Its path as a shell reads it."""
        return shlex.quote(one_line(self.path))

    @property
    def version(self) -> str | None:
        """The version in its manifest, where it was checked and is without errors."""
        package = self.linted.report.package if self.linted else None
        return None if package is None else str(package.version)

    @property
    def findings_in_words(self) -> str:
        """``no errors, 2 warnings``"""
        from openaddons.linting import summary

        return summary([self.linted] if self.linted else []).partition(" in ")[0]

    @property
    def refused(self) -> bool:
        """Whether the check found errors."""
        return self.linted is not None and self.linted.report.error_total > 0


def choose(pattern: str) -> str:
    """The one file or folder that ``pattern`` names.

    ``*`` and ``?`` stand for letters of a name and must lead to one file; ``{version}`` for a version number,
    and of several files the one with the highest is meant. UsageError for none or more than one.
    """
    if os.path.lexists(pattern) or not any(wildcard in pattern for wildcard in _WILDCARDS):
        if not os.path.exists(pattern):
            raise wrong_usage(f"{one_line(pattern)} does not exist.")
        return pattern
    import glob

    found = sorted(glob.glob(pattern.replace(_VERSION, "*").replace("[", "[[]")))
    if _VERSION in pattern:
        found = _highest(pattern, found)
    if len(found) == 1:
        return found[0]
    if not found:
        raise wrong_usage(f"No file fits {one_line(pattern)}.")
    names = ", ".join(one_line(path) for path in found[:5])
    raise wrong_usage(f"{len(found)} files fit {one_line(pattern)}, and one is wanted: {names}.")


def lint(path: str, *, allow_manifest_v2: bool) -> Chosen:
    """The package after the store's own check. UsageError where it cannot be read."""
    from openaddons.linting import lint_path
    from openaddons.packages.ignore import IgnoreInvalid

    try:
        return Chosen(path, lint_path(path, allow_manifest_v2=allow_manifest_v2))
    except IgnoreInvalid as problem:
        raise wrong_usage(f"{one_line(path)}: {problem}.") from None


@contextmanager
def opened(chosen: Chosen) -> Iterator[BinaryIO]:
    """The bytes to upload: the file, or the package that the folder makes, for the length of the block."""
    if not os.path.isdir(chosen.path):
        with open(chosen.path, "rb") as file:
            yield file
        return
    import tempfile

    from openaddons.packages.archive import ArchiveUnsound
    from openaddons.packages.canonical import write_canonical
    from openaddons.packages.folder import open_folder, read_ignore

    with tempfile.TemporaryFile() as packed:
        try:
            write_canonical(open_folder(chosen.path, ignored=read_ignore(chosen.path)), packed)
        except (ArchiveUnsound, ValueError, OverflowError) as problem:
            raise wrong_usage(
                f"{one_line(chosen.path)} cannot be packed: {one_line(str(problem))}. "
                f"Run: openaddons lint {chosen.quoted}"
            ) from None
        packed.seek(0)
        yield packed


def _highest(pattern: str, found: list[str]) -> list[str]:
    """The file whose name has the highest version where the pattern has ``{version}``."""
    if pattern.count(_VERSION) > 1:
        raise wrong_usage(f"{one_line(pattern)} has {{version}} more than once.")
    parts = re.split(r"(\*|\?|\{version\})", pattern.replace(os.sep, "/"))
    shape = re.compile("".join(_WILDCARDS.get(part) or re.escape(part) for part in parts))
    numbered = []
    for path in found:
        if match := shape.fullmatch(path.replace(os.sep, "/")):
            numbers = [int(part) for part in match["version"].split(".")]
            numbered.append(([*numbers, 0, 0, 0][:4], path))
    best = max((version for version, _ in numbered), default=None)
    return [path for version, path in numbered if version == best]
