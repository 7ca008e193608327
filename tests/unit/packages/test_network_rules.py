import json
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.archive import CheckCancelled
from openaddons.packages.network_rules import Ruleset, read_ruleset
from tests.unit.packages.rules.asking import JSON

ALL_TYPES = (
    *("main_frame", "sub_frame", "stylesheet", "script", "image", "font", "object", "xmlhttprequest"),
    *("ping", "csp_report", "media", "websocket", "webtransport", "webbundle", "other"),
)
FILTER = {"urlFilter": "x"}
HEADERS = {"responseHeaders": [{"header": "a", "operation": "remove"}]}


def rule(condition: Any = None, action: Any = None, **members: Any) -> dict[str, Any]:
    return {"id": 1, "condition": condition or FILTER, "action": action or {"type": "block"}} | members


def redirect(**members: Any) -> dict[str, Any]:
    return rule(action={"type": "redirect", "redirect": members})


def headers(*given: Any, key: str = "requestHeaders") -> dict[str, Any]:
    return rule(action={"type": "modifyHeaders", key: list(given)})


def read(*rules: Any) -> Ruleset:
    return read_ruleset(json.dumps(rules).encode())


# Chromium 156 loaded unpacked extensions with rules like these; some rows put several of them together.
SOUND = [
    rule(),
    rule({"urlFilter": "*"}),
    rule({"urlFilter": "||"}),
    rule({"urlFilter": "|*"}),
    rule({"unheard_of": 1}),
    rule({"initiatorDomains": [""], "requestDomains": ["A.B"]}),
    rule({"excludedInitiatorDomains": [], "excludedResourceTypes": []}),
    rule({"excludedResourceTypes": list(ALL_TYPES[:-1])}),
    rule({"resourceTypes": ["main_frame", "main_frame"]}),
    rule({"domains": ["a"]}),
    rule({"responseHeaders": [{"header": "a"}], "excludedResponseHeaders": [{"header": "A"}]}),
    rule({"regexFilter": "(?i)^https?://a"}),
    rule(priority=2147483647),
    rule(action={"type": "block", "redirect": {"url": "x"}}),
    rule({"resourceTypes": ["sub_frame"]}, {"type": "allowAllRequests"}),
    rule(action={"type": "modifyHeaders", **HEADERS}),
    redirect(url="http://a"),
    redirect(url="https:///a"),
    redirect(url="data:x"),
    redirect(url="about:blank"),
    redirect(url="https://example.com", regexSubstitution="x"),
    redirect(extensionPath="/x y"),
    redirect(transform={}),
    redirect(transform={"scheme": "chrome-extension", "port": "80", "query": "", "fragment": "#"}),
    redirect(transform={"port": "0000000080"}),
    headers({"header": "a", "operation": "set", "value": ""}),
    headers({"header": "Accept", "operation": "append", "value": "x"}),
    headers({"header": "x-a", "operation": "append", "value": "x"}, key="responseHeaders"),
]

