"""Writing a package's one canonical ZIP: the same files give the same bytes, however they were packed.

Browsers refuse some of what packers emit once it lies inside a CRX (ZIP64 records, whose offsets do not count
the CRX header) and publishers' archives carry time stamps, orders and comments that say nothing about the
add-on. So the bytes that get signed are always written here.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

from openaddons.packages.archive import Archive, never

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")

_VERSION = 20
_MADE_BY_UNIX = 3 << 8 | _VERSION
_FLAG_UTF8 = 1 << 11
_MIDNIGHT, _1980_01_01 = 0, 1 << 5 | 1
_REGULAR_FILE_644 = 0o100644 << 16
_LARGEST_COUNT, _LARGEST_OFFSET = 0xFFFE, 0xFFFFFFFE
# The level that zlib itself prefers: 9 takes three times as long for a hundredth less.
_LEVEL = 6
_CHUNK_BYTES = 1 << 16


class _Written(NamedTuple):
    name: bytes
    offset: int
    crc32: int
    method: int
    compressed_bytes: int
    size_bytes: int


def write_canonical(
    archive: Archive,
    out: BinaryIO,
    *,
    replace: Mapping[str, bytes] | None = None,
    cancelled: Callable[[], bool] = never,
) -> int:
    """Write the files of ``archive`` into ``out`` as a canonical ZIP, and give its length in bytes.

    Names are sorted, folders and junk left out, the enclosing folder stripped; each file is deflated, or
    stored if that is not smaller; no extra fields, data descriptors, comments or ZIP64; all times are
    1980-01-01. Bytes depend on the version of zlib alone besides the files.

    ``replace`` gives files other contents, or adds files. ``out`` must be seekable; it is written from its
    current position and cut off behind the archive.

    Raises:
        ArchiveUnsound: a file's data is not what its header says.
        OverflowError: the result would need ZIP64.
    """
    replacements = replace or {}
    begin = out.tell()
    written: list[_Written] = []
    for name in sorted(archive.files.keys() | replacements.keys()):

        def pieces(name: str = name) -> Iterator[bytes]:
            if name in replacements:
                return iter((replacements[name],))
            return archive.stream(name, cancelled=cancelled)

        written.append(_write_file(out, name.encode(), pieces, begin=begin))
    directory_at = out.tell() - begin
    out.writelines(map(_central_header, written))
    directory_bytes = out.tell() - begin - directory_at
    if len(written) > _LARGEST_COUNT or directory_at + directory_bytes > _LARGEST_OFFSET:
        raise OverflowError("the archive would need ZIP64")
    count = len(written)
    out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, directory_bytes, directory_at, 0))
    out.truncate()
    return out.tell() - begin


def _write_file(out: BinaryIO, name: bytes, pieces: Callable[[], Iterator[bytes]], *, begin: int) -> _Written:
    """One local header and its data. Sizes are known only afterwards, so the header is written last."""
    header_at = out.tell()
    if header_at - begin > _LARGEST_OFFSET:
        raise OverflowError("the archive would need ZIP64")
    data_at = header_at + _LOCAL.size + len(name)
    out.seek(data_at)
    method, checksum, size = 8, 0, 0
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    for piece in pieces():
        out.write(deflater.compress(piece))
        checksum = zlib.crc32(piece, checksum)
        size += len(piece)
    out.write(deflater.flush())
    compressed = out.tell() - data_at
    if compressed >= size:
        method, compressed = 0, size
        out.seek(data_at)
        for piece in pieces():
            out.write(piece)
    end_at = out.tell()
    if max(size, compressed) > _LARGEST_OFFSET:
        raise OverflowError("the archive would need ZIP64")
    out.seek(header_at)
    out.write(
        _LOCAL.pack(
            b"PK\x03\x04",
            _VERSION,
            _FLAG_UTF8,
            method,
            _MIDNIGHT,
            _1980_01_01,
            checksum,
            compressed,
            size,
            len(name),
            0,
        )
        + name
    )
    out.seek(end_at)
    return _Written(name, header_at - begin, checksum, method, compressed, size)


def _central_header(file: _Written) -> bytes:
    return (
        _CENTRAL.pack(
            b"PK\x01\x02",
            _MADE_BY_UNIX,
            _VERSION,
            _FLAG_UTF8,
            file.method,
            _MIDNIGHT,
            _1980_01_01,
            file.crc32,
            file.compressed_bytes,
            file.size_bytes,
            len(file.name),
            0,
            0,
            0,
            0,
            _REGULAR_FILE_644,
            file.offset,
        )
        + file.name
    )
