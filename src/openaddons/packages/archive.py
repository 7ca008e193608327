"""A strict reader of ZIP archives.

Opening reads the records only; nothing is unpacked before sizes, ratio and layout are known to be sound.
Memory is bounded by the number of entries, time by the size of the package and of what it may unpack to.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise, zip_longest
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from openaddons.packages import inflate, records
from openaddons.packages.findings import DEFAULT_LIMITS, Finding, Findings, Limits
from openaddons.packages.paths import admitted_name, collisions, is_junk
from openaddons.packages.records import ArchiveUnsound, CentralHeader, Directory
from openaddons.packages.rules import archive as rules

__all__ = ["Archive", "ArchiveUnsound", "CheckCancelled", "Entry", "never"]

MANIFEST_NAME: Final = "manifest.json"

# Most files are one piece then, and need not be put together.
PIECE_BYTES: Final = 1 << 20
_LATEST_VERSION_NEEDED = 63
_METHOD_AES = 99
_HOSTS_WITH_UNIX_MODES = frozenset({3, 19})
_FORMAT_BITS, _REGULAR, _FOLDER, _LINK = 0o170000, 0o100000, 0o040000, 0o120000


class CheckCancelled(Exception):  # noqa: N818 - somebody's wish, not an error
    """The caller wanted no more of it."""


def never() -> bool:
    """A check that nobody cancels."""
    return False


class Entry(NamedTuple):
    """One file in an archive."""

    name: str
    """Path without the enclosing folder."""
    size_bytes: int
    compressed_bytes: int
    crc32: int | None
    """None where nobody wrote it down: a file on disk."""
    method: int
    position: int
    """Where its data begins in the ZIP archive; of a folder on disk, which of its files it is."""


class Archive:
    """An opened archive. Its files are named as they will be in the package: the enclosing folder is gone."""

    __slots__ = ("_pieces", "files", "junk", "outside", "root", "size_bytes")

    def __init__(
        self, entries: Mapping[str, Entry], pieces: Callable[[Entry], Iterator[bytes]], *, size_bytes: int
    ) -> None:
        """An archive as seen from the folder that holds the manifest: the root, or a single folder in it.

        ``entries`` are all there is, folders included, by their names as they stand. ``pieces`` gives the
        content of one, which is judged here; it stops on its own at some small size.
        """
        junk = {name for name in entries if is_junk(name)}
        proper = sorted(entries.keys() - junk)
        root = _enclosing_folder(proper)
        inside = {
            name.removeprefix(root): entries[name]
            for name in proper
            if name.startswith(root) and not name.endswith("/")
        }
        self.files: Mapping[str, Entry] = MappingProxyType(
            {name: entry._replace(name=name) for name, entry in inside.items()} if root else inside
        )
        """What belongs to the package, by name, in the order of the names."""
        self.junk = tuple(entries[name] for name in sorted(junk) if not name.endswith("/"))
        """What operating systems and version control left behind: checked like the rest, and not served."""
        self.root = root.removesuffix("/")
        """The enclosing folder that was stripped, without a slash; empty if there was none."""
        self.outside = tuple(name for name in proper if not name.startswith(root))
        """Names beside the enclosing folder, as they stand in the archive."""
        self.size_bytes = size_bytes
        self._pieces = pieces

    @classmethod
    def open(
        cls,
        file: BinaryIO,
        limits: Limits = DEFAULT_LIMITS,
        *,
        findings: Findings | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> "Archive":
        """Read the records of an archive.

        What makes a single name unusable goes to ``findings`` and the name is left out. Without ``findings``
        nothing is tolerated: the first error is raised.

        Raises:
            ArchiveUnsound: it cannot be read, or should not be.
        """
        collected = findings if findings is not None else Intolerant(limits.findings)
        size = file.seek(0, os.SEEK_END)
        _refuse_other_files(file, size, limits)
        directory = records.find_directory(file, size)
        if directory.entry_count > limits.entries:
            raise ArchiveUnsound(
                rules.ZIP_TOO_MANY_ENTRIES.finding(count=directory.entry_count, limit=limits.entries)
            )
        if not directory.entry_count:
            raise ArchiveUnsound(rules.ZIP_EMPTY.finding())
        headers = []
        for header in records.read_directory(file, directory):
            if cancelled():
                raise CheckCancelled
            # Not a matter of taste like other names: twenty thousand times 64 KiB would have to be kept.
            if len(header.raw_name) > limits.path_bytes:
                raise ArchiveUnsound(rules.ZIP_NAME_TOO_LONG.finding(name=header.shown))
            collected.extend(_feature_findings(header))
            headers.append(header)
        _refuse_bombs(headers, limits)
        offsets = _lay_out(file, headers, directory, cancelled)
        entries = _named(headers, offsets, limits, collected, cancelled)
        return cls(entries, partial(_unpacked, file), size_bytes=size)

    def stream(self, name: str, *, cancelled: Callable[[], bool] = never) -> Iterator[bytes]:
        """The content of a file, in pieces of no more than 1 MiB.

        The last piece comes only after length and checksum were seen to be right.

        Raises:
            ArchiveUnsound: the data is not what its header says.
            CheckCancelled: ``cancelled`` said so.
            KeyError: there is no such file.
        """
        return self.stream_entry(self.files[name], cancelled=cancelled)

    def stream_entry(self, entry: Entry, *, cancelled: Callable[[], bool] = never) -> Iterator[bytes]:
        """As ``stream``, for an entry of ``files`` or ``junk``."""
        length, checksum, held = 0, 0, b""
        for piece in self._pieces(entry):
            if cancelled():
                raise CheckCancelled
            if held:
                yield held
            held = piece
            length += len(piece)
            if entry.crc32 is not None:
                checksum = inflate.crc32(piece, checksum)
            if length > entry.size_bytes:
                raise _wrong_size(entry, f"more than {entry.size_bytes}")
        if length != entry.size_bytes:
            raise _wrong_size(entry, length)
        if entry.crc32 is not None and checksum != entry.crc32:
            raise ArchiveUnsound(rules.ZIP_CRC_MISMATCH.finding(file=entry.name, name=entry.name))
        if held:
            yield held

    def read(self, name: str, limit_bytes: int) -> bytes:
        """The content of a small file.

        Raises:
            ValueError: it is longer than ``limit_bytes``; look at its entry first.
        """
        if self.files[name].size_bytes > limit_bytes:
            raise ValueError(f"{name} is longer than {limit_bytes} bytes")
        return b"".join(self.stream(name))


class Intolerant(Findings):
    """Raises the first error that it is given."""

    __slots__ = ()

    def add(self, finding: Finding) -> None:
        if finding.severity == "error":
            raise ArchiveUnsound(finding)


def _refuse_other_files(file: BinaryIO, size: int, limits: Limits) -> None:
    if not size:
        raise ArchiveUnsound(rules.PACKAGE_EMPTY.finding())
    if records.read_at(file, 0, min(4, size)) == b"Cr24":
        raise ArchiveUnsound(rules.PACKAGE_IS_CRX.finding())
    if size > limits.package_bytes:
        raise ArchiveUnsound(rules.PACKAGE_TOO_LARGE.finding(size=size, limit=limits.package_bytes))


def _feature_findings(header: CentralHeader) -> Iterator[Finding]:
    """What an entry asks of a reader that browsers do not give (4.4.3, 4.4.4, 4.4.5, 4.4.15)."""
    name = header.shown
    if header.disk:
        yield rules.ZIP_MULTI_DISK.finding()
    if header.flags & records.FLAGS_ENCRYPTED or header.method == _METHOD_AES:
        yield rules.ZIP_ENCRYPTED_ENTRY.finding(file=name, name=name)
    elif header.method not in {records.STORED, records.DEFLATED}:
        yield rules.ZIP_UNSUPPORTED_COMPRESSION.finding(file=name, name=name, method=header.method)
    # The upper byte is of no meaning here; some packers put their system into it.
    if header.flags & records.FLAG_PATCHED or header.version_needed & 0xFF > _LATEST_VERSION_NEEDED:
        yield rules.ZIP_UNSUPPORTED_FEATURE.finding(file=name, name=name)
    if header.names_another:
        yield rules.ZIP_HEADER_MISMATCH.finding(file=name, name=name, what="name")
    kind = header.external_attributes >> 16 & _FORMAT_BITS
    if kind == _LINK:
        yield rules.ZIP_SYMLINK.finding(file=name, name=name)
    elif header.made_by >> 8 in _HOSTS_WITH_UNIX_MODES and kind:
        expected = _FOLDER if header.raw_name.endswith(b"/") else _REGULAR
        if kind != expected:
            yield rules.ZIP_SPECIAL_FILE.finding(file=name, name=name)


def _refuse_bombs(headers: list[CentralHeader], limits: Limits) -> None:
    """Judge by what the headers declare; ``stream`` gives no byte more than that."""
    unpacked = sum(header.size_bytes for header in headers)
    compressed = sum(header.compressed_bytes for header in headers)
    if (
        unpacked > limits.unpacked_bytes
        or max(header.size_bytes for header in headers) > limits.file_bytes
        or (unpacked > limits.unpacked_bytes_at_any_ratio and unpacked > limits.ratio * compressed)
    ):
        raise ArchiveUnsound(rules.ZIP_BOMB.finding(size=unpacked))


def _lay_out(
    file: BinaryIO, headers: list[CentralHeader], directory: Directory, cancelled: Callable[[], bool]
) -> list[int]:
    """Where each entry's data begins. Entries must fill the file up to the directory without gap or overlap.

    Raises:
        ArchiveUnsound: they do not. There may be several readings of such a file, so none is begun.
    """
    in_file = sorted(range(len(headers)), key=lambda index: headers[index].offset)
    for before, after in pairwise(in_file):
        # Said before their names disagree, which only follows from it.
        if headers[before].offset == headers[after].offset:
            raise _overlap(headers[before], headers[after])
    offsets = [0] * len(headers)
    for index in in_file:
        if cancelled():
            raise CheckCancelled
        offsets[index] = records.data_offset(file, headers[index], directory)
    reached = 0
    for index, following in zip_longest(in_file, in_file[1:]):
        header = headers[index]
        if header.offset > reached:
            rule = rules.ZIP_HIDDEN_DATA if reached else rules.ZIP_PREFIX_DATA
            raise ArchiveUnsound(rule.finding(offset=reached, count=header.offset))
        ends_at = offsets[index] + header.compressed_bytes
        next_at = directory.offset if following is None else headers[following].offset
        if ends_at > next_at:
            raise _overlap(header, None if following is None else headers[following])
        reached = ends_at + records.descriptor_bytes(file, header, ends_at, next_at)
        if reached > next_at:
            raise _overlap(header, None if following is None else headers[following])
    if reached != directory.offset:
        raise ArchiveUnsound(rules.ZIP_HIDDEN_DATA.finding(offset=reached))
    return offsets


def _overlap(first: CentralHeader, second: CentralHeader | None) -> ArchiveUnsound:
    other = "the central directory" if second is None else second.shown
    return ArchiveUnsound(rules.ZIP_OVERLAP.finding(first=first.shown, second=other))


def _named(
    headers: list[CentralHeader],
    offsets: list[int],
    limits: Limits,
    findings: Findings,
    cancelled: Callable[[], bool],
) -> dict[str, Entry]:
    """The entries by name, folders included; names that no file may have go to the findings."""
    entries: dict[str, Entry] = {}
    counts: dict[str, int] = {}
    for header, offset in zip(headers, offsets, strict=True):
        if cancelled():
            raise CheckCancelled
        name = admitted_name(header.raw_name, limits, findings)
        if name is None:
            continue
        counts[name] = counts.get(name, 0) + 1
        # Deflated, nothing is two bytes long.
        if name.endswith("/") and (header.size_bytes or header.compressed_bytes not in {0, 2}):
            raise records.corrupt(f"the folder {name}")
        entries[name] = Entry(
            name=name,
            size_bytes=header.size_bytes,
            compressed_bytes=header.compressed_bytes,
            crc32=header.crc32,
            method=header.method,
            position=offset,
        )
    for name, count in counts.items():
        if count > 1:
            findings.add(rules.ZIP_DUPLICATE_ENTRY.finding(file=name, name=name, count=count))
    findings.extend(collisions(entries))
    return entries


def _enclosing_folder(names: list[str]) -> str:
    """The folder, with its slash, that holds manifest.json if the root does not; empty otherwise."""
    if MANIFEST_NAME in names:
        return ""
    for name in names:
        folder, slash, rest = name.partition("/")
        if slash and rest == MANIFEST_NAME:
            return folder + "/"
    return ""


def _unpacked(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """The content of an entry of a ZIP archive, a bounded piece at a time however well it is compressed."""
    if entry.method == records.DEFLATED:
        return _inflated(file, entry)
    if entry.compressed_bytes != entry.size_bytes:
        raise _wrong_size(entry, entry.compressed_bytes)
    return _raw(file, entry)


def _raw(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    at, end = entry.position, entry.position + entry.compressed_bytes
    while at < end:
        # Other entries may be read between two pieces of this one, so every piece seeks.
        yield (piece := records.read_at(file, at, min(PIECE_BYTES, end - at)))
        at += len(piece)


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Deflated data (4.4.5, RFC 1951)."""
    if not entry.compressed_bytes and not entry.size_bytes:
        return
    where = f"the data of {entry.name}"
    inflater = inflate.raw_inflater()
    try:
        for piece in _raw(file, entry):
            if inflater.eof:
                raise records.corrupt(where)
            waiting = piece
            # Past the end of the stream zlib hands back the same tail for ever, and piles up copies of it.
            while waiting and not inflater.eof:
                yield inflater.decompress(waiting, PIECE_BYTES)
                waiting = inflater.unconsumed_tail
            if inflater.unused_data:
                raise records.corrupt(where)
        while not inflater.eof:
            rest = inflater.decompress(b"", PIECE_BYTES)
            if not rest:
                raise records.corrupt(where)
            yield rest
    except inflate.InflateError:
        raise records.corrupt(where) from None


def _wrong_size(entry: Entry, actual: int | str) -> ArchiveUnsound:
    return ArchiveUnsound(
        rules.ZIP_SIZE_MISMATCH.finding(
            file=entry.name, name=entry.name, actual=actual, declared=entry.size_bytes
        )
    )
