"""Rules on the keys that no other group is about. Most say in one line of shape what the browser's parser wants."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.match_patterns import ANY_SCHEME, NotAPattern, parse_match_pattern
from openaddons.packages.references import page_name
from openaddons.packages.rules.shapes import (
    BOOLEAN,
    INTEGER,
    STRING,
    STRINGS,
    Misfit,
    Shape,
    is_extension_id,
    list_of,
    one_of,
    record,
    such,
)
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, misfits
from openaddons.packages.urls import web_host
from openaddons.packages.version import is_browser_version

# Longer schemas are not read; the browser sets no limit, and no administrator reads so much.
_MOST_SCHEMA_BYTES: Final = 1 << 20
_MOST_TOKENS: Final = 100


def _is_secure_url(url: str) -> bool:
    return web_host(url) is not None and url.strip().lower().startswith("https")


def _pattern(schemes: frozenset[str] | None) -> Shape:
    """A match pattern."""

    def found(value: Any) -> Iterator[Misfit]:
        if not isinstance(value, str):
            yield from STRING(value)
            return
        try:
            parse_match_pattern(value, schemes=schemes)
        except NotAPattern as fault:
            yield Misfit((), f"Invalid match pattern '{value}' ({fault})")

    return found


_ID = such(STRING, is_extension_id, "it is no extension's id")
_NOT_EMPTY = such(STRING, bool, "it must not be empty")


@rule(
    "StorageSchemaInvalid",
    "error",
    message="Invalid managed schema: {detail}.",
    about="storage.managed_schema must lead to a file that holds a schema for policies.",
    why="The browser holds administrators' policies for the extension against this schema. Chromium "
    "refuses the extension if the file is absent or no schema it understands.",
    fix="Fix the schema.",
    source="storage_schema_manifest_handler.cc; components/policy/core/common/schema.cc",
)
def storage_schema_invalid(subject: Subject) -> Iterator[Fault]:
    key = ("storage", "managed_schema")
    path = given(subject, *key)
    if path is ABSENT:
        return
    if not isinstance(path, str):
        yield Fault(key=key, facts={"detail": "managed_schema must be a string"})
        return
    components = path.split("/")
    if path.startswith("/") or ".." in components:
        yield Fault(key=key, facts={"detail": "managed_schema must be a relative path without .."})
        return
    name = "/".join(component for component in components if component not in {"", "."})
    if name not in subject.archive.files or path.endswith("/"):
        yield Fault(key=key, facts={"detail": f"File does not exist: {path}"})
        return
    from openaddons.packages.policy_schema import schema_problem  # few packages have one

    excess = subject.contents.excess(name, _MOST_SCHEMA_BYTES)
    problem = excess or subject.contents.see(name, schema_problem, _MOST_SCHEMA_BYTES)
    if problem is not None:
        yield Fault(file=name, facts={"detail": problem})


_EXTERNALLY_CONNECTABLE = record(
    optional={
        "ids": list_of(such(STRING, lambda text: text == "*" or is_extension_id(text), "Invalid ID")),
        "matches": list_of(_pattern(ANY_SCHEME)),
        "accepts_tls_channel_id": BOOLEAN,
    }
)


@rule(
    "ExternallyConnectableInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="externally_connectable may hold matches, a list of match patterns, and ids, a list of "
    "extensions' ids.",
    why="It says which web pages and extensions may send messages to this one. Chromium refuses what it "
    "cannot read rather than let in too many.",
    fix='Use for example {{"matches": ["https://*.example.com/*"]}}.',
    source="externally_connectable.cc",
)
def externally_connectable_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "externally_connectable", shape=_EXTERNALLY_CONNECTABLE)


@rule(
    "IncognitoInvalid",
    "error",
    message="Error at key 'incognito': {problem}.",
    about="incognito must be spanning, split or not_allowed.",
    why="It says whether private windows share the extension, get their own or none. Chromium does not "
    "guess at that and refuses any other word.",
    fix='Use "spanning".',
    source="incognito_info.cc",
)
def incognito_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "incognito", shape=one_of("spanning", "split", "not_allowed"))


_OAUTH2 = record(required={"client_id": _NOT_EMPTY, "scopes": STRINGS})


@rule(
    "Oauth2Invalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="oauth2 must hold a client_id that is not empty and a list of scopes.",
    why="The browser signs users in with this client id and for these scopes. Chromium refuses an "
    "extension that lacks either, since no sign-in could succeed.",
    fix='Use {{"client_id": "…", "scopes": ["…"]}}.',
    source="oauth2_manifest_handler.cc",
)
def oauth2_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "oauth2", shape=_OAUTH2)


_IMPORT = list_of(
    record(
        required={"id": _ID},
        optional={"minimum_version": such(STRING, is_browser_version, "it is no version")},
    )
)
_EXPORT = record(optional={"allowlist": list_of(_ID)})


@rule(
    "ImportInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="import must be a list of modules, each with its id, and export may hold an allowlist of ids; not "
    "both together.",
    why="Shared modules are found by id and version. Chromium refuses an extension that names them "
    "otherwise, and a module that imports others.",
    fix='Use [{{"id": "…", "minimum_version": "1.0"}}], or remove it.',
    source="shared_module_info.cc",
)
def import_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "import", shape=_IMPORT)
    yield from misfits(subject, "export", shape=_EXPORT)
    if given(subject, "import") is not ABSENT and given(subject, "export") is not ABSENT:
        yield Fault(key=("import",), facts={"where": "import", "problem": "there is export too"})


def _no_npapi(value: Any) -> Iterator[Misfit]:
    yield from BOOLEAN(value)
    if value is True:
        yield Misfit((), "NPAPI plugins are not supported")


_REQUIREMENTS = record(
    optional={
        "3D": record(required={"features": list_of(one_of("webgl", "css3d"))}),
        "plugins": record(optional={"npapi": _no_npapi}),
    }
)


@rule(
    "RequirementsInvalid",
    "error",
    message="Error at key '{where}': {problem}.",
    about="requirements may hold 3D, with the features webgl and css3d, and no plugins.",
    why="It says what the user's machine must have. Chromium refuses what it does not know, and plugins, "
    "which no browser runs any more.",
    fix="Remove it.",
    source="requirements_info.cc",
)
def requirements_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "requirements", shape=_REQUIREMENTS)


@rule(
    "TrialTokensInvalid",
    "warning",
    message="Invalid value for '{where}': {problem}.",
    about="trial_tokens must be a list of distinct tokens, none of them empty.",
    why="The browser warns and takes no such token, so the experimental feature that it is for stays off.",
    fix="Use a list of distinct tokens, or remove the key.",
    source="trial_tokens_handler.cc",
)
def trial_tokens_invalid(subject: Subject) -> Iterator[Fault]:
    tokens = given(subject, "trial_tokens")
    yield from misfits(subject, "trial_tokens", shape=list_of(_NOT_EMPTY))
    facts = {"where": "trial_tokens", "problem": "it is empty"}
    if tokens == []:
        yield Fault(key=("trial_tokens",), facts=facts)
    texts = [token for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []
    if len(set(texts)) < len(texts):
        yield Fault(key=("trial_tokens",), facts=facts | {"problem": "a token occurs twice"})


_POLICY_HEADER = record(optional={"value": STRING})


@rule(
    "CrossOriginPolicyInvalid",
    "error",
    message="Error at key '{where}': {problem}.",
    about="cross_origin_embedder_policy and cross_origin_opener_policy must be objects whose value is a "
    "text.",
    why="Its value becomes a header of the extension's pages, on which SharedArrayBuffer depends. Chromium "
    "refuses the extension if it is no text.",
    fix='Use for example {{"value": "require-corp"}}.',
    source="cross_origin_isolation_info.cc",
)
def cross_origin_policy_invalid(subject: Subject) -> Iterator[Fault]:
    for key in ("cross_origin_embedder_policy", "cross_origin_opener_policy"):
        yield from misfits(subject, key, shape=_POLICY_HEADER)


_ACTIONS = list_of(record(required={"type": STRING}))
_EVENT_RULES = list_of(
    record(
        required={"event": STRING, "actions": _ACTIONS, "conditions": _ACTIONS},
        optional={"id": STRING, "priority": INTEGER, "tags": STRINGS},
    )
)
_MIME_TYPE = record(required={"handler_url": STRING}, optional={"can_embed": BOOLEAN})


def _mime_types(value: Any) -> Iterator[Misfit]:
    """An older form of the key, a string, only certain extensions may have, and for others it is ignored."""
    for name, config in value.items() if isinstance(value, dict) else ():
        for misfit in _MIME_TYPE(config):
            yield misfit.below(name)


_CONTENT_CAPABILITIES = record(
    required={"matches": list_of(_pattern(frozenset({"https"}))), "permissions": STRINGS}
)
_OTHERS: Final[dict[str, Shape]] = {
    "about_page": such(STRING, page_name, "it is not the path of a page in the package"),
    "offline_enabled": BOOLEAN,
    "event_rules": _EVENT_RULES,
    "replacement_web_app": such(STRING, _is_secure_url, "it is no absolute https address"),
    # Those are not released, but browsers for developers read them, and packages get tested there.
    "content_capabilities": _CONTENT_CAPABILITIES,
    "message_serialization": one_of("json", "structured_clone"),
    "mime_types_handler": _mime_types,
    "natively_connectable": list_of(_NOT_EMPTY),
}


@rule(
    "OtherKeyInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="The value of a key without a rule of its own, such as event_rules, is not as the key's reference "
    "says.",
    why="Each key has a parser in the browser. If that of this key fails, Chromium does not skip the key: "
    "it refuses the extension.",
    fix="See the reference of the key.",
    source="the key's manifest handler",
)
def other_key_invalid(subject: Subject) -> Iterator[Fault]:
    for key, shape in _OTHERS.items():
        yield from misfits(subject, key, shape=shape)
    about_page = given(subject, "about_page")
    name = page_name(about_page) if isinstance(about_page, str) else None
    if name is not None and name not in subject.archive.files:
        facts = {"where": "about_page", "problem": f"there is no file '{name}'"}
        yield Fault(key=("about_page",), facts=facts)
