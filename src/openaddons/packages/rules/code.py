"""Rules on scripts and pages. All of them are warnings: they tell a reviewer where to look."""

from collections.abc import Iterator
from typing import Final

from openaddons.packages.references import page_name
from openaddons.packages.rules.reach import EVERY
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import given_texts
from openaddons.packages.scripts import Hint, Kind, read_page, read_script

_SCRIPTS = (".js", ".mjs")
_PAGES = (".html", ".htm", ".xhtml")
_LONGEST_SCRIPT: Final = 8 << 20
_LONGEST_PAGE: Final = 1 << 20
# Whoever packs more has a review ahead that no hint shortens.
_MOST_BYTES: Final = 64 << 20


def _hints(subject: Subject, *kinds: Kind) -> Iterator[tuple[str, Hint]]:
    """Hints of some kinds, each with the file it is on."""
    budget = _MOST_BYTES
    for name, entry in subject.archive.files.items():
        lower = name.lower()
        if not lower.endswith(_SCRIPTS + _PAGES):
            continue
        budget -= entry.size_bytes
        if budget < 0:
            return
        if lower.endswith(_SCRIPTS):
            hints = subject.contents.see(name, read_script, _LONGEST_SCRIPT, last=True)
        else:
            hints = subject.contents.see(name, read_page, _LONGEST_PAGE, last=True)
        if hints:
            # A minified line may have the same thing many times.
            yield from ((name, hint) for hint in dict.fromkeys(hints) if hint.kind in kinds)


def _fault(name: str, hint: Hint) -> Fault:
    return Fault(file=name, line=hint.line, facts={"path": name, "what": hint.what})


@rule(
    "RemoteCode",
    "warning",
    message="{path}:{line} loads code from {what}; Manifest V3 allows only packaged code.",
    why="What is fetched at run time was not reviewed and can change afterwards. The stores of Edge and "
    "Chrome reject it, and the policy of extension pages does not run it.",
    fix="Put the code into the package.",
    source='Edge migrate-to-v3 "Remotely hosted code"; Web Store policy',
)
def remote_code(subject: Subject) -> Iterator[Fault]:
    for name, hint in _hints(subject, "remote"):
        yield _fault(name, hint)


@rule(
    "InlineScript",
    "warning",
    message="{path}:{line}: inline script ({what}) is blocked by the content security policy.",
    why="The default policy of extension pages runs scripts in files only. This one never runs, and the "
    "page looks dead to its user.",
    fix="Move it to a file.",
    source="MV3 default CSP; addons-linter INLINE_SCRIPT",
)
def inline_script(subject: Subject) -> Iterator[Fault]:
    # In a sandbox another policy holds.
    sandboxed = {page_name(page) for _, page in given_texts(subject, "sandbox", "pages", EVERY)}
    for name, hint in _hints(subject, "inline"):
        if name not in sandboxed:
            yield _fault(name, hint)


@rule(
    "DynamicCode",
    "warning",
    message="{path}:{line}: {what} does not work in Manifest V3 pages.",
    why="The policy of extension pages makes eval and its relatives throw instead of running the text. "
    "Whatever depends on the result fails in front of the user.",
    fix="Rewrite it.",
    source="MV3 default CSP; addons-linter DANGEROUS_EVAL",
)
def dynamic_code(subject: Subject) -> Iterator[Fault]:
    for name, hint in _hints(subject, "dynamic"):
        yield _fault(name, hint)


@rule(
    "ObfuscatedCode",
    "warning",
    message="{path} looks obfuscated.",
    why="A reviewer who cannot read the code cannot pass it, and the stores forbid to hide what it does. "
    "Minified code is fine: tools lay it out again.",
    fix="Upload readable or merely minified code.",
    source="Edge developer policies; Web Store policy",
)
def obfuscated_code(subject: Subject) -> Iterator[Fault]:
    for name, _ in _hints(subject, "obfuscated"):
        yield Fault(file=name, facts={"path": name})


@rule(
    "UnsafeDom",
    "warning",
    message="{path}:{line}: {what} with dynamic text.",
    about="Dynamic text is put into a page as markup, by innerHTML and the like.",
    why="Text from a web page or a server becomes elements, and these act in the extension's name before "
    "the user. Reviewers have to look at each such place.",
    fix="Use textContent or DOM methods.",
    source="addons-linter UNSAFE_VAR_ASSIGNMENT",
)
def unsafe_dom(subject: Subject) -> Iterator[Fault]:
    for name, hint in _hints(subject, "dom"):
        yield _fault(name, hint)
