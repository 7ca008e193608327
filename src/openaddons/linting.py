"""What a check found, written for people and for machines: each format is one function.

No part of ``openaddons.cli``, and without click, which takes longer to import than most packages take to check.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from openaddons import __version__
from openaddons.packages.check import Report, check, check_folder
from openaddons.packages.findings import Finding, Severity
from openaddons.packages.folder import read_ignore
from openaddons.packages.ignore import IgnoreInvalid
from openaddons.packages.rules.registry import RULES, Rule
from openaddons.text import one_line, say, workflow_command

_WIDTH: Final = 80
_BOLD: Final = "\x1b[1m"
_COLOURS: Final[Mapping[Severity, str]] = {"error": "\x1b[31m", "warning": "\x1b[33m"}
_PLAIN: Final = "\x1b[0m"
_SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


class Linted(NamedTuple):
    """A package as it was named on the command line, and what a check said of it."""

    path: str
    is_folder: bool
    report: Report

    def on_disk(self, finding: Finding) -> str | None:
        """Path of the file that the finding is about; None if it lies in a ZIP or is about no file."""
        if not self.is_folder or finding.file is None:
            return None
        # Findings name files as browsers will, from the folder of the manifest.
        rooted = os.path.join(self.path, self.report.root, finding.file)
        return os.path.normpath(rooted if os.path.lexists(rooted) else os.path.join(self.path, finding.file))

    def place(self, finding: Finding) -> str:
        """Package, file, line and column, as compilers write them."""
        parts = [self.on_disk(finding) or "/".join(filter(None, (self.path, finding.file)))]
        parts += [str(number) for number in (finding.line, finding.column) if number is not None]
        return one_line(":".join(parts))


def lint_path(path: str, *, allow_manifest_v2: bool) -> Linted:
    """Check a package or a folder.

    Raises:
        IgnoreInvalid: the folder says in no known way what is left out.
        OSError: it cannot be read.
    """
    if os.path.isdir(path):
        report = check_folder(path, ignored=read_ignore(path), allow_manifest_v2=allow_manifest_v2)
        return Linted(path, is_folder=True, report=report)
    with open(path, "rb") as file:
        return Linted(path, is_folder=False, report=check(file, allow_manifest_v2=allow_manifest_v2))


def lint_quickly(arguments: Sequence[str]) -> int | None:
    """``openaddons lint`` for who types it right: the exit code. None if click should have a look at it."""
    paths, format_name, allow_manifest_v2 = [], "human", False
    words = iter(arguments)
    for word in words:
        if word == "--format":
            format_name = next(words, "")
        elif word == "--allow-manifest-v2":
            allow_manifest_v2 = True
        else:
            paths.append(word)
    if not paths or format_name not in FORMATS or any(path.startswith("-") for path in paths):
        return None
    try:
        packages = [lint_path(path, allow_manifest_v2=allow_manifest_v2) for path in paths]
    except (IgnoreInvalid, OSError):
        return None
    say(FORMATS[format_name](packages))
    return exit_code(packages)


def exit_code(packages: Sequence[Linted]) -> int:
    """1 if there is any error."""
    return int(any(linted.report.error_total for linted in packages))


def explanation(row: Rule) -> str:
    """A rule: what it says, why, how to mend it, and where it comes from."""
    import textwrap

    heading = f"{row.id} ({row.severity})"
    parts = (("What", row.what), ("Why", row.why), ("Fix", row.how), ("Source", row.source))
    lines = [
        textwrap.fill(text, width=_WIDTH, initial_indent=f"{title:<8}", subsequent_indent=" " * 8)
        for title, text in parts
    ]
    return "\n".join([f"{_BOLD}{heading}{_PLAIN}" if coloured() else heading, "", *lines])


def for_people(packages: Sequence[Linted], *, coloured: bool) -> str:
    """Each finding with its place, its code and its remedy; at the end the sum."""
    lines = [line for linted in packages for line in _finding_lines(linted, coloured=coloured)]
    if lines:
        lines += ["More about a rule: openaddons lint --explain CODE", ""]
    return "\n".join([*lines, summary(packages)])


def summary(packages: Sequence[Linted]) -> str:
    """``2 errors, 1 warning in 3 packages``"""
    errors = sum(linted.report.error_total for linted in packages)
    warnings = sum(linted.report.total for linted in packages) - errors
    counts = (_counted(errors, "error"), _counted(warnings, "warning"))
    return f"{', '.join(counts)} in {_counted(len(packages), 'package')}"


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _finding_lines(linted: Linted, *, coloured: bool) -> Iterator[str]:
    findings = linted.report.findings
    for finding in sorted(findings, key=lambda each: (each.severity, each.file or "", each.line or 0)):
        severity: str = finding.severity
        place = linted.place(finding)
        if coloured:
            severity = f"{_COLOURS[finding.severity]}{severity}{_PLAIN}"
            place = f"{_BOLD}{place}{_PLAIN}"
        yield f"{place}: {severity}: {finding.code}"
        yield from _wrapped(finding.message)
        yield from _wrapped(f"Fix: {finding.fix}")
        yield ""
    unseen = linted.report.total - len(findings)
    if unseen:
        yield f"{one_line(linted.path)}: at least {unseen} more findings are not shown."
        yield ""


def _wrapped(text: str) -> list[str]:
    import textwrap  # only where something was found

    return textwrap.wrap(
        one_line(text),
        width=_WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_json(packages: Sequence[Linted]) -> str:
    """One document, for scripts."""
    import json

    document = {
        "errors": sum(linted.report.error_total for linted in packages),
        "warnings": sum(linted.report.total - linted.report.error_total for linted in packages),
        "packages": [_package_document(linted) for linted in packages],
    }
    return json.dumps(document, indent=2)


def _package_document(linted: Linted) -> dict[str, Any]:
    report, package = linted.report, linted.report.package
    return {
        "path": linted.path,
        "errors": report.error_total,
        "warnings": report.total - report.error_total,
        "name": None if package is None else package.name,
        "version": None if package is None else str(package.version),
        "findings": [finding._asdict() for finding in report.findings],
    }


def as_github(packages: Sequence[Linted]) -> str:
    """Annotations for a pull request: workflow commands of GitHub Actions. A ZIP is annotated as a whole."""
    lines = []
    for linted in packages:
        for finding in linted.report.findings:
            on_disk = linted.on_disk(finding)
            properties: dict[str, object] = {"file": (on_disk or linted.path).replace(os.sep, "/")}
            message = f"{finding.message} {finding.fix}"
            if on_disk is not None:
                properties |= {"line": finding.line, "col": finding.column}
            elif finding.file is not None:
                inside = (finding.file, finding.line, finding.column)
                message = f"{':'.join(str(part) for part in inside if part is not None)}: {message}"
            properties["title"] = finding.code
            lines.append(workflow_command(finding.severity, message, properties))
    return "\n".join([*lines, summary(packages)])


def as_sarif(packages: Sequence[Linted]) -> str:
    """SARIF 2.1.0, for code scanning. Files in a ZIP are artifacts inside that artifact."""
    import json
    from urllib.parse import quote

    def location_of(path: str) -> dict[str, str]:
        return {"uri": quote(os.fsencode(path.replace(os.sep, "/")))}

    artifacts: list[dict[str, Any]] = []
    index_of: dict[tuple[str, str | None], int] = {}

    def artifact(path: str, inside: str | None = None) -> dict[str, Any]:
        """The place of a file, which is listed among the artifacts when it is first named."""
        parent = artifact(path)["index"] if inside is not None else None
        location = location_of(path if inside is None else inside)
        if (path, inside) not in index_of:
            index_of[path, inside] = len(artifacts)
            artifacts.append({"location": location} | ({} if parent is None else {"parentIndex": parent}))
        return {**location, "index": index_of[path, inside]}

    results = []
    for linted in packages:
        for finding in linted.report.findings:
            on_disk = linted.on_disk(finding)
            inside = None if linted.is_folder else finding.file
            physical: dict[str, Any] = {"artifactLocation": artifact(on_disk or linted.path, inside)}
            if finding.line is not None:
                region = {"startLine": finding.line, "startColumn": finding.column}
                physical["region"] = {name: value for name, value in region.items() if value is not None}
            results.append(
                {
                    "ruleId": finding.code,
                    "level": finding.severity,
                    "message": {"text": f"{finding.message} {finding.fix}"},
                    "locations": [{"physicalLocation": physical}],
                }
            )
    driver = {"name": "openaddons", "version": __version__, "rules": _sarif_rules(packages)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": artifacts,
        "results": results,
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _sarif_rules(packages: Sequence[Linted]) -> list[dict[str, Any]]:
    found = {finding.code for linted in packages for finding in linted.report.findings}
    return [
        {
            "id": row.id,
            "shortDescription": {"text": row.what},
            "fullDescription": {"text": row.why},
            "help": {"text": f"{row.what}\n{row.why}\nFix: {row.how}\nSource: {row.source}"},
            "defaultConfiguration": {"level": row.severity},
        }
        for row in RULES.values()
        if row.id in found
    ]


FORMATS: Final[Mapping[str, Callable[[Sequence[Linted]], str]]] = {
    "human": lambda packages: for_people(packages, coloured=coloured()),
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def coloured() -> bool:
    """Whether a person looks on who did not ask for plain text (no-color.org)."""
    understood = os.environ.get("TERM") != "dumb" and (os.name != "nt" or "WT_SESSION" in os.environ)
    return sys.stdout.isatty() and understood and not os.environ.get("NO_COLOR")
