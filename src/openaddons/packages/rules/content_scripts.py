"""Rules on ``content_scripts``."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from openaddons.packages.match_patterns import ANY_PATH, NotAPattern, parse_match_pattern
from openaddons.packages.regexes import regex
from openaddons.packages.resources import resource_name
from openaddons.packages.rules.shapes import (
    BOOLEAN,
    STRINGS,
    list_of,
    objects_of,
    one_of,
    record,
    strings_of,
)
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import given, misfits

_KEY: Final = "content_scripts"
_SHAPE = list_of(
    record(
        required={"matches": STRINGS},
        optional={
            "all_frames": BOOLEAN,
            "css": STRINGS,
            "exclude_globs": STRINGS,
            "exclude_matches": STRINGS,
            "include_globs": STRINGS,
            "js": STRINGS,
            "match_about_blank": BOOLEAN,
            "match_origin_as_fallback": BOOLEAN,
            "run_at": one_of("document_start", "document_end", "document_idle"),
            "world": one_of("ISOLATED", "MAIN", "USER_SCRIPT"),
        },
    )
)
SUFFIXES: Final = {"js": (".js", ".mjs"), "css": (".css", ".scss")}
"""How the names of files end that the browser takes for scripts and styles. Others it ignores."""
_LANGUAGES: Final = {"js": "javascript", "css": "css"}
# The browser reads 500 MB. A longer file than this is no text that anybody wrote, and it would lie in memory.
_LONGEST_SCRIPT_BYTES: Final = 64 << 20
# U+FDD0 to U+FDEF and the last two of each plane are no characters to base::IsStringUTF8.
_NO_CHARACTER = regex(rb"\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]|[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]")


class _File(NamedTuple):
    """A file that a content script names."""

    key: tuple[str | int, ...]
    kind: str
    """``js`` or ``css``."""
    path: str
    """As the manifest has it."""
    name: str | None
    """Of the file; None if the browser ignores the path."""


def _scripts(subject: Subject) -> Iterator[tuple[int, dict[str, Any]]]:
    return objects_of(given(subject, _KEY))


def _files(subject: Subject) -> Iterator[_File]:
    for index, script in _scripts(subject):
        for kind in (kind for kind in _LANGUAGES if kind in script):
            for place, path in strings_of(script[kind]):
                name = resource_name(path)
                if name is not None and not name.lower().endswith(SUFFIXES[kind]):
                    name = None
                yield _File((_KEY, index, kind, place), kind, path, name)


def is_utf8(data: bytes) -> bool:
    """Whether the browser takes a file for UTF-8, with or without a byte order mark."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return _NO_CHARACTER.search(data) is None


@rule(
    "ContentScriptsInvalid",
    "error",
    message="Error at key '{where}': {problem}.",
    about="content_scripts must be a list of objects with matches, whose members have the types that the "
    "reference names.",
    why="The list says which script runs on which pages. Chromium takes it as a whole or not at all: over "
    "one member of a wrong type the extension is not loaded.",
    fix="See the reference of content_scripts.",
    source="content_scripts_handler.cc; api/content_scripts.idl",
)
def content_scripts_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, _KEY, shape=_SHAPE)


@rule(
    "MatchPatternInvalid",
    "error",
    message="Invalid value for 'content_scripts[{script}].{member}[{index}]': {reason}",
    about="An entry of matches or exclude_matches is no match pattern.",
    why="Nobody knows which pages it was meant for, so Chromium refuses the extension. Among host "
    "permissions the same text is merely skipped.",
    fix='Use for example "https://*.example.com/*".',
    source="url_pattern.cc",
)
def match_pattern_invalid(subject: Subject) -> Iterator[Fault]:
    for script, value in _scripts(subject):
        for member in ("matches", "exclude_matches"):
            for index, text in strings_of(value.get(member)):
                try:
                    parse_match_pattern(text)
                except NotAPattern as verdict:
                    yield Fault(
                        key=(_KEY, script, member, index),
                        facts={"script": script, "member": member, "index": index, "reason": str(verdict)},
                    )