# … and refused those with rules like these. The words are from its sources.
BROKEN = [
    (rule(id=0), "invalid value for id"),
    (rule(priority=0), "invalid value for priority"),
    (rule({"urlFilter": ""}, {"type": "allow"}), "empty value for urlFilter"),
    (rule({"urlFilter": "é"}), 'non-ascii characters as part of "urlFilter"'),
    (rule({"urlFilter": "||*a"}), 'incorrect value for the "urlFilter"'),
    (rule({"urlFilter": "a", "regexFilter": "a"}), "can only specify one"),
    (rule({"regexFilter": ""}), "empty value for regexFilter"),
    (rule({"regexFilter": "é"}), "non-ascii"),
    (rule({"regexFilter": "(?=a)"}), 'incorrect value for the "regexFilter"'),
    (rule({"resourceTypes": []}), "empty list as the value for resourceTypes"),
    (rule({"initiatorDomains": []}), "empty list as the value for initiatorDomains"),
    (rule({"topDomains": []}), "empty list as the value for topDomains"),
    (rule({"requestDomains": ["é"]}), 'part of "requestDomains"'),
    (rule({"excludedRequestDomains": ["é"]}), 'part of "excludedRequestDomains"'),
    (rule({"domains": ["a"], "initiatorDomains": ["a"]}), 'deprecated field "domains"'),
    (rule({"tabIds": [1]}), "session-scoped"),
    (rule({"excludedTabIds": []}), "session-scoped"),
    (rule({"requestMethods": ["get"], "excludedRequestMethods": ["get"]}), "same request method"),
    (rule({"resourceTypes": ["image"], "excludedResourceTypes": ["image"]}), "same resource"),
    (rule({"excludedResourceTypes": list(ALL_TYPES)}), "not applicable to any resource type"),
    (rule(FILTER, {"type": "allowAllRequests"}), '"allowAllRequests" rule'),
    (rule({"resourceTypes": ["main_frame", "image"]}, {"type": "allowAllRequests"}), '"allowAllRequests"'),
    (rule({"responseHeaders": []}), "responseHeaders"),
    (rule({"responseHeaders": [{"header": ""}]}), "valid header name"),
    (rule({"responseHeaders": [{"header": "a", "values": ["\n"]}]}), "invalid header value"),
    (
        rule({"responseHeaders": [{"header": "a"}], "excludedResponseHeaders": [{"header": "a"}]}),
        "same response header",
    ),
    (rule(action={"type": "redirect"}), "action.redirect"),
    (redirect(), "action.redirect"),
    (redirect(url="not a url"), "valid URL"),
    (redirect(url="http://"), "valid URL"),
    (redirect(url="http://a:99999"), "valid URL"),
    (redirect(url=" javascript:1"), "javascript"),
    (redirect(extensionPath="x"), "extensionPath"),
    (redirect(regexSubstitution=""), "regexSubstitution"),
    (redirect(regexSubstitution="x"), "without specifying"),
    (redirect(transform={"scheme": "ws"}), "transform.scheme"),
    (redirect(transform={"port": "99999"}), "transform.port"),
    (redirect(transform={"port": "x"}), "transform.port"),
    (redirect(transform={"query": "x"}), "transform.query"),
    (redirect(transform={"fragment": "x"}), "transform.fragment"),
    (redirect(transform={"query": "?", "queryTransform": {}}), "cannot specify both"),
    (
        rule({"regexFilter": "(a)b"}, {"type": "redirect", "redirect": {"regexSubstitution": r"\2"}}),
        "regexSubstitution",
    ),
    (rule(action={"type": "modifyHeaders"}), "At least one of these keys"),
    (headers(), "At least one of these keys"),
    (rule(action={"type": "modifyHeaders", "requestHeaders": [], **HEADERS}), "empty list"),
    (headers({"header": "a b", "operation": "remove"}), "valid header name"),
    (headers({"header": "a", "operation": "remove", "value": ""}), "must not provide"),
    (headers({"header": "a", "operation": "set"}), "must provide a value"),
    (headers({"header": "a", "operation": "set", "value": "a\nb"}), "invalid header value"),
    (headers({"header": "x-a", "operation": "append", "value": "x"}), "invalid request header"),
    (headers({"header": "a", "operation": "set", "value": "x", "regexFilter": "("}), "regexFilter"),
    (
        rule(
            {"responseHeaders": [{"header": "x"}]},
            {"type": "modifyHeaders", "requestHeaders": [{"header": "a", "operation": "remove"}]},
        ),
        "cannot modify request headers",
    ),
]

# The browser drops what is like this, with a warning.
SHAPELESS = [
    None,
    1,
    {},
    rule(id="1"),
    rule(id=1.5),
    rule(id=2147483648),
    rule(id=True),
    rule(priority="1"),
    rule(action="block"),
    rule(action={"type": "explode"}),
    rule(condition={"resourceTypes": ["wasm"]}),
    rule(condition={"requestMethods": ["GET"]}),
    rule(condition={"urlFilter": None}),
    rule(condition={"excludedResponseHeaders": ["a"]}),
]


@pytest.mark.parametrize("sound", SOUND, ids=json.dumps)
def test_a_sound_rule(sound: Any) -> None:
    assert read(sound).faults == ()
    assert read(sound).rule_count == 1


@pytest.mark.parametrize(("broken", "words"), BROKEN, ids=str)
def test_a_broken_rule_is_told_in_the_words_of_the_browser(broken: Any, words: str) -> None:
    (fault,) = read(broken).faults

    assert words in fault


