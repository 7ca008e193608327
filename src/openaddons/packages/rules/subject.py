"""How a rule on an opened package is written: one generator function, with its row of the table above it.

::

    @rule("InvalidName", "error", message=..., fix=..., source="extension.cc LoadName")
    def invalid_name(subject: Subject) -> Iterator[Fault]:
        if not subject.name:
            yield Fault(key=("name",))
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from openaddons.packages.archive import MANIFEST_NAME, Archive
from openaddons.packages.findings import Finding, Limits, Severity
from openaddons.packages.manifest import Manifest
from openaddons.packages.rules.registry import Rule as Row
from openaddons.packages.rules.registry import declare


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules look at: a package whose archive is sound and whose manifest is a JSON object."""

    archive: Archive
    manifest: Manifest
    limits: Limits
    allow_manifest_v2: bool = False
    """The operator takes updates in Manifest V2."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a rule is broken."""

    key: tuple[str | int, ...] | None = None
    """Path of keys into manifest.json; the finding gets its line and column."""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What fills the ``{…}`` of the message."""


Check: TypeAlias = Callable[[Subject], Iterator[Fault]]


@dataclass(frozen=True, slots=True)
class PackageRule:
    """A row of the table with the function that finds where the rule is broken."""

    row: Row
    check: Check

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """A finding for each fault."""
        for fault in self.check(subject):
            if fault.key is None:
                yield self.row.finding(file=fault.file, line=fault.line, column=fault.column, **fault.facts)
                continue
            place = subject.manifest.place(*fault.key)
            line, column = (None, None) if place is None else (place.line, place.column)
            yield self.row.finding(file=MANIFEST_NAME, line=line, column=column, **fault.facts)


PACKAGE_RULES: list[PackageRule] = []
"""Every rule on opened packages of the modules imported so far, in the order in which they are asked."""


def rule(id: str, severity: Severity, *, message: str, fix: str, source: str) -> Callable[[Check], Check]:  # noqa: A002
    """Put the function below into the table of rules."""
    row = declare(id, severity, message=message, fix=fix, source=source)

    def register(check: Check) -> Check:
        PACKAGE_RULES.append(PackageRule(row, check))
        return check

    return register
