"""The package to upload, read in pieces and as often as it must be sent."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from openaddons.client._core import Package

T = TypeVar("T")

_CHUNK_BYTES: Final = 64 * 1024

Progress = Callable[[int, int], None]
"""Called with the bytes sent and the bytes in all; from the beginning again when the upload is repeated."""


class FilePackage(NamedTuple):
    """A package in a file of that path."""

    path: str
    size_bytes: int
    progress: Progress | None = None

    def chunks(self) -> Generator[bytes]:
        """The bytes of the file, opened anew."""
        with open(self.path, "rb") as file:  # noqa: PTH123 - the path is a string here
            yield from _chunks(file, self.size_bytes)


class OpenPackage(NamedTuple):
    """A package in a file that the caller opened, from where it stood then."""

    file: BinaryIO
    start: int
    size_bytes: int
    progress: Progress | None = None

    def chunks(self) -> Generator[bytes]:
        """The bytes of the file, from the start again."""
        self.file.seek(self.start)
        yield from _chunks(self.file, self.size_bytes)


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


def sent_bytes(package: Package) -> Generator[bytes]:
    """The pieces of the package, each counted as sent when the next one is asked for.

    Whoever stops before the end closes it, and with it the file.
    """
    done_bytes = 0
    with closing(package.chunks()) as chunks:
        for chunk in chunks:
            yield chunk
            done_bytes += len(chunk)
            if package.progress is not None:
                package.progress(done_bytes, package.size_bytes)


async def sent_bytes_async(package: Package) -> AsyncIterator[bytes]:
    """The same for an event loop: a thread reads, for a disk may take seconds; the loop counts."""
    done_bytes = 0
    chunks = package.chunks()
    try:
        while chunk := await _in_thread(lambda: next(chunks, b"")):
            yield chunk
            done_bytes += len(chunk)
            if package.progress is not None:
                package.progress(done_bytes, package.size_bytes)
    finally:
        chunks.close()


async def _in_thread(call: Callable[[], T]) -> T:
    """The result of the call. Who is cancelled meanwhile waits for its end: nothing is left running."""
    import asyncio

    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _chunks(file: BinaryIO, size_bytes: int) -> Iterator[bytes]:
    """As many bytes as were announced; a file that shrank meanwhile is an OSError, not half a package."""
    done_bytes = 0
    while done_bytes < size_bytes:
        chunk = file.read(min(_CHUNK_BYTES, size_bytes - done_bytes))
        if not chunk:
            raise OSError(f"the package became shorter while it was sent: {done_bytes} of {size_bytes} bytes")
        yield chunk
        done_bytes += len(chunk)
