"""The package to upload, read in pieces and as often as it must be sent."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_CHUNK_BYTES: Final = 64 * 1024

Progress = Callable[[int, int], None]
"""Called with the bytes sent and the bytes in all; from the beginning again when the upload is repeated."""


@dataclass(frozen=True, slots=True)
class FilePackage:
    """A package in a file of that path."""

    path: str
    size_bytes: int
    progress: Progress | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, opened anew."""
        with open(self.path, "rb") as file:  # noqa: PTH123 - the path is a string here
            yield from _chunks(file, self.size_bytes, self.progress)


@dataclass(frozen=True, slots=True)
class OpenPackage:
    """A package in a file that the caller opened, from where it stood then."""

    file: BinaryIO
    start: int
    size_bytes: int
    progress: Progress | None = None

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file, from the start again."""
        self.file.seek(self.start)
        yield from _chunks(self.file, self.size_bytes, self.progress)


def package_of(
    path_or_file: str | os.PathLike[str] | BinaryIO, *, progress: Progress | None
) -> FilePackage | OpenPackage:
    """The package; OSError when there is no such file, ValueError when an open file cannot be read twice."""
    if isinstance(path_or_file, str | os.PathLike):
        path = os.fspath(path_or_file)
        return FilePackage(path, os.stat(path).st_size, progress)  # noqa: PTH116 - as above
    if not path_or_file.seekable():
        raise ValueError("the file must be seekable: its bytes are sent again when the store asks for it")
    start = path_or_file.tell()
    end = path_or_file.seek(0, io.SEEK_END)
    return OpenPackage(path_or_file, start, end - start, progress)


def _chunks(file: BinaryIO, size_bytes: int, progress: Progress | None) -> Iterator[bytes]:
    """As many bytes as were announced; a file that shrank meanwhile is an OSError, not half a package."""
    sent_bytes = 0
    while sent_bytes < size_bytes:
        chunk = file.read(min(_CHUNK_BYTES, size_bytes - sent_bytes))
        if not chunk:
            raise OSError(f"the package became shorter while it was sent: {sent_bytes} of {size_bytes} bytes")
        yield chunk
        sent_bytes += len(chunk)
        if progress is not None:
            progress(sent_bytes, size_bytes)
