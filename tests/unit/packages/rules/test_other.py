from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import FILES, JSON, codes, messages, report_on

GROUP = {
    "StorageSchemaInvalid",
    "ExternallyConnectableInvalid",
    "IncognitoInvalid",
    "Oauth2Invalid",
    "ImportInvalid",
    "RequirementsInvalid",
    "TrialTokensInvalid",
    "CrossOriginPolicyInvalid",
    "OtherKeyInvalid",
}
ID = "abcdefghijklmnopabcdefghijklmnop"
EVENT: dict[str, Any] = {"event": "e", "actions": [{"type": "t"}], "conditions": []}


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(keys, FILES | {"s.json": b'{"type": "object"}', "bad.json": b"[]"}) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        *(
            {"storage": value}
            for value in (1, {}, {"managed_schema": "s.json"}, {"managed_schema": ".//s.json"})
        ),
        {"externally_connectable": {}},
        {"externally_connectable": {"ids": ["*", ID, ID.upper()], "accepts_tls_channel_id": False}},
        {"externally_connectable": {"matches": ["<all_urls>", "*://*.example.com/*", "data:x", "file:///*"]}},
        *({"incognito": value} for value in ("spanning", "split", "not_allowed")),
        {"oauth2": {"client_id": "x", "scopes": [], "auto_approve": 1}},
        *({"import": value} for value in ([], [{"id": ID}], [{"id": ID, "minimum_version": "1.01.2.3.4"}])),
        *({"export": value} for value in ({}, {"allowlist": [ID], "resources": 1})),
        *({"requirements": value} for value in ({}, {"window": 1}, {"plugins": {"npapi": False}})),
        {"requirements": {"3D": {"features": ["webgl", "css3d"]}}},
        {"trial_tokens": ["a", "b"]},
        {"cross_origin_embedder_policy": {"value": "require-corp"}, "cross_origin_opener_policy": {}},
        {"offline_enabled": False},
        {"event_rules": [EVENT | {"id": "i", "priority": 1, "tags": ["x"]}]},
        {"replacement_web_app": "https://example.com/"},
        {"content_capabilities": {"matches": ["https://*/*", "*://*/*", "<all_urls>"], "permissions": ["x"]}},
        {"message_serialization": "json"},
        *({"mime_types_handler": value} for value in (1, {}, {"application/pdf": {"handler_url": ""}})),
        {"natively_connectable": ["x"]},
        {"about_page": 1},
        {"about_page": "p.html", "export": {}},
        {"theme": {}, "oauth2": 1, "offline_enabled": 1, "externally_connectable": 1},
    ],
)
def test_a_sound_value_breaks_no_rule(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


def rows(code: str, key: str, *values: Any) -> list[tuple[dict[str, Any], str]]:
    return [({key: value}, code) for value in values]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        *rows(
            "StorageSchemaInvalid",
            "storage",
            *(
                {"managed_schema": path}
                for path in (1, None, "", "/s.json", "d/../s.json", "S.json", "s.json/", "d")
            ),
            {"managed_schema": "bad.json"},
        ),
        *rows(
            "ExternallyConnectableInvalid",
            "externally_connectable",
            *(None, [], {"ids": "*"}, {"ids": ["x"]}, {"ids": [1]}, {"accepts_tls_channel_id": 1}),
            *(
                {"matches": matches}
                for matches in ("<all_urls>", [1], ["nope"], ["https://a"], ["https://*a/*"])
            ),
        ),
        *rows("IncognitoInvalid", "incognito", None, True, "", "Split"),
        *rows(
            "Oauth2Invalid",
            "oauth2",
            *(None, {}, {"client_id": "x"}, {"scopes": []}, {"client_id": "", "scopes": []}),
            *({"client_id": 1, "scopes": []}, {"client_id": "x", "scopes": ["x", 1]}),
        ),
        *rows(
            "ImportInvalid",
            "import",
            *(None, {}, [1], [{}], [{"id": 1}], [{"id": ID[1:]}], [{"id": ID, "minimum_version": "x"}]),
        ),
        *rows("ImportInvalid", "export", None, {"allowlist": 1}, {"allowlist": ["x"]}),
        ({"import": [], "export": {}}, "ImportInvalid"),
        *rows(
            "RequirementsInvalid",
            "requirements",
            *(None, {"3D": 1}, {"3D": {}}, {"3D": {"features": "webgl"}}, {"3D": {"features": ["vulkan"]}}),
            *({"plugins": None}, {"plugins": {"npapi": 1}}, {"plugins": {"npapi": True}}),
        ),
        *rows("TrialTokensInvalid", "trial_tokens", None, [], [""], [1], ["a", "a"]),
        *rows("CrossOriginPolicyInvalid", "cross_origin_embedder_policy", None, "x", {"value": 1}),
        *rows("CrossOriginPolicyInvalid", "cross_origin_opener_policy", 1, {"value": None}),
        *rows("OtherKeyInvalid", "offline_enabled", None, "true", 1),
        *rows(
            "OtherKeyInvalid",
            "event_rules",
            *(1, {}, [1], [{}], [{"event": "e"}], [EVENT | {"actions": [1]}], [EVENT | {"actions": [{}]}]),
            *(
                [EVENT | {"id": 1}],
                [EVENT | {"priority": 1.5}],
                [EVENT | {"tags": "x"}],
                [EVENT | {"event": 1}],
            ),
        ),
        *rows("OtherKeyInvalid", "replacement_web_app", None, "http://example.com/", "https://"),
        *rows(
            "OtherKeyInvalid",
            "content_capabilities",
            *(None, {}, {"matches": ["http://a/*"], "permissions": []}, {"matches": [1], "permissions": []}),
        ),
        *rows("OtherKeyInvalid", "message_serialization", None, "xml"),
        *rows(
            "OtherKeyInvalid",
            "mime_types_handler",
            {"x": 1},
            {"x": {}},
            {"x": {"handler_url": "", "can_embed": 1}},
        ),
        *rows("OtherKeyInvalid", "natively_connectable", None, [""], [1]),
        ({"about_page": 1, "export": {}}, "OtherKeyInvalid"),
        ({"about_page": "https://example.com/", "export": {}}, "OtherKeyInvalid"),
        ({"about_page": "gone.html", "export": {}}, "OtherKeyInvalid"),
    ],
)
def test_a_faulty_one_breaks_the_rule_for_it(keys: dict[str, Any], code: str) -> None:
    assert broken(keys) == {code}


