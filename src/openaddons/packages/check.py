"""The check of an upload: bytes in, findings out, and the package if it may be published."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from os import PathLike
from typing import Any, BinaryIO, NamedTuple

from openaddons.packages.archive import MANIFEST_NAME, Archive, ArchiveUnsound, CheckCancelled, never
from openaddons.packages.browser_json import Parsed
from openaddons.packages.contents import Contents
from openaddons.packages.findings import DEFAULT_LIMITS, Finding, Findings, Limits
from openaddons.packages.folder import open_folder
from openaddons.packages.ignore import NOTHING, Ignore
from openaddons.packages.manifest import Manifest, read_manifest
from openaddons.packages.rules import (
    action,
    background,
    code,
    commands,
    content_scripts,
    csp,
    dnr,
    files,
    icons,
    identity,
    locales,
    manifest,
    origin,
    other,
    pages,
    permissions,
    theme,
    tts_engine,
    web_accessible_resources,
)
from openaddons.packages.rules.archive import NAME_RULES
from openaddons.packages.rules.layout import layout_findings, parse_manifest
from openaddons.packages.rules.subject import PACKAGE_RULES, Subject
from openaddons.packages.rules.values import is_read
from openaddons.packages.version import Version

__all__ = ["GROUPS", "CheckCancelled", "Finding", "Limits", "Package", "Report", "check", "check_folder"]

GROUPS = (
    manifest,
    identity,
    origin,
    action,
    background,
    commands,
    locales,
    icons,
    files,
    dnr,
    permissions,
    content_scripts,
    web_accessible_resources,
    csp,
    pages,
    theme,
    tts_engine,
    other,
    code,
)
"""The modules whose rules are asked of every package, in this order."""

_PERMISSION_KEYS = ("permissions", "host_permissions", "optional_permissions", "optional_host_permissions")
_LONGEST_FILE_NAME = 60


class Package(NamedTuple):
    """What an add-on's package says of itself."""

    name: str
    """In the default locale."""
    version: Version
    description: str
    """In the default locale; empty if there is none."""
    manifest_version: int
    manifest: dict[str, Any]
    """The manifest as it stands in the package. Whole numbers beyond 32 bits are floats."""
    default_locale: str | None
    locales: tuple[str, ...]
    root: str
    """The enclosing folder that was stripped, without a slash; empty if there was none."""
    file_count: int
    """Files that will be served."""
    unpacked_bytes: int
    """The sum of their sizes."""
    permissions: tuple[str, ...]
    """All that the manifest asks for, at once or later, sorted. A theme can ask for none."""

    @property
    def file_name(self) -> str:
        """A name for the file, without extension, of ASCII letters, digits, dots, hyphens and underscores.

        "Tab Tally" in version 1.2.0 is ``tab_tally_1.2.0``; a name without any such letter is ``extension``.
        """
        decomposed = unicodedata.normalize("NFKD", self.name)
        letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        words = re.sub("[^a-z0-9]+", "_", letters.lower())[:_LONGEST_FILE_NAME].strip("_")
        return f"{words or 'extension'}_{self.version}"


