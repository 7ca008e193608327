"""Rules on declarative_net_request: the manifest's list of rulesets, and the rules in them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from openaddons.packages.resources import resource_name
from openaddons.packages.rules.shapes import BOOLEAN, STRING, list_of, objects_of, record, strings_of
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, misfits

if TYPE_CHECKING:
    from openaddons.packages.network_rules import Ruleset

KEY: Final = "declarative_net_request"
RESOURCES: Final = "rule_resources"

# declarative_net_request.idl.
_MOST_RULESETS = 100
_MOST_ENABLED = 50
_GUARANTEED_RULES = 30_000
_MOST_REGEX_RULES = 1000

_PERMISSIONS = frozenset({"declarativeNetRequest", "declarativeNetRequestWithHostAccess"})
_RULESET = record(required={"id": STRING, "path": STRING, "enabled": BOOLEAN})
_MANIFEST_KEY = record(required={RESOURCES: list_of(_RULESET)})
# The browser reads no more than 330 000 rules of one file.
_MOST_BYTES: Final = 64 << 20


def _rulesets(subject: Subject) -> list[dict[str, Any]]:
    """The rulesets, if all of them are shaped like one."""
    value = given(subject, KEY)
    if value is ABSENT or next(_MANIFEST_KEY(value), None):
        return []
    return [ruleset for _, ruleset in objects_of(value[RESOURCES])]


def _contents(subject: Subject) -> Iterator[tuple[str, bool, "Ruleset"]]:
    """Each file of rules that can be looked into, once: its name, whether it is enabled, and what it holds."""
    rulesets = _rulesets(subject)[:_MOST_RULESETS]
    if not rulesets:
        return
    # Few packages have any, and reading them takes a parser of regular expressions.
    from openaddons.packages.network_rules import Ruleset, RulesetReader

    read_ruleset = RulesetReader(subject.contents.cancelled)
    enabled: dict[str, bool] = {}
    for ruleset in rulesets:
        name = resource_name(ruleset["path"])
        if name is not None:
            enabled[name] = enabled.get(name, False) or ruleset["enabled"]
    for name, is_enabled in enabled.items():
        excess = subject.contents.excess(name, _MOST_BYTES)
        content: Ruleset | None = Ruleset((excess,)) if excess else None
        if content is None:
            content = subject.contents.see(name, read_ruleset, _MOST_BYTES)
        if content is not None:
            yield name, is_enabled, content


@rule(
    "DnrPermissionMissing",
    "error",
    message="The extension requires the 'declarativeNetRequest' or the 'declarativeNetRequestWithHostAccess' "
    "permission for the 'declarative_net_request' manifest key.",
    why="Rulesets block or change what the user's browser requests. Chromium refuses them to an extension "
    "that does not ask for the permission to do so.",
    fix="Add the permission.",
    source="dnr_manifest_handler.cc",
)
def dnr_permission_missing(subject: Subject) -> Iterator[Fault]:
    held = {name for _, name in strings_of(given(subject, "permissions"))}
    if given(subject, KEY) is not ABSENT and not held & _PERMISSIONS:
        yield Fault(key=(KEY,))


@rule(
    "DnrManifestInvalid",
    "error",
    message="Error at key '{where}': {problem}.",
    about="declarative_net_request must list its rule_resources, each with an id of its own, a path and "
    "enabled.",
    why="Rulesets are switched on and off by their ids. Chromium refuses the extension if an entry lacks "
    "its id, path or state, or if two have the same id.",
    fix="See the reference of declarative_net_request.",
    source="dnr_manifest_handler.cc",
)
def dnr_manifest_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, KEY, shape=_MANIFEST_KEY)
    ids: set[str] = set()
    for index, ruleset in enumerate(_rulesets(subject)):
        if not ruleset["id"] or ruleset["id"].startswith("_") or ruleset["id"] in ids:
            problem = "the id must be non-empty, unique and must not start with '_'"
            facts = {"where": f"{KEY}.{RESOURCES}[{index}].id", "problem": problem}
            yield Fault(key=(KEY, RESOURCES, index, "id"), facts=facts)
        ids.add(ruleset["id"])


@rule(
    "DnrRulesetFile",
    "error",
    message="Invalid value for key 'declarative_net_request.rule_resources': The provided path '{path}' "
    "is invalid.",
    why="Chromium compiles rulesets when it installs the extension. Where a path leads to no file, it "
    "refuses the extension, even if that ruleset is switched off.",
    fix="Add the file.",
    source="dnr_manifest_handler.cc Validate",
)
def dnr_ruleset_file(subject: Subject) -> Iterator[Fault]:
    for index, ruleset in enumerate(_rulesets(subject)):
        if resource_name(ruleset["path"]) not in subject.archive.files:
            yield Fault(key=(KEY, RESOURCES, index, "path"), facts={"path": ruleset["path"]})


@rule(
    "DnrRulesetCount",
    "error",
    message="Invalid value for key 'declarative_net_request.rule_resources': The number of {kind} rulesets "
    "must be less than or equal to {limit}.",
    why="A browser keeps 100 rulesets of an extension, 50 of them enabled. Chromium does not leave out "
    "those beyond: it refuses the extension.",
    fix="Merge rulesets.",
    source="declarative_net_request.idl constants",
)
def dnr_ruleset_count(subject: Subject) -> Iterator[Fault]:
    rulesets = _rulesets(subject)
    enabled = [ruleset for ruleset in rulesets if ruleset["enabled"]]
    for kind, listed, limit in (("all", rulesets, _MOST_RULESETS), ("enabled", enabled, _MOST_ENABLED)):
        if len(listed) > limit:
            yield Fault(key=(KEY, RESOURCES), facts={"kind": kind, "limit": limit})


@rule(
    "DnrRulesInvalid",
    "error",
    message="{path}: {detail}.",
    about="A ruleset is no list of rules, or one of its rules is not as declarativeNetRequest wants it.",
    why="Loaded from a folder, the extension is refused over one bad rule. Installed from a store, it "
    "loses that rule, mostly without a word, and blocks less than it did in your tests.",
    fix="Fix the rule.",
    source="indexed_rule.cc (load unpacked refuses; packed install drops the rule)",
)
def dnr_rules_invalid(subject: Subject) -> Iterator[Fault]:
    for name, _, content in _contents(subject):
        for detail in content.faults:
            yield Fault(file=name, facts={"path": name, "detail": detail})


@rule(
    "DnrRuleCount",
    "warning",
    message="{count} {kind} are enabled; above {limit}, some may be ignored.",
    why="An extension is sure of 30,000 static rules and 1,000 regular expressions. Whether those beyond "
    "take effect depends on the user's other extensions, or they never do.",
    fix="Use fewer rules.",
    source="declarative_net_request.idl",
)
def dnr_rule_count(subject: Subject) -> Iterator[Fault]:
    enabled = [content for _, is_enabled, content in _contents(subject) if is_enabled]
    for kind, count, limit in (
        ("static rules", sum(content.rule_count for content in enabled), _GUARANTEED_RULES),
        ("regex rules", sum(content.regex_rule_count for content in enabled), _MOST_REGEX_RULES),
    ):
        if count > limit:
            yield Fault(key=(KEY, RESOURCES), facts={"count": count, "kind": kind, "limit": limit})
