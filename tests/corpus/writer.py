"""A ZIP writer that puts down whatever it is told, record by record.

It shares no code with the reader under test, and can make every mistake there is, one at a time.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

MANIFEST = b'{"manifest_version": 3, "name": "Corpus", "version": "1.0"}\n'
SCRIPT = b"console.log('corpus');\n" * 8

REGULAR, LINK, FIFO, DIRECTORY = 0o100644, 0o120777, 0o010644, 0o040755
BIT_ENCRYPTED, BIT_DESCRIPTOR, BIT_PATCHED, BIT_MASKED = 1, 1 << 3, 1 << 5, 1 << 13


@dataclass
class Member:
    """An entry, right in every record unless told otherwise."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    made_by: int = 3 << 8 | 20
    needed: int = 20
    mode: int = REGULAR
    packed: bytes | None = None
    """The bytes between the headers, if they are not ``data`` deflated or stored."""
    central_extra: bytes = b""
    local_extra: bytes = b""
    comment: bytes = b""
    descriptor: bytes = b""
    """What follows the data."""
    both: dict[str, int] = field(default_factory=dict)
    """Fields that lie in both headers: crc, packed, size."""
    local: dict[str, int] = field(default_factory=dict)
    """… in the local header alone: also flags, method, signature."""
    local_name: bytes | None = None
    central: dict[str, int] = field(default_factory=dict)
    """… in the central header alone: also offset, disk, signature."""

    @property
    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == 8 else self.data

    def fields(self, **own: int) -> dict[str, int]:
        told = {"crc": zlib.crc32(self.data), "packed": len(self.body), "size": len(self.data)}
        return {"flags": self.flags, "method": self.method, **told, **self.both, **own}


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(data) + deflater.flush()


def local_header(member: Member) -> bytes:
    told = member.fields(**{"signature": 0x04034B50} | member.local)
    name = member.name if member.local_name is None else member.local_name
    return (
        struct.pack(
            "<LHHHHHLLLHH",
            told["signature"],
            member.needed,
            told["flags"],
            told["method"],
            0,
            0x21,
            told["crc"],
            told["packed"],
            told["size"],
            len(name),
            len(member.local_extra),
        )
        + name
        + member.local_extra
    )


def central_header(member: Member, offset: int) -> bytes:
    told = member.fields(**{"signature": 0x02014B50, "offset": offset, "disk": 0} | member.central)
    return (
        struct.pack(
            "<LHHHHHHLLLHHHHHLL",
            told["signature"],
            member.made_by,
            member.needed,
            told["flags"],
            told["method"],
            0,
            0x21,
            told["crc"],
            told["packed"],
            told["size"],
            len(member.name),
            len(member.central_extra),
            len(member.comment),
            told["disk"],
            0,
            member.mode << 16,
            told["offset"],
        )
        + member.name
        + member.central_extra
        + member.comment
    )


def pack(
    members: Sequence[Member],
    *,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    end: dict[str, int] | None = None,
    zip64: dict[str, int] | None = None,
) -> bytes:
    """An archive. ``end`` overrides fields of the end record; ``zip64``, if given, adds the ZIP64 records."""
    out = bytearray(prefix)
    offsets = []
    for member in members:
        offsets.append(len(out))
        out += local_header(member) + member.body + member.descriptor
    out += before_directory
    at = len(out)
    for member, offset in zip(members, offsets, strict=True):
        out += central_header(member, offset)
    size = len(out) - at
    out += before_end
    told = {"disk": 0, "directory_disk": 0, "here": len(members), "count": len(members)}
    told |= {"size": size, "offset": at, "comment": len(comment)}
    if zip64 is not None:
        wide = told | {"at": len(out), "disks": 1} | zip64
        out += struct.pack(
            "<LQHHLLQQQQ",
            0x06064B50,
            44,
            45,
            45,
            wide["disk"],
            wide["directory_disk"],
            wide["here"],
            wide["count"],
            wide["size"],
            wide["offset"],
        )
        out += struct.pack("<LLQL", 0x07064B50, 0, wide["at"], wide["disks"])
        told |= {"here": 0xFFFF, "count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    told |= end or {}
    out += struct.pack(
        "<LHHHHLLH",
        0x06054B50,
        told["disk"],
        told["directory_disk"],
        told["here"],
        told["count"],
        told["size"],
        told["offset"],
        told["comment"],
    )
    return bytes(out + comment + suffix)


def manifest(**facts: object) -> Member:
    return Member(b"manifest.json", MANIFEST, **facts)  # type: ignore[arg-type]


def script(name: bytes = b"a.js", **facts: object) -> Member:
    return Member(name, SCRIPT, **facts)  # type: ignore[arg-type]


def streamed(
    member: Member, *, signature: bytes = b"PK\x07\x08", form: str = "<LLL", crc: int | None = None
) -> Member:
    """The member as packers write it that do not know its size in advance."""
    checksum = zlib.crc32(member.data) if crc is None else crc
    member.flags |= BIT_DESCRIPTOR
    member.local |= {"crc": 0, "packed": 0, "size": 0}
    member.descriptor = signature + struct.pack(form, checksum, len(member.body), len(member.data))
    return member


def extra(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def unicode_path(header_name: bytes, name: bytes) -> bytes:
    return extra(0x7075, b"\x01" + struct.pack("<L", zlib.crc32(header_name)) + name)


def wide_sizes(member: Member, *, local: bool, central: bool) -> Member:
    """The member with its sizes in ZIP64 extra fields."""
    wide = extra(1, struct.pack("<QQ", len(member.data), len(member.body)))
    deferred = {"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF}
    if local:
        member.local_extra, member.local = wide, deferred
    if central:
        member.central_extra, member.central = wide, deferred
    return member


def known(member: Member) -> Member:
    member.local = {}
    return member


def folder(name: bytes, **facts: object) -> Member:
    return Member(name, **{"method": 0, "mode": DIRECTORY} | facts)  # type: ignore[arg-type]


def inside(path: bytes, member: Member) -> Member:
    member.name = path + member.name
    return member
