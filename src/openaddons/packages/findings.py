"""What a check says about a package, and how much of a package it is willing to look at."""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]

MIB = 1 << 20


class Finding(NamedTuple):
    """One thing that is wrong with a package, where it is, and how to mend it."""

    code: str
    """The rule's id. It never changes once released: publishers' scripts compare it."""
    severity: Severity
    message: str
    fix: str
    file: str | None = None
    """Path inside the package, without the enclosing folder."""
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1, in characters."""


class Limits(NamedTuple):
    """How large a package, and each thing in it, may be. All can be set by the operator."""

    package_bytes: int = 512 * MIB
    """The upload itself. The signed header and the canonical ZIP need 32-bit sizes: stay below 2 GiB."""
    entries: int = 20_000
    """Entries of the archive, folders included."""
    unpacked_bytes: int = 1024 * MIB
    """Sum of the sizes of all files once unpacked."""
    file_bytes: int = 512 * MIB
    """One file once unpacked."""
    unpacked_bytes_at_any_ratio: int = 100 * MIB
    """Packages that unpack to no more than this may be compressed as well as they like."""
    ratio: int = 100
    """Above that size, unpacked bytes may be at most this many times the compressed ones."""
    manifest_bytes: int = MIB
    """manifest.json, and each messages.json."""
    json_depth: int = 200
    """Arrays and objects may lie inside each other less deep than this. The browser's own limit."""
    path_bytes: int = 1024
    """A path in UTF-8."""
    component_bytes: int = 255
    """One name between slashes in UTF-8. Common file systems' own limit."""
    name_characters: int = 75
    """The add-on's name, in every language."""
    description_characters: int = 132
    """The add-on's description, in every language."""
    findings: int = 100
    """Findings kept in a report; the rest is only counted."""


DEFAULT_LIMITS = Limits()


class Findings:
    """Collects findings. Keeps so many of each severity, and counts them all, so that hostile input costs
    nothing.

    Errors and warnings are kept apart: a hundred warnings must not push out the one error that explains
    the refusal.
    """

    __slots__ = ("_kept", "_limit", "error_codes", "error_count", "total")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: dict[Severity, list[Finding]] = {"error": [], "warning": []}
        self.error_codes: set[str] = set()
        self.error_count = 0
        self.total = 0

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if there is room."""
        self.count(finding.code, finding.severity)
        if self.has_room(finding.severity):
            self._kept[finding.severity].append(finding)

    def has_room(self, severity: Severity) -> bool:
        """Whether the next finding of this severity is kept. If not, it need only be counted."""
        return len(self._kept[severity]) < self._limit

    def count(self, code: str, severity: Severity) -> None:
        """Count a finding that is not worth its words."""
        self.total += 1
        if severity == "error":
            self.error_count += 1
            self.error_codes.add(code)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add each of them."""
        for finding in findings:
            self.add(finding)

    def kept(self) -> tuple[Finding, ...]:
        """Errors first, in the order they were found, then warnings; no more than the limit."""
        return tuple(self._kept["error"] + self._kept["warning"])[: self._limit]