@rule(
    "ContentScriptMatchesEmpty",
    "error",
    message="Invalid value for 'content_scripts[{script}].matches'. There must be at least one match specified.",
    why="The script would run on no page at all. Chromium takes that for a mistake and refuses the "
    "extension.",
    fix="Add a match pattern.",
    source="content_script_utils.cc",
)
def matches_empty(subject: Subject) -> Iterator[Fault]:
    for script, value in _scripts(subject):
        if value.get("matches") == []:
            yield Fault(key=(_KEY, script, "matches"), facts={"script": script})


@rule(
    "ContentScriptFilesEmpty",
    "error",
    message="At least one js or css file is required for 'content_scripts[{script}]'.",
    why="There are pages to change and nothing to change them with. Chromium refuses the extension, for a "
    "file has most likely been forgotten.",
    fix="Name a file.",
    source="content_script_utils.cc",
)
def files_empty(subject: Subject) -> Iterator[Fault]:
    for script, value in _scripts(subject):
        if value.get("js", []) == [] and value.get("css", []) == []:
            yield Fault(key=(_KEY, script), facts={"script": script})


@rule(
    "ContentScriptMissing",
    "error",
    message="Could not load {language} '{path}' for script.",
    why="Chromium looks for every content script when it loads the extension, and gives up at the first "
    "that is absent. Letter case counts even if your file system ignores it.",
    fix="Add the file; names are case-sensitive.",
    source="content_script_utils.cc",
)
def content_script_missing(subject: Subject) -> Iterator[Fault]:
    for file in _files(subject):
        if file.name is not None and file.name not in subject.archive.files:
            yield Fault(key=file.key, facts={"language": _LANGUAGES[file.kind], "path": file.path})


@rule(
    "ContentScriptEncoding",
    "error",
    message="Could not load file '{path}' for content script. It isn't UTF-8 encoded.",
    why="The file is put into pages as UTF-8 text. Chromium refuses the extension if it is anything else, "
    "such as the UTF-16 of some Windows editors.",
    fix="Save it as UTF-8.",
    source="content_script_utils.cc",
)
def content_script_encoding(subject: Subject) -> Iterator[Fault]:
    names = {file.name for file in _files(subject) if file.name is not None}
    for name in sorted(names & subject.archive.files.keys()):
        if subject.contents.see(name, is_utf8, _LONGEST_SCRIPT_BYTES) is False:
            yield Fault(file=name, facts={"path": name})


@rule(
    "ContentScriptMimeType",
    "warning",
    message="{path} is ignored by the browser: a content script's {kind} is a file that ends in {suffixes}.",
    why="The browser goes by the end of the name and leaves this file out. The extension installs, and "
    "part of it never runs.",
    fix="Rename it.",
    source="content_script_utils.cc",
)
def content_script_mime_type(subject: Subject) -> Iterator[Fault]:
    for file in _files(subject):
        if not file.path.lower().endswith(SUFFIXES[file.kind]):
            facts = {
                "path": file.path or '""',
                "kind": file.kind,
                "suffixes": " or ".join(SUFFIXES[file.kind]),
            }
            yield Fault(key=file.key, facts=facts)


@rule(
    "MatchOriginAsFallbackPath",
    "error",
    message="The path component for scripts with 'match_origin_as_fallback' must be '*', not {path}.",
    why="Pages such as about:blank have no path to compare, only the origin of whoever opened them. "
    "Chromium refuses a pattern that asks for more than the origin.",
    fix="Use /* as the path.",
    source="content_script_utils.cc ValidateMatchOriginAsFallback",
)
def match_origin_as_fallback_path(subject: Subject) -> Iterator[Fault]:
    for script, value in _scripts(subject):
        if value.get("match_origin_as_fallback") is not True:
            continue
        for index, text in strings_of(value.get("matches")):
            try:
                path = parse_match_pattern(text).path
            except NotAPattern:
                continue  # another rule's
            if path != ANY_PATH:
                yield Fault(key=(_KEY, script, "matches", index), facts={"path": path})
