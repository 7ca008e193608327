"""Rules on where manifest.json lies and whether it is JSON. ``check`` asks them one after the other: each is
pointless if the one before it is broken.
"""

from collections.abc import Iterator
from functools import partial

from openaddons.packages import browser_json
from openaddons.packages.archive import MANIFEST_NAME, Archive
from openaddons.packages.browser_json import NotJson, Parsed
from openaddons.packages.contents import Contents
from openaddons.packages.findings import Finding, Limits
from openaddons.packages.rules.registry import declare

MANIFEST_MISSING = declare(
    "ManifestMissing",
    "error",
    message="There is no manifest.json in the root of the package.",
    why="The browser knows an extension by this file and loads nothing without it. Letter case counts: "
    "Manifest.json is another file.",
    fix="Zip the content of the extension's folder; the name is written in lower case.",
    source="file_util.cc LoadManifest; Edge: ManifestFileMissing (edge-developer#1387)",
)
MANIFEST_NOT_AT_ROOT = declare(
    "ManifestNotAtRoot",
    "error",
    message="manifest.json is in {folder}, not in the root.",
    why="The browser reads manifest.json in the root and searches no folder for it. The store takes off "
    "one folder around everything, but guesses no further.",
    fix="Zip the content of that folder.",
    source="Chrome Web Store, Prepare your extension; Edge takes one enclosing folder",
)
FILES_OUTSIDE_MANIFEST_ROOT = declare(
    "FilesOutsideManifestRoot",
    "error",
    message="Files or directories outside directory that contains manifest.json {folder} "
    "are not allowed: {names}",
    why="Where one folder encloses the extension, what is in it becomes the package. Files beside it would "
    "be lost, and whatever needs them would fail.",
    fix="Zip the content of that folder.",
    source="Edge, exact text: edge-developer#1051",
)
MANIFEST_TOO_LARGE = declare(
    "ManifestTooLarge",
    "error",
    message="manifest.json has {size} bytes; the limit is {limit}.",
    why="The manifest is parsed before anything else is known of a package, so its size is what a hostile "
    "upload can cost. Real ones have some kilobytes.",
    fix="Shorten it.",
    source="the operator's limit",
)
MANIFEST_JSON = declare(
    "ManifestJson",
    "error",
    message="manifest.json is not valid JSON: {detail} at line {line} column {column}.",
    why="Chromium stops at the first character that does not fit and loads nothing. It forgives comments, "
    "but no trailing comma, no other encoding than UTF-8, and no nesting beyond 200 levels.",
    fix="Correct the syntax; save the file as UTF-8.",
    source="base/json, JSON_PARSE_CHROMIUM_EXTENSIONS",
)
MANIFEST_NOT_OBJECT = declare(
    "ManifestNotObject",
    "error",
    message="manifest.json must hold one JSON object.",
    why="A list or a bare value has no keys, so there is neither a name nor a version to read. Chromium "
    "calls the whole file invalid.",
    fix="Put the keys between {{ and }}.",
    source="file_util.cc LoadManifest",
)
JUNK_FILE = declare(
    "JunkFile",
    "warning",
    message="{name} is not part of the extension.",
    why="Nothing uses it, and every user downloads it. Such files also tell about your machine: folder "
    "views, backups of editors, secrets in an .env.",
    fix="Exclude it when you zip.",
    source="addons-linter HIDDEN_FILE, FLAGGED_FILE",
)

_NAMES_SHOWN = 5


def layout_findings(archive: Archive) -> Iterator[Finding]:
    """Where the manifest is, and what lies where nothing may lie."""
    for entry in archive.junk:
        yield JUNK_FILE.finding(file=entry.name, name=entry.name)
    if MANIFEST_NAME not in archive.files:
        # The shallowest one is the one that was meant.
        deeper = [name for name in archive.files if name.endswith("/" + MANIFEST_NAME)]
        if deeper:
            folder = min(deeper, key=lambda name: (name.count("/"), name)).removesuffix("/" + MANIFEST_NAME)
            yield MANIFEST_NOT_AT_ROOT.finding(folder=folder)
        else:
            yield MANIFEST_MISSING.finding()
    elif archive.outside:
        names = ", ".join(archive.outside[:_NAMES_SHOWN])
        yield FILES_OUTSIDE_MANIFEST_ROOT.finding(folder=archive.root, names=names)


def parse_manifest(archive: Archive, contents: Contents, limits: Limits) -> Parsed | Finding | None:
    """The manifest's JSON object, or what is wrong with it; None if its data is not what its header says."""
    size = archive.files[MANIFEST_NAME].size_bytes
    if size > limits.manifest_bytes:
        return MANIFEST_TOO_LARGE.finding(file=MANIFEST_NAME, size=size, limit=limits.manifest_bytes)
    parse = partial(_parsed, max_depth=limits.json_depth)
    parsed = contents.see(MANIFEST_NAME, parse, limits.manifest_bytes)
    if isinstance(parsed, NotJson):
        line, column = parsed.place.line, parsed.place.column
        return MANIFEST_JSON.finding(file=MANIFEST_NAME, line=line, column=column, detail=parsed.detail)
    if parsed is not None and not isinstance(parsed.value, dict):
        return MANIFEST_NOT_OBJECT.finding(file=MANIFEST_NAME)
    return parsed


def _parsed(data: bytes, *, max_depth: int) -> Parsed | NotJson:
    try:
        return browser_json.parse(data, max_depth=max_depth)
    except NotJson as fault:
        return fault
