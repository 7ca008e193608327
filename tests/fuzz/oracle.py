"""What must hold of the check of any bytes whatsoever. Fuzzer and test suite ask the same."""

import io
import resource
import time
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple
from unittest.mock import patch

from openaddons.packages import archive, permissions
from openaddons.packages.archive import Archive, Entry
from openaddons.packages.canonical import write_canonical
from openaddons.packages.check import Report, check
from openaddons.packages.findings import DEFAULT_LIMITS, MIB

LONGEST_CPU_SECONDS: Final = 10
"""For one package of no more than a MiB, with a fuzzer's counters in every line."""
MOST_MEMORY_BYTES: Final = 384 * MIB
"""By which one such package may make the process grow."""
LONGEST_MESSAGE: Final = 2_000
"""Characters of a finding's message and remedy: a few facts of 120 characters each, and their words."""
_MOST_READINGS: Final = 4
"""How often a file may be unpacked: by its readers, if it is too large to be kept, and for its checksum."""


class Cost(NamedTuple):
    """What a check took."""

    cpu_seconds: float
    unpacked_bytes: int
    grown_bytes: int
    """By how much the largest size of the process grew."""


def judge(data: bytes) -> tuple[Report, Cost]:
    """Check a package, and see that the answer and its price are as they must be.

    Raises:
        AssertionError: they are not.
        Exception: the check raised it, which it must not.
    """
    grown, began = _largest_bytes(), time.process_time()
    with patch.object(archive, "_unpacked", (meter := _Meter())):
        report = check(io.BytesIO(data))
    cost = Cost(time.process_time() - began, meter.unpacked_bytes, _largest_bytes() - grown)
    assert cost.cpu_seconds <= LONGEST_CPU_SECONDS, cost
    assert cost.grown_bytes <= MOST_MEMORY_BYTES, cost
    assert cost.unpacked_bytes <= _MOST_READINGS * DEFAULT_LIMITS.unpacked_bytes, cost
    _expect_presentable(report)
    if report.package is not None:
        _expect_publishable(data, report)
    return report, cost


class _Meter:
    """Counts what is unpacked, and sees that no file gives much more than its header declares."""

    def __init__(self) -> None:
        self.unpacked_bytes = 0
        self._unpacked = archive._unpacked

    def __call__(self, file: BinaryIO, entry: Entry) -> Iterator[bytes]:
        given_bytes = 0
        for piece in self._unpacked(file, entry):
            given_bytes += len(piece)
            self.unpacked_bytes += len(piece)
            assert len(piece) <= archive.PIECE_BYTES
            assert given_bytes <= entry.size_bytes + archive.PIECE_BYTES
            yield piece


def _expect_presentable(report: Report) -> None:
    """A report that a database keeps and a browser shows."""
    assert len(report.findings) <= DEFAULT_LIMITS.findings
    assert len(report.findings) <= report.total
    assert len(report.errors) <= report.error_total <= report.total
    assert (report.package is None) == bool(report.error_total)
    assert bool(report.errors) == bool(report.error_total)
    for finding in report.findings:
        for text in (finding.message, finding.fix, finding.file or ""):
            assert text.isprintable(), finding
            assert len(text) <= LONGEST_MESSAGE, finding
            text.encode()
        assert finding.line is None or finding.line >= 1, finding
        assert finding.column is None or finding.column >= 1, finding


def _expect_publishable(data: bytes, report: Report) -> None:
    """A package whose canonical ZIP is always the same, and says the same of itself."""
    assert report.package is not None
    assert report.package.file_name.isascii()
    for grant in (
        permissions.required(report.package.manifest),
        permissions.optional(report.package.manifest),
    ):
        permissions.warnings(grant)
    written = _canonical(data)
    assert _canonical(written) == written
    again = check(io.BytesIO(written)).package
    assert again == report.package._replace(root="")


def _canonical(data: bytes) -> bytes:
    out = io.BytesIO()
    write_canonical(Archive.open(io.BytesIO(data)), out)
    return out.getvalue()


def _largest_bytes() -> int:
    """The largest size that the process ever had in memory (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