def test_a_schema_that_is_too_large_is_told_of() -> None:
    files = {"s.json": b'{"type": "object"' + b" " * (1 << 20) + b"}"}

    assert messages("StorageSchemaInvalid", {"storage": {"managed_schema": "s.json"}}, files) == [
        "Invalid managed schema: it has 1048594 bytes; the limit is 1048576."
    ]


KEYS = (
    *("storage", "externally_connectable", "incognito", "oauth2", "import", "export", "requirements"),
    *("trial_tokens", "cross_origin_embedder_policy", "cross_origin_opener_policy", "offline_enabled"),
    *("event_rules", "replacement_web_app", "content_capabilities", "message_serialization"),
    *("mime_types_handler", "natively_connectable", "about_page"),
)
MEMBERS = (
    *("managed_schema", "ids", "matches", "client_id", "scopes", "id", "minimum_version", "allowlist", "3D"),
    *(
        "features",
        "plugins",
        "npapi",
        "value",
        "event",
        "actions",
        "conditions",
        "permissions",
        "handler_url",
    ),
)


@given(JSON, st.sampled_from(KEYS), st.sampled_from(MEMBERS))
def test_no_value_is_too_strange(value: Any, key: str, member: str) -> None:
    report_on({key: value, "export": {}} if key == "about_page" else {key: value})
    report_on({key: {member: value}})
    report_on({key: [{member: value}, {"x": {member: value}}]})
