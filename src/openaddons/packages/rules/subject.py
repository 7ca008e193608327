"""How a rule on an opened package is written: one generator function, with its row of the table above it.

::

    @rule("InvalidName", "error", message=..., why=..., fix=..., source="extension.cc LoadName")
    def invalid_name(subject: Subject) -> Iterator[Fault]:
        if not subject.name:
            yield Fault(key=("name",))
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, Unpack

from openaddons.packages.archive import MANIFEST_NAME, Archive, CheckCancelled, never
from openaddons.packages.contents import Contents
from openaddons.packages.findings import Finding, Findings, Limits, Severity
from openaddons.packages.manifest import Manifest
from openaddons.packages.rules.registry import Rule as Row
from openaddons.packages.rules.registry import Words, declare

MOST_FAULTS: Final = 1000
"""After so many faults a rule is not asked further: a manifest can hold hundreds of thousands."""


class Subject(NamedTuple):
    """What rules look at: a package whose archive is sound and whose manifest is a JSON object."""

    archive: Archive
    manifest: Manifest
    limits: Limits
    contents: Contents
    """What is in the files, for the rules that look into them."""
    allow_manifest_v2: bool = False
    """The operator takes updates in Manifest V2."""


class Fault(NamedTuple):
    """One place where a rule is broken."""

    key: tuple[str | int, ...] | None = None
    """Path of keys into manifest.json; the finding gets its line and column."""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    facts: Mapping[str, Any] = MappingProxyType({})
    """What fills the ``{…}`` of the message."""


Check: TypeAlias = Callable[[Subject], Iterator[Fault]]


class PackageRule(NamedTuple):
    """A row of the table with the function that finds where the rule is broken."""

    row: Row
    check: Check

    def judge(self, subject: Subject, findings: Findings, cancelled: Callable[[], bool] = never) -> None:
        """Add a finding for each fault, up to ``MOST_FAULTS``.

        Those that find no room are counted and not put into words.

        Raises:
            CheckCancelled: ``cancelled`` said yes.
        """
        for fault in islice(self.check(subject), MOST_FAULTS):
            if cancelled():
                raise CheckCancelled
            if findings.has_room(self.row.severity):
                findings.add(self._finding(fault, subject))
            else:
                findings.count(self.row.id, self.row.severity)

    def _finding(self, fault: Fault, subject: Subject) -> Finding:
        if fault.key is None:
            return self.row.finding(file=fault.file, line=fault.line, column=fault.column, **fault.facts)
        place = subject.manifest.place(*fault.key)
        line, column = (None, None) if place is None else (place.line, place.column)
        return self.row.finding(file=MANIFEST_NAME, line=line, column=column, **fault.facts)


PACKAGE_RULES: list[PackageRule] = []
"""Every rule on opened packages of the modules imported so far, in the order in which they are asked."""


def rule(
    id: str,  # noqa: A002 - the column's name
    severity: Severity,
    **words: Unpack[Words],
) -> Callable[[Check], Check]:
    """Put the function below into the table of rules."""
    row = declare(id, severity, **words)

    def register(check: Check) -> Check:
        PACKAGE_RULES.append(PackageRule(row, check))
        return check

    return register
