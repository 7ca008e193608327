"""What rules see of the files of an archive, at the price of one pass over it.

Every file must be unpacked once in any case, to see that its data is what its header says. So a rule that wants
to look into a file hands over a reader; the file is unpacked for it, checked, and not unpacked again at the end.
What the reader made of the file is kept: facts about an icon or a parsed catalogue are small, and several rules
may ask for them. So are the bytes, within limits, for rules of different groups may look at one file.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from openaddons.packages.archive import Archive, ArchiveUnsound, Entry, never
from openaddons.packages.findings import Finding

T = TypeVar("T")

# Of all files together. Beyond that, a file that two readers want is unpacked twice.
_KEPT_BYTES = 16 << 20


class Contents:
    """The files of an archive, each unpacked by whoever asks first."""

    def __init__(self, archive: Archive, *, cancelled: Callable[[], bool] = never) -> None:
        self._archive = archive
        self.cancelled = cancelled
        """For readers that take long themselves."""
        self._seen: dict[tuple[str, Callable[[bytes], Any]], Any] = {}
        self._verified: set[str] = set()
        self._kept: dict[str, bytes] = {}
        self._room_bytes = _KEPT_BYTES
        self.faults: list[Finding] = []
        """Of each file unpacked so far whose data is not what its header says: why."""

    def see(
        self, name: str, reader: Callable[[bytes], T], limit_bytes: int, *, last: bool = False
    ) -> T | None:
        """What ``reader``, a function of the module, makes of a file's content.

        Where it is the ``last`` reader, the bytes are not kept: memory that was used a moment ago is quicker, too.

        None if there is no such file, if it is longer than ``limit_bytes``, or if it is unsound: then a
        finding among ``faults`` says so, and no rule need say more.

        Raises:
            CheckCancelled: nobody wants to know any more.
        """
        key = (name, reader)
        if key not in self._seen:
            entry = self._archive.files.get(name)
            wanted = entry is not None and entry.size_bytes <= limit_bytes
            data = self._unpacked(entry, keep=not last) if entry is not None and wanted else None
            self._seen[key] = None if data is None else reader(data)
        seen: T | None = self._seen[key]
        return seen

    def excess(self, name: str, limit_bytes: int) -> str | None:
        """Why ``see`` does not look at a file, if that is for its size alone."""
        entry = self._archive.files.get(name)
        if entry is None or entry.size_bytes <= limit_bytes:
            return None
        return f"it has {entry.size_bytes} bytes; the limit is {limit_bytes}"

    def verify_rest(self) -> None:
        """Unpack what nobody asked for, and keep nothing of it."""
        for entry in self._archive.files.values():
            if entry.name not in self._verified:
                self._stream(entry, lambda _: None)
        for entry in self._archive.junk:
            self._stream(entry, lambda _: None)

    def _unpacked(self, entry: Entry, *, keep: bool) -> bytes | None:
        if entry.name in self._kept:
            return self._kept[entry.name]
        pieces: list[bytes] = []
        if not self._stream(entry, pieces.append):
            return None
        data = b"".join(pieces)
        if keep and len(data) <= self._room_bytes:
            self._room_bytes -= len(data)
            self._kept[entry.name] = data
        return data

    def _stream(self, entry: Entry, take: Callable[[bytes], object]) -> bool:
        """Whether the file is sound. A file that is not is told once, however often it is asked for."""
        told = entry.name in self._verified
        self._verified.add(entry.name)
        try:
            for piece in self._archive.stream_entry(entry, cancelled=self.cancelled):
                take(piece)
        except ArchiveUnsound as fault:
            if not told:
                self.faults.append(fault.finding)
            return False
        return True