@pytest.mark.parametrize("shapeless", SHAPELESS, ids=json.dumps)
def test_what_is_not_shaped_like_a_rule_is_dropped(shapeless: Any) -> None:
    assert read(shapeless, rule(id=2)) == Ruleset(rule_count=1)


def test_ids_are_unique_among_what_is_not_dropped() -> None:
    assert read(rule(), rule()).faults == ("Rule with id 1 does not have a unique ID",)
    assert read(rule(), rule(action={"type": "explode"})).faults == ()


def test_regular_expressions_are_counted() -> None:
    assert read(rule(), rule({"regexFilter": "a"}, id=2)) == Ruleset(rule_count=2, regex_rule_count=1)


def test_a_thousand_broken_rules_make_a_few_faults() -> None:
    assert len(read(*(rule({"urlFilter": ""}, id=number) for number in range(1, 1001))).faults) == 5


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf[]",
        b'["\\ud83d\\ude00"]',
        b'[{"id":1,"id":2,"action":{"type":"block"},"condition":{}}]',
        b"[" * 199 + b"]" * 199,
        b"[-0]",
    ],
)
def test_json_that_the_browser_reads(text: bytes) -> None:
    assert read_ruleset(text).faults == ()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[[[",
        b"null",
        b'{"a": 1}',
        b"[] // x",
        b"[],",
        b'[{"urlFilter":"a\nb"}]',
        b'["\\x41"]',
        b'["\\ud800"]',
        b"[1e999]",
        b"[" + b"9" * 400 + b"]",
        b"[NaN]",
        b'["\xe9"]',
        "[]".encode("utf-16"),
        b"[]\0",
        b"[01]",
        b"[" * 200 + b"]" * 200,
        b"[" * 100_000,
    ],
)
def test_json_that_it_does_not_read(text: bytes) -> None:
    assert len(read_ruleset(text).faults) == 1


def test_more_values_than_memory_should_hold_are_not_made() -> None:
    text = b"[" + b"{}," * 2_100_000 + b"{}]"

    assert read_ruleset(text).faults == ("it holds more values than all rules that a browser reads",)


def test_a_large_ruleset_is_read() -> None:
    rules = [rule({"urlFilter": f"||ads{number}.example^"}, id=number) for number in range(1, 30_001)]

    assert read(*rules) == Ruleset(rule_count=30_000)


def test_members_that_nobody_knows_may_not_lie_too_deep_either() -> None:
    deep = "[" * 200 + "]" * 200
    text = json.dumps([rule({"unheard_of": 1})]).replace('"unheard_of": 1', f'"unheard_of": {deep}')

    assert read_ruleset(text.encode()).faults == ("nested too deep",)


def test_a_regular_expression_that_no_browser_compiles_is_not_read() -> None:
    (fault,) = read(rule({"regexFilter": "a" * ((1 << 20) + 1)})).faults

    assert fault.endswith("It is too long")


@pytest.mark.parametrize(
    "rules",
    [
        [rule({"regexFilter": "a"}, id=number) for number in range(1, 1_001)],
        [headers(*[{"header": "cookie", "operation": "append", "value": "1", "regexFilter": "a"}] * 1_000)],
    ],
    ids=["rules", "headers"],
)
def test_reading_can_be_cancelled_before_each_regular_expression(rules: list[Any]) -> None:
    cancelled = Mock(return_value=False)

    assert read_ruleset(json.dumps(rules).encode(), cancelled).faults == ()
    assert cancelled.call_count > 1_000
    with pytest.raises(CheckCancelled):
        read_ruleset(json.dumps(rules).encode(), lambda: True)


KEYS = st.sampled_from(
    ["id", "priority", "action", "condition", "type", "redirect", "url", "transform", "regexFilter"]
)


@given(JSON | st.lists(st.dictionaries(KEYS, JSON)))
def test_no_json_makes_it_raise(value: Any) -> None:
    assert isinstance(read_ruleset(json.dumps(value).encode()), Ruleset)


@given(st.sampled_from([*SOUND, *(broken for broken, _ in BROKEN)]), KEYS, JSON)
def test_no_value_in_a_rule_makes_it_raise(sound: dict[str, Any], key: str, value: Any) -> None:
    changed = json.loads(json.dumps(sound))
    for holder in (changed, changed["action"], changed["condition"]):
        assert isinstance(read(sound | {key: value}), Ruleset)
        holder[key] = value
        assert isinstance(read(changed), Ruleset)
