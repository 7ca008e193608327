"""Rules on ``content_security_policy`` and ``sandbox``."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from openaddons.packages.regexes import regex
from openaddons.packages.rules.shapes import STRINGS
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, misfits

_KEY: Final = "content_security_policy"
_PAGES: Final = "extension_pages"
_SANDBOX: Final = "sandbox"
# What may stand in an HTTP header. A comma would begin another policy.
_LEGAL = regex(r"[\t\f\x20-\x2b\x2d-\x7e]*")
_SPACES = regex("[ \t\f]+")

_SECURE = frozenset({"'self'", "'none'", "'wasm-unsafe-eval'"})
_LOCALHOST = regex(r"http://(?:localhost|127\.0\.0\.1)(?::.*)?")
_NOT_SANDBOXED: Final = "It must have the directive 'sandbox' without allow-same-origin"
_SAME_ORIGIN: Final = "allow-same-origin"


def _policies(subject: Subject) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each policy of the manifest with its place. A value in the wrong place is one that is no string."""
    value = given(subject, _KEY)
    if value is ABSENT:
        return
    if subject.manifest.keys.get("manifest_version") == 2:
        yield (_KEY,), value
    elif isinstance(value, dict):
        yield from (((_KEY, key), value[key]) for key in (_PAGES, _SANDBOX) if key in value)
    else:
        yield (_KEY,), None


def _legal_policies(subject: Subject) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, policy in _policies(subject):
        if isinstance(policy, str) and _LEGAL.fullmatch(policy):
            yield key, policy


def _directives(policy: str) -> Iterator[tuple[str, list[str]]]:
    """Name, in lower case, and values of each directive (www.w3.org/TR/CSP3/#parse-serialized-policy)."""
    for text in policy.split(";"):
        name, *values = _SPACES.split(text.strip("\t\f "))
        if name:
            yield name.lower(), values


def _is_secure(source: str) -> bool:
    lower = source.lower()
    return lower in _SECURE or _LOCALHOST.fullmatch(lower) is not None


def _is_sandboxed(policy: str) -> bool:
    sandboxes = [values for name, values in _directives(policy) if name == "sandbox"]
    return bool(sandboxes) and not any(
        value.lower() == _SAME_ORIGIN for values in sandboxes for value in values
    )


@rule(
    "CspInvalid",
    "error",
    message="Invalid value for '{where}'.",
    about="content_security_policy must be an object of policies, each a text without line breaks and "
    "commas.",
    why="The policy becomes an HTTP header of every extension page. Chromium refuses one that is no text, "
    "has a line break or a comma in it, or has its place elsewhere.",
    fix='Use {{"extension_pages": "script-src \'self\'"}}, without line breaks and commas.',
    source="csp_info.cc, csp_validator.cc ContentSecurityPolicyIsLegal",
)
def csp_invalid(subject: Subject) -> Iterator[Fault]:
    legal = {key for key, _ in _legal_policies(subject)}
    for key, _ in _policies(subject):
        if key not in legal:
            yield Fault(key=key, facts={"where": ".".join(key)})


@rule(
    "CspInsecure",
    "error",
    message="'{where}': {problem}.",
    about="A policy lets in code from elsewhere, or that of sandboxed pages is no sandbox.",
    why="Manifest V3 runs packaged code only. Chromium refuses an extension whose policy lets in code from "
    "hosts, inline text or eval, or whose sandbox keeps the extension's origin.",
    fix="Remove remote hosts, unsafe-eval, unsafe-inline, hashes and nonces.",
    source="csp_validator.cc DoesCSPDisallowRemoteCode, ContentSecurityPolicyIsSandboxed",
)
def csp_insecure(subject: Subject) -> Iterator[Fault]:
    for key, policy in _legal_policies(subject):
        problems: Iterable[str] = ()
        if key[-1] == _PAGES:
            problems = _insecure(policy)
        elif key[-1] == _SANDBOX and not _is_sandboxed(policy):
            problems = (_NOT_SANDBOXED,)
        for problem in problems:
            yield Fault(key=key, facts={"where": ".".join(key), "problem": problem})
    misplaced = _old_sandbox_problem(subject)
    if misplaced:
        where = (_SANDBOX, _KEY)
        yield Fault(key=where, facts={"where": ".".join(where), "problem": misplaced})


def _old_sandbox_problem(subject: Subject) -> str | None:
    """What is wrong with ``sandbox.content_security_policy``, the place of the policy in Manifest V2."""
    policy = given(subject, _SANDBOX, _KEY)
    if policy is ABSENT:
        return None
    if subject.manifest.keys.get("manifest_version") != 2:
        return "The policy of sandboxed pages has its place in 'content_security_policy.sandbox'"
    sound = isinstance(policy, str) and _LEGAL.fullmatch(policy) and _is_sandboxed(policy)
    return None if sound else _NOT_SANDBOXED


def _insecure(policy: str) -> Iterator[str]:
    """What in a policy lets code in from elsewhere."""
    directives: dict[str, list[str]] = {}
    for name, values in _directives(policy):
        directives.setdefault(name, values)  # of equal names the first one counts
    name = "script-src" if "script-src" in directives else "default-src"
    if name not in directives:
        yield "CSP directive 'script-src' must be specified and must allow secure sources only"
    for directive in (name, "object-src", "worker-src"):
        insecure = next((source for source in directives.get(directive, ()) if not _is_secure(source)), None)
        if insecure is not None:
            yield f"Insecure CSP value \"{insecure}\" in directive '{directive}'"


@rule(
    "SandboxInvalid",
    "error",
    message="Invalid value for '{where}'.",
    about="sandbox.pages must be a list of strings.",
    why="The pages in this list lose the extension's API and get a laxer policy. Chromium must know which, "
    "and refuses a list that holds anything but texts.",
    fix='Use {{"pages": ["page.html"]}}.',
    source="sandboxed_page_info.cc",
)
def sandbox_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, _SANDBOX, "pages", shape=STRINGS)
