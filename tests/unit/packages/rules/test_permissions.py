from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.data import permissions as names
from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

GROUP = {"PermissionsInvalid", "PermissionUnknown", "PermissionBroad"}
KEYS = ("permissions", "optional_permissions", "host_permissions", "optional_host_permissions")


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(keys) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        {"permissions": []},
        {"permissions": ["tabs", "tabs", "windows", "storage"]},
        {"permissions": [{"downloads": ["open"]}, {"accessibilityFeatures": ["read"]}]},
        {"optional_permissions": ["tabs"]},
        {"host_permissions": ["https://*.example.com/*", "file:///*", "wss://example.com/"]},
        {"optional_host_permissions": ["https://example.com/*"]},
    ],
)
def test_sound_permissions_break_no_rule(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("value", [None, {}, "tabs", 1, [None], [1], [[]], [{}], [{"a": 1, "b": 2}]])
def test_permissions_are_a_list_of_names(key: str, value: Any) -> None:
    assert "PermissionsInvalid" in broken({key: value})


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"tabs": []}, {"PermissionsInvalid"}),
        ({"usb": ["x"]}, {"PermissionsInvalid", "PermissionUnknown"}),
        ({"downloads": 1}, {"PermissionsInvalid"}),
        ({"downloads": [1]}, {"PermissionsInvalid"}),
        ({"app": 1}, {"PermissionsInvalid"}),
        ("usbDevices", {"PermissionsInvalid", "PermissionUnknown"}),
        ({"usbDevices": []}, {"PermissionsInvalid", "PermissionUnknown"}),
        ({"socket": ["tcp-connect"]}, {"PermissionUnknown"}),
        ({"noSuchPermission": 1}, {"PermissionUnknown"}),
        ({"downloads": ["noSuchPart"]}, {"PermissionUnknown"}),
    ],
)
def test_few_of_them_have_details(item: Any, expected: set[str]) -> None:
    assert broken({"permissions": [item]}) == expected


@pytest.mark.parametrize(
    ("key", "name", "reason"),
    [
        ("permissions", "noSuchPermission", "it is unknown"),
        ("permissions", "", "it is unknown"),
        ("permissions", "webRequestBlocking", "it requires Manifest V2"),
        ("permissions", "serial", "it is there on ChromeOS only"),
        ("permissions", "https://example.com/*", "in Manifest V3 its place is host_permissions"),
        ("optional_permissions", "geolocation", "it cannot be optional"),
        ("host_permissions", "tabs", "the URL pattern is malformed: Missing scheme separator"),
        ("host_permissions", "chrome://settings/", "the URL pattern is malformed: Invalid scheme"),
        ("optional_host_permissions", "https://example.com", "the URL pattern is malformed: Empty path"),
    ],
)
def test_what_the_browser_ignores_is_said_with_the_reason(key: str, name: str, reason: str) -> None:
    shown = name or '""'

    assert messages("PermissionUnknown", {key: [name]}) == [f"{shown} is ignored by the browser: {reason}."]


def test_manifest_v2_has_hosts_among_its_permissions() -> None:
    keys = {"manifest_version": 2, "permissions": ["webRequestBlocking", "https://example.com/*"]}

    assert broken(keys) == set()
    assert broken(keys | {"permissions": ["<all_urls>"]}) == {"PermissionBroad"}


@pytest.mark.parametrize(
    "keys",
    [
        {"permissions": ["debugger"]},
        {"optional_permissions": ["management"]},
        {"host_permissions": ["<all_urls>"]},
        {"optional_host_permissions": ["https://*/*"]},
        {"content_scripts": [{"matches": ["*://*/*"], "js": ["a.js"]}]},
    ],
)
def test_much_needs_a_reason(keys: dict[str, Any]) -> None:
    assert broken(keys) == {"PermissionBroad"}


def test_no_permission_is_in_two_lists() -> None:
    lists = (
        names.AVAILABLE,
        names.MANIFEST_V2,
        names.CHROMEOS,
        names.APPS,
        names.RESTRICTED,
        names.UNRELEASED,
    )

    assert sum(map(len, lists)) == len(frozenset().union(*lists))
    assert names.NEVER_OPTIONAL <= names.AVAILABLE


@given(JSON, st.sampled_from(KEYS))
def test_no_value_is_too_strange(value: Any, key: str) -> None:
    report_on({key: value})
    report_on({key: [value, {"downloads": value}, {"tabs": value}]})
