"""The records of a ZIP archive, as bytes: end records, central directory, local headers, data descriptors.

Python's ``zipfile`` is made to open what can be opened; here whatever two readers could understand
differently is refused. Section numbers are those of APPNOTE 6.3.10, PKWARE's .ZIP File Format Specification.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from openaddons.packages.findings import Finding
from openaddons.packages.inflate import crc32
from openaddons.packages.paths import shown_name
from openaddons.packages.rules import archive as rules

LOCAL_SIGNATURE = b"PK\x03\x04"
CENTRAL_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
ZIP64_END_SIGNATURE = b"PK\x06\x06"
ZIP64_LOCATOR_SIGNATURE = b"PK\x06\x07"

STORED = 0
DEFLATED = 8

FLAG_DESCRIPTOR = 1 << 3
# Bits 0, 6 and 13 encrypt content or headers (4.4.4).
FLAGS_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
FLAG_PATCHED = 1 << 5
# Bits 1 and 2 tell how hard the packer tried; nothing is read differently for them.
_FLAGS_WITHOUT_MEANING = 1 << 1 | 1 << 2

_END = struct.Struct("<4sHHHHLLH")
_ZIP64_LOCATOR = struct.Struct("<4sLQL")
_ZIP64_END = struct.Struct("<4sQHHLLQQQQ")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_LOCAL = struct.Struct("<4sHHHHHLLLHH")

_LONGEST_COMMENT = 0xFFFF
_MAX16 = 0xFFFF
_MAX32 = 0xFFFFFFFF
_EXTRA_ZIP64 = 0x0001
_EXTRA_UNICODE_PATH = 0x7075
# Honest headers have five or so; 64 KiB hold sixteen thousand empty ones.
_MOST_EXTRA_FIELDS = 100


class ArchiveUnsound(Exception):  # noqa: N818 - a verdict on the bytes, as errors.Refusal is
    """The archive is such that reading on makes no sense. Carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def corrupt(where: "str | CentralHeader") -> ArchiveUnsound:
    """The archive is damaged at ``where``; a header stands for the local one of its entry."""
    place = where if isinstance(where, str) else f"the local header of {where.shown}"
    return ArchiveUnsound(rules.ZIP_CORRUPT.finding(where=place))


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Exactly ``length`` bytes from ``offset`` on."""
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise ArchiveUnsound(rules.ZIP_TRUNCATED.finding())
    return data


class Directory(NamedTuple):
    """Where the central directory lies and what it should hold (4.3.12)."""

    offset: int
    size: int
    entry_count: int

    @property
    def end(self) -> int:
        """Where the next byte behind it is."""
        return self.offset + self.size


def find_directory(file: BinaryIO, file_size: int) -> Directory:
    """The central directory that the end records point to.

    The end record must end the file, its comment included, and no other may follow in that comment: readers
    that search backwards would take the later one.
    """
    position, record = _find_end_record(file, file_size)
    _, disk, directory_disk, count_here, count, size, offset, _ = record
    locator_at = position - _ZIP64_LOCATOR.size
    if locator_at >= 0 and read_at(file, locator_at, 4) == ZIP64_LOCATOR_SIGNATURE:
        return _zip64_directory(file, locator_at, record)
    if disk or directory_disk:
        raise ArchiveUnsound(rules.ZIP_MULTI_DISK.finding())
    if count_here != count:
        raise corrupt("the end record")
    directory = Directory(offset, size, count)
    _settle(file, directory, position, file_size)
    return directory


def _find_end_record(
    file: BinaryIO, file_size: int
) -> tuple[int, tuple[bytes, int, int, int, int, int, int, int]]:
    """Position and fields of the end record (4.3.16)."""
    tail_at = max(0, file_size - _END.size - _LONGEST_COMMENT)
    tail = read_at(file, tail_at, file_size - tail_at)
    last = -1
    at = tail.find(END_SIGNATURE)
    while 0 <= at <= len(tail) - _END.size:
        record = _END.unpack_from(tail, at)
        if at + _END.size + record[-1] == len(tail):
            if tail.find(END_SIGNATURE, at + 4) >= 0:
                raise ArchiveUnsound(rules.ZIP_AMBIGUOUS.finding())
            return tail_at + at, record
        last = at
        at = tail.find(END_SIGNATURE, at + 1)
    if last >= 0:
        surplus = len(tail) - last - _END.size - _END.unpack_from(tail, last)[-1]
        if surplus > 0:
            raise ArchiveUnsound(rules.ZIP_TRAILING_DATA.finding(count=surplus))
        raise ArchiveUnsound(rules.ZIP_TRUNCATED.finding())
    if at >= 0 or read_at(file, 0, min(2, file_size)) == LOCAL_SIGNATURE[:2]:
        raise ArchiveUnsound(rules.ZIP_TRUNCATED.finding())
    raise ArchiveUnsound(rules.PACKAGE_NOT_ZIP.finding())


def _zip64_directory(
    file: BinaryIO, locator_at: int, end: tuple[bytes, int, int, int, int, int, int, int]
) -> Directory:
    """The directory of an archive with a ZIP64 end record (4.3.14, 4.3.15).

    Both records must say the same, or the old one must defer with all bits set: a reader without ZIP64 sees
    only the old one.
    """
    _, locator_disk, record_at, disks = _ZIP64_LOCATOR.unpack(read_at(file, locator_at, _ZIP64_LOCATOR.size))
    if locator_disk or disks > 1:
        raise ArchiveUnsound(rules.ZIP_MULTI_DISK.finding())
    if record_at + _ZIP64_END.size != locator_at:
        expected_at = locator_at - _ZIP64_END.size
        if 0 <= record_at < expected_at and read_at(file, expected_at, 4) == ZIP64_END_SIGNATURE:
            _, _, _, _, _, _, _, _, size, offset = _ZIP64_END.unpack(
                read_at(file, expected_at, _ZIP64_END.size)
            )
            _settle(file, Directory(offset, size, 0), expected_at, locator_at)
        raise corrupt("the ZIP64 end record")
    record = _ZIP64_END.unpack(read_at(file, record_at, _ZIP64_END.size))
    signature, length, _, _, disk, directory_disk, count_here, count, size, offset = record
    if signature != ZIP64_END_SIGNATURE or length != _ZIP64_END.size - 12:
        raise corrupt("the ZIP64 end record")
    if disk or directory_disk:
        raise ArchiveUnsound(rules.ZIP_MULTI_DISK.finding())
    old_and_new = zip(
        end[1:7],
        (disk, directory_disk, count_here, count, size, offset),
        (_MAX16,) * 4 + (_MAX32,) * 2,
        strict=True,
    )
    if count_here != count or any(old not in {new, deferred} for old, new, deferred in old_and_new):
        raise corrupt("the ZIP64 end record")
    directory = Directory(offset, size, count)
    _settle(file, directory, record_at, locator_at)
    return directory


def _settle(file: BinaryIO, directory: Directory, ends_at: int, file_size: int) -> None:
    """The directory must reach to the end records exactly, or say why it does not."""
    if directory.end > ends_at:
        # A directory that is there contradicts the end record; otherwise bytes are missing before that.
        for place in (directory.offset, ends_at - directory.size):
            if 0 <= place <= file_size - 4 and read_at(file, place, 4) == CENTRAL_SIGNATURE:
                raise corrupt("the end record")
        raise ArchiveUnsound(rules.ZIP_TRUNCATED.finding())
    gap = ends_at - directory.end
    if not gap:
        return
    # Something was put before the archive without its offsets being adjusted?
    if directory.size >= _CENTRAL.size:
        first = _CENTRAL.unpack(read_at(file, directory.offset + gap, _CENTRAL.size))
        local_at = first[-1] + gap
        if (
            first[0] == CENTRAL_SIGNATURE
            and read_at(file, min(local_at, file_size - 4), 4) == LOCAL_SIGNATURE
        ):
            raise ArchiveUnsound(rules.ZIP_PREFIX_DATA.finding(count=gap))
    last = _last_header_end(file, directory)
    if last == directory.end:
        raise ArchiveUnsound(rules.ZIP_HIDDEN_DATA.finding(offset=directory.end))
    raise corrupt("the central directory")


def _last_header_end(file: BinaryIO, directory: Directory) -> int:
    """Where the last well-formed central header ends."""
    at: int = directory.offset
    # The old end record cannot count further, and no larger archive is worth the diagnosis.
    for _ in range(min(directory.entry_count, _MAX16)):
        if at + _CENTRAL.size > directory.end:
            break
        fields = _CENTRAL.unpack(read_at(file, at, _CENTRAL.size))
        if fields[0] != CENTRAL_SIGNATURE:
            break
        at += _CENTRAL.size + fields[10] + fields[11] + fields[12]
    return at


class CentralHeader(NamedTuple):
    """One entry of the central directory (4.3.12), its ZIP64 values resolved (4.5.3)."""

    made_by: int
    version_needed: int
    flags: int
    method: int
    crc32: int
    compressed_bytes: int
    size_bytes: int
    disk: int
    external_attributes: int
    offset: int
    raw_name: bytes
    names_another: bool
    """A Unicode Path extra field (4.6.9) names another file than the header."""

    @property
    def shown(self) -> str:
        """The name for messages, whatever its bytes are."""
        return shown_name(self.raw_name)


def read_directory(file: BinaryIO, directory: Directory) -> Iterator[CentralHeader]:
    """The central headers: as many as the end record says, filling the directory exactly."""
    at = directory.offset
    for _ in range(directory.entry_count):
        if at + _CENTRAL.size > directory.end:
            raise corrupt("the central directory")
        fields = _CENTRAL.unpack(read_at(file, at, _CENTRAL.size))
        name_length, extra_length, comment_length = fields[10:13]
        at += _CENTRAL.size
        rest_at, at = at, at + name_length + extra_length + comment_length
        if fields[0] != CENTRAL_SIGNATURE or at > directory.end:
            raise corrupt("the central directory")
        rest = read_at(file, rest_at, name_length + extra_length)
        yield _central_header(fields, rest[:name_length], rest[name_length:])
    if at != directory.end:
        raise corrupt("the central directory")


def _central_header(fields: tuple[int, ...], name: bytes, extra: bytes) -> CentralHeader:
    where = "the central directory"
    _, made_by, needed, flags, method, _, _, crc, compressed, size = fields[:10]
    disk, _, external, offset = fields[13:]
    extras = _extra_fields(extra, where)
    wide = extras.get(_EXTRA_ZIP64, b"")
    # Only fields that are full in the header are in the extra field, in this order (4.5.3).
    size, wide = _widen(size, wide, where)
    compressed, wide = _widen(compressed, wide, where)
    offset, wide = _widen(offset, wide, where)
    if disk == _MAX16 and len(wide) >= 4:
        disk = int.from_bytes(wide[:4], "little")
    return CentralHeader(
        made_by=made_by,
        version_needed=needed,
        flags=flags,
        method=method,
        crc32=crc,
        compressed_bytes=compressed,
        size_bytes=size,
        disk=disk,
        external_attributes=external,
        offset=offset,
        raw_name=name,
        names_another=_names_another(extras, name),
    )


def _extra_fields(extra: bytes, where: str | CentralHeader) -> dict[int, bytes]:
    """The extra fields by id (4.5.1). Zeros may follow, or up to three bytes: zipalign pads with them."""
    fields: dict[int, bytes] = {}
    at, end = 0, len(extra.rstrip(b"\0"))
    for _ in range(_MOST_EXTRA_FIELDS):
        if at + 4 > len(extra) or at >= end:
            return fields
        kind, length = struct.unpack_from("<HH", extra, at)
        at += 4 + length
        if at > len(extra) or (kind in fields and kind in {_EXTRA_ZIP64, _EXTRA_UNICODE_PATH}):
            raise corrupt(where)
        fields[kind] = extra[at - length : at]
    raise corrupt(where)


def _widen(value: int, wide: bytes, where: str | CentralHeader) -> tuple[int, bytes]:
    """A 32-bit field, or the next value of the ZIP64 extra field if it defers to that; and what is left."""
    if value != _MAX32:
        return value, wide
    if len(wide) < 8:
        raise corrupt(where)
    return int.from_bytes(wide[:8], "little"), wide[8:]


def _names_another(extras: dict[int, bytes], name: bytes) -> bool:
    """Whether a Unicode Path field (version, CRC-32 of the header's name, a name) differs from the header."""
    field = extras.get(_EXTRA_UNICODE_PATH)
    return field is not None and (field[5:] != name or field[1:5] != crc32(name).to_bytes(4, "little"))


def data_offset(file: BinaryIO, header: CentralHeader, directory: Directory) -> int:
    """Where the data of an entry begins, if its local header (4.3.7) agrees with the central one."""
    if header.offset + _LOCAL.size > directory.offset:
        raise corrupt(header)
    # Both in one step: behind it lies the directory, which is longer than the name.
    record = read_at(file, header.offset, _LOCAL.size + len(header.raw_name))
    fields = _LOCAL.unpack_from(record)
    signature, _, flags, method, _, _, crc, compressed, size, name_length, extra_length = fields
    if signature != LOCAL_SIGNATURE:
        raise corrupt(header)
    begins: int = header.offset + _LOCAL.size + name_length + extra_length
    if begins > directory.offset:
        raise corrupt(header)
    name = record[_LOCAL.size :]
    if name_length != len(name) or name != header.raw_name:
        raise _mismatch(header, "name")
    if (flags ^ header.flags) & ~_FLAGS_WITHOUT_MEANING:
        raise _mismatch(header, "flags")
    if method != header.method:
        raise _mismatch(header, "compression method")
    extras = _extra_fields(read_at(file, begins - extra_length, extra_length), header) if extra_length else {}
    if _names_another(extras, name):
        raise _mismatch(header, "name")
    wide = extras.get(_EXTRA_ZIP64, b"")
    size, wide = _widen(size, wide, header)
    compressed, wide = _widen(compressed, wide, header)
    told = (
        (crc, header.crc32, "checksum"),
        (compressed, header.compressed_bytes, "size"),
        (size, header.size_bytes, "size"),
    )
    for local, central, what in told:
        # A packer that streams does not know them yet: 0, and the true ones in a data descriptor.
        if local != central and not (flags & FLAG_DESCRIPTOR and local == 0):
            raise _mismatch(header, what)
    return begins


def _mismatch(header: CentralHeader, what: str) -> ArchiveUnsound:
    return ArchiveUnsound(rules.ZIP_HEADER_MISMATCH.finding(name=header.shown, what=what))


def descriptor_bytes(file: BinaryIO, header: CentralHeader, ends_at: int, next_at: int) -> int:
    """Length of the data descriptor (4.3.9) between an entry's data and what comes next; 0 without bit 3.

    The signature is optional and the sizes have 4 or 8 bytes, so its length is known only from what it must
    say.
    """
    if not header.flags & FLAG_DESCRIPTOR:
        return 0
    data = read_at(file, ends_at, max(0, min(next_at - ends_at, 24)))
    sizes = (header.compressed_bytes, header.size_bytes)
    possible = [
        signature + struct.pack(form, header.crc32, *sizes)
        for form in ("<LLL", "<LQQ")
        if form == "<LQQ" or max(sizes) <= _MAX32
        for signature in (DESCRIPTOR_SIGNATURE, b"")
    ]
    fitting = [len(descriptor) for descriptor in possible if data.startswith(descriptor)]
    if not fitting:
        raise _mismatch(header, "data descriptor")
    exact = next_at - ends_at
    return exact if exact in fitting else fitting[0]