class Report(NamedTuple):
    """What a check found."""

    findings: tuple[Finding, ...]
    """Errors first. Not all of them, if there are very many."""
    total: int
    """All of them, counted; of one rule about the manifest or the files, no more than a thousand."""
    error_total: int
    """The errors among them, counted."""
    package: Package | None
    """None if there is any error."""
    root: str = ""
    """The enclosing folder that was stripped, without a slash; empty if there was none."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Those for which the package cannot be published."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Those that are for the reviewer to judge."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")


def check(
    file: BinaryIO,
    *,
    limits: Limits = DEFAULT_LIMITS,
    allow_manifest_v2: bool = False,
    cancelled: Callable[[], bool] = never,
) -> Report:
    """Look at the package in ``file``, a seekable file of which only this check reads meanwhile.

    ``cancelled`` is asked before every MiB or so of work.

    Raises:
        CheckCancelled: it said yes.
    """
    open_archive = partial(Archive.open, file, limits, cancelled=cancelled)
    return _report(open_archive, limits, allow_manifest_v2, cancelled)


def check_folder(
    path: str | PathLike[str],
    *,
    ignored: Ignore = NOTHING,
    limits: Limits = DEFAULT_LIMITS,
    allow_manifest_v2: bool = False,
    cancelled: Callable[[], bool] = never,
) -> Report:
    """Look at the package that the folder at ``path`` becomes when it is packed without what is ``ignored``.

    Raises:
        CheckCancelled: ``cancelled`` said yes.
        OSError: the folder cannot be read.
    """
    open_archive = partial(open_folder, path, limits, ignored=ignored, cancelled=cancelled)
    return _report(open_archive, limits, allow_manifest_v2, cancelled)


def _report(
    open_archive: Callable[..., Archive],
    limits: Limits,
    allow_manifest_v2: bool,
    cancelled: Callable[[], bool],
) -> Report:
    findings = Findings(limits.findings)
    package, root = None, ""
    try:
        archive = open_archive(findings=findings)
        root = archive.root
        # Of an archive that readers understand differently, nothing further can be said.
        if findings.error_codes <= NAME_RULES:
            package = _package(archive, findings, limits, allow_manifest_v2, cancelled)
    except ArchiveUnsound as fault:
        findings.add(fault.finding)
    return Report(
        findings=findings.kept(),
        total=findings.total,
        error_total=findings.error_count,
        package=None if findings.error_count else package,
        root=root,
    )


def _package(
    archive: Archive,
    findings: Findings,
    limits: Limits,
    allow_manifest_v2: bool,
    cancelled: Callable[[], bool],
) -> Package | None:
    """The package in an archive whose records are sound, if it is without errors."""
    findings.extend(layout_findings(archive))
    contents = Contents(archive, cancelled=cancelled)
    manifest = _judged(archive, contents, findings, limits, allow_manifest_v2, cancelled)
    contents.verify_rest()
    findings.extend(contents.faults)
    return None if manifest is None or findings.error_count else _described(archive, manifest)


def _judged(
    archive: Archive,
    contents: Contents,
    findings: Findings,
    limits: Limits,
    allow_manifest_v2: bool,
    cancelled: Callable[[], bool],
) -> Manifest | None:
    """The manifest, after all rules were asked; None if it cannot be read."""
    parsed = parse_manifest(archive, contents, limits) if MANIFEST_NAME in archive.files else None
    if isinstance(parsed, Finding):
        findings.add(parsed)
    if not isinstance(parsed, Parsed):
        return None
    manifest = read_manifest(archive, parsed, limits)
    subject = Subject(archive, manifest, limits, contents, allow_manifest_v2)
    for rule in PACKAGE_RULES:
        if cancelled():
            raise CheckCancelled
        rule.judge(subject, findings, cancelled)
    return manifest


def _described(archive: Archive, manifest: Manifest) -> Package:
    description = manifest.localized("description")
    return Package(
        name=manifest.localized("name"),
        version=Version.parse(manifest.keys["version"]),
        description=description if isinstance(description, str) else "",
        manifest_version=manifest.keys.get("manifest_version", 2),
        manifest=manifest.keys,
        default_locale=manifest.default_locale,
        locales=manifest.locales,
        root=archive.root,
        file_count=len(archive.files),
        unpacked_bytes=sum(entry.size_bytes for entry in archive.files.values()),
        permissions=_permissions(
            manifest.keys.get(key) for key in _PERMISSION_KEYS if is_read(manifest.keys, key)
        ),
    )


def _permissions(lists: Iterable[Any]) -> tuple[str, ...]:
    """Strings of all lists, each once. Other items are for the rules on permissions to judge."""
    items = (item for given in lists if isinstance(given, list) for item in given)
    return tuple(sorted({item for item in items if isinstance(item, str)}))
