import json
from typing import Any

import pytest
from hypothesis import given

from openaddons.packages.rules import dnr
from tests.unit.packages.rules.asking import JSON, codes, messages

GROUP = {
    "DnrPermissionMissing",
    "DnrManifestInvalid",
    "DnrRulesetFile",
    "DnrRulesetCount",
    "DnrRulesInvalid",
    "DnrRuleCount",
}
RULE = {"id": 1, "action": {"type": "block"}, "condition": {"urlFilter": "x"}}
FILES = {"r.json": json.dumps([RULE]).encode(), "bad.json": b'{"a": 1}'}


def ruleset(**members: Any) -> dict[str, Any]:
    return {"id": "r", "enabled": True, "path": "r.json"} | members


def manifest(*rulesets: Any) -> dict[str, Any]:
    return {
        "permissions": ["declarativeNetRequest"],
        "declarative_net_request": {"rule_resources": list(rulesets)},
    }


def broken(keys: dict[str, Any], files: dict[str, bytes] | None = None) -> set[str]:
    return codes(keys, FILES | (files or {})) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        {},
        manifest(),
        manifest(ruleset()),
        manifest(ruleset(path="/r.json", unheard_of=1)),
        manifest(ruleset()) | {"permissions": ["declarativeNetRequestWithHostAccess"]},
        manifest(*(ruleset(id=f"r{number}", enabled=number < 50) for number in range(100))),
    ],
)
def test_rulesets_as_they_should_be(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (manifest() | {"permissions": ["tabs"]}, "DnrPermissionMissing"),
        (manifest() | {"permissions": None}, "DnrPermissionMissing"),
        (manifest() | {"declarative_net_request": None}, "DnrManifestInvalid"),
        (manifest() | {"declarative_net_request": {}}, "DnrManifestInvalid"),
        (manifest() | {"declarative_net_request": {"rule_resources": {}}}, "DnrManifestInvalid"),
        (manifest("r.json"), "DnrManifestInvalid"),
        (manifest({"id": "r", "path": "r.json"}), "DnrManifestInvalid"),
        (manifest(ruleset(enabled=1)), "DnrManifestInvalid"),
        (manifest(ruleset(id="")), "DnrManifestInvalid"),
        (manifest(ruleset(id="_r")), "DnrManifestInvalid"),
        (manifest(ruleset(), ruleset()), "DnrManifestInvalid"),
        (manifest(ruleset(path="R.json")), "DnrRulesetFile"),
        (manifest(ruleset(path="gone.json", enabled=False)), "DnrRulesetFile"),
        (manifest(ruleset(path="../r.json")), "DnrRulesetFile"),
        (manifest(*(ruleset(id=f"r{number}", enabled=False) for number in range(101))), "DnrRulesetCount"),
        (manifest(*(ruleset(id=f"r{number}") for number in range(51))), "DnrRulesetCount"),
        (manifest(ruleset(path="bad.json", enabled=False)), "DnrRulesInvalid"),
    ],
)
def test_rulesets_as_they_should_not_be(keys: dict[str, Any], code: str) -> None:
    assert broken(keys) == {code}


def test_a_broken_rule_is_told_with_its_file() -> None:
    files = {"r.json": json.dumps([RULE, RULE]).encode()}

    assert messages("DnrRulesInvalid", manifest(ruleset()), files) == [
        "r.json: Rule with id 1 does not have a unique ID."
    ]


def test_a_ruleset_that_is_too_large_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dnr, "_MOST_BYTES", 10)

    assert messages("DnrRulesInvalid", manifest(ruleset()), {"r.json": b"[" + b" " * 9 + b"]"}) == [
        "r.json: it has 11 bytes; the limit is 10."
    ]


@pytest.mark.parametrize(("enabled", "codes_expected"), [(True, {"DnrRuleCount"}), (False, set())])
def test_too_many_regular_expressions_are_told_of_where_they_are_enabled(
    enabled: bool, codes_expected: set[str]
) -> None:
    rules = [RULE | {"id": number, "condition": {"regexFilter": "a"}} for number in range(1, 1002)]

    assert (
        broken(manifest(ruleset(enabled=enabled)), {"r.json": json.dumps(rules).encode()}) == codes_expected
    )


@given(JSON)
def test_no_value_makes_a_rule_raise(value: Any) -> None:
    broken({"declarative_net_request": value, "permissions": value})
    broken({"declarative_net_request": {"rule_resources": value}})
    broken(manifest(value, ruleset(path=value), ruleset(id=value)))
