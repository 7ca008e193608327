"""A file of a package beside the same file of the version that was in the store."""

from dataclasses import dataclass

from openaddons.errors import NotKnown
from openaddons.packages.archive import Archive
from openaddons.packages.comparing import TEXT_BYTES_LIMIT, Comparison, read_text, side_by_side
from openaddons.store.packages import UploadedPackage
from openaddons.work.tools import Tools, upload_limits


@dataclass(frozen=True, slots=True)
class FileComparison:
    """What became of a file. Sizes are None where there is none."""

    path: str
    old_size_bytes: int | None
    new_size_bytes: int | None
    binary: bool
    """Whether it is no text in UTF-8; then nothing is compared."""
    too_large: bool
    """Whether it is too large to be compared line by line."""
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class _File:
    size_bytes: int
    data: bytes | None
    """None: it is too large."""


def compare_file(
    tools: Tools, *, path: str, package: UploadedPackage, base: UploadedPackage | None, first_row: int = 0
) -> FileComparison:
    """A file of ``package`` beside that of ``base``, from a row on. Raises `NotKnown` when neither has it."""
    new = _read(tools, package, path)
    old = None if base is None else _read(tools, base, path)
    if new is None and old is None:
        raise NotKnown(noun="file", id="of that path in the package")
    found = [each for each in (old, new) if each is not None]
    texts = [None if each is None or each.data is None else read_text(each.data) for each in (old, new)]
    too_large = any(each.data is None for each in found)
    binary = not too_large and len(found) > sum(text is not None for text in texts)
    return FileComparison(
        path=path,
        old_size_bytes=None if old is None else old.size_bytes,
        new_size_bytes=None if new is None else new.size_bytes,
        binary=binary,
        too_large=too_large,
        comparison=None if binary or too_large else side_by_side(*texts, first=first_row),
    )


def _read(tools: Tools, package: UploadedPackage, path: str) -> _File | None:
    with tools.objects.open(package.object_key) as file:
        archive = Archive.open(file, upload_limits(tools.settings))
        entry = archive.files.get(path)
        if entry is None:
            return None
        fits = entry.size_bytes <= TEXT_BYTES_LIMIT
        return _File(entry.size_bytes, archive.read(path, TEXT_BYTES_LIMIT) if fits else None)
