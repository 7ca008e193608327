from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

GROUP = {"CspInvalid", "CspInsecure", "SandboxInvalid"}


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(keys) & GROUP


def broken_by(policy: Any, member: str = "extension_pages") -> set[str]:
    return broken({"content_security_policy": {member: policy}})


@pytest.mark.parametrize(
    "policy",
    [
        "script-src 'self'",
        " SCRIPT-SRC 'SELF' ;; ",
        "script-src",
        "default-src 'none'",
        "default-src *; script-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'; worker-src 'none'",
        "script-src 'self' http://localhost http://localhost:8080 http://127.0.0.1:*",
        "script-src 'self'; script-src *",
        "script-src 'self'; style-src *; frame-src https://example.com; script-src-elem *",
        "script-src\t'self'\f;",
    ],
)
def test_a_policy_that_lets_no_code_in_is_taken(policy: str) -> None:
    assert broken_by(policy) == set()


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "img-src 'self'",
        "object-src 'self'",
        "default-src *",
        "script-src *; script-src 'self'",
        "script-src 'self' https://cdn.example.com",
        "script-src 'self' 'unsafe-eval'",
        "script-src 'self' 'unsafe-inline'",
        "script-src 'self' 'nonce-abc'",
        "script-src 'self' 'sha256-x'",
        "script-src 'self' blob:",
        "script-src self",
        "script-src 'self' http://localhost/",
        "script-src 'self' http://localhost.example.com",
        "script-src 'self' https://localhost",
        "script-src 'self'; object-src data:",
        "script-src 'self'; worker-src https://example.com",
    ],
)
def test_a_policy_that_lets_code_in_is_not(policy: str) -> None:
    assert broken_by(policy) == {"CspInsecure"}


def test_the_source_is_named() -> None:
    keys = {"content_security_policy": {"extension_pages": "script-src 'self' 'unsafe-eval' *"}}

    assert messages("CspInsecure", keys) == [
        (
            "'content_security_policy.extension_pages': "
            "Insecure CSP value \"'unsafe-eval'\" in directive 'script-src'."
        )
    ]


@pytest.mark.parametrize(
    "policy", [None, 1, [], {}, "script-src 'self', 'none'", "script-src 'self'\n", "script-src 'é'", "\0"]
)
@pytest.mark.parametrize("member", ["extension_pages", "sandbox"])
def test_a_policy_is_a_string_that_can_be_a_header(policy: Any, member: str) -> None:
    assert broken_by(policy, member) == {"CspInvalid"}


@pytest.mark.parametrize("value", [None, 1, "script-src 'self'", []])
def test_the_key_holds_policies_by_name(value: Any) -> None:
    assert broken({"content_security_policy": value}) == {"CspInvalid"}


@pytest.mark.parametrize("value", [{}, {"unheard_of": 1}])
def test_it_may_hold_none(value: Any) -> None:
    assert broken({"content_security_policy": value}) == set()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("sandbox", set()),
        ("SANDBOX allow-scripts; script-src 'self' https://example.com 'unsafe-eval'", set()),
        ("sandbox allow-top-navigation", set()),
        ("script-src 'self'", {"CspInsecure"}),
        ("sandbox Allow-Same-Origin", {"CspInsecure"}),
        ("sandbox; sandbox allow-same-origin", {"CspInsecure"}),
    ],
)
def test_a_sandbox_must_be_one(policy: str, expected: set[str]) -> None:
    assert broken_by(policy, "sandbox") == expected


@pytest.mark.parametrize(
    ("sandbox", "expected"),
    [
        (1, set()),
        ({}, set()),
        ({"pages": ["p.html", ""]}, set()),
        ({"pages": "p.html"}, {"SandboxInvalid"}),
        ({"pages": [1]}, {"SandboxInvalid"}),
        ({"pages": None}, {"SandboxInvalid"}),
        ({"pages": ["p.html"], "content_security_policy": "sandbox"}, {"CspInsecure"}),
    ],
)
def test_sandboxed_pages(sandbox: Any, expected: set[str]) -> None:
    assert broken({"sandbox": sandbox}) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"content_security_policy": "script-src 'self' 'unsafe-eval'"}, set()),
        ({"content_security_policy": {"extension_pages": "script-src 'self'"}}, {"CspInvalid"}),
        ({"sandbox": {"content_security_policy": "sandbox allow-scripts"}}, set()),
        ({"sandbox": {"content_security_policy": "script-src *"}}, {"CspInsecure"}),
        ({"sandbox": {"content_security_policy": 1}}, {"CspInsecure"}),
    ],
)
def test_manifest_v2_has_other_places_for_policies(keys: dict[str, Any], expected: set[str]) -> None:
    assert broken({"manifest_version": 2} | keys) == expected


@given(JSON, st.sampled_from(["extension_pages", "sandbox", "pages", "content_security_policy"]))
def test_no_value_is_too_strange(value: Any, member: str) -> None:
    for version in (2, 3):
        for key in ("content_security_policy", "sandbox"):
            report_on({"manifest_version": version, key: value})
            report_on({"manifest_version": version, key: {member: value}})
