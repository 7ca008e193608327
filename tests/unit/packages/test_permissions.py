import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.archive import Archive, CheckCancelled
from openaddons.packages.permissions import (
    Content,
    FileDifference,
    Grant,
    GrantDifference,
    GrantInWords,
    PermissionWarning,
    difference,
    file_digests,
    in_words,
    optional,
    required,
    warnings,
)
from tests.corpus.writer import Member, pack
from tests.unit.packages.rules.asking import JSON

V3 = {"manifest_version": 3}
EVERYTHING = "Read and change all your data on all websites"


def texts(keys: dict[str, Any]) -> list[str]:
    return [warning.text for warning in warnings(required(V3 | keys))]


# chrome.management.getPermissionWarningsByManifest of Chromium 156.
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, []),
        ({"permissions": ["storage", "activeTab", "noSuchPermission"]}, []),
        ({"permissions": ["tabs"]}, ["Read your browsing history"]),
        ({"permissions": ["windows"]}, ["Read your browsing history"]),
        ({"permissions": ["tabs", "sessions"]}, ["Read your browsing history on all your signed-in devices"]),
        (
            {"permissions": ["history", "tabs", "topSites", "favicon", "processes"]},
            ["Read and change your browsing history on all your signed-in devices"],
        ),
        ({"permissions": ["clipboardRead", "clipboardWrite"]}, ["Read and modify data you copy and paste"]),
        ({"permissions": [{"downloads": ["open"]}]}, ["Manage your downloads", "Open downloaded files"]),
        ({"permissions": ["debugger", "tabs"]}, ["Access the page debugger backend", EVERYTHING]),
        ({"permissions": ["proxy"], "host_permissions": ["https://a.com/*"]}, [EVERYTHING]),
        ({"permissions": ["webAuthenticationProxy", "tabs", "declarativeNetRequest"]}, [EVERYTHING]),
        ({"devtools_page": "p.html"}, [EVERYTHING]),
        (
            {"permissions": ["declarativeNetRequest"], "host_permissions": ["https://a.com/*"]},
            ["Read and change your data on a.com", "Block content on any page"],
        ),
        (
            {"chrome_url_overrides": {"newtab": "p.html"}},
            ["Replace the page you see when opening a new tab"],
        ),
        ({"chrome_url_overrides": {"history": "p.html"}}, []),
        (
            {"permissions": ["management", "privacy", "topSites", "declarativeNetRequestFeedback"]},
            [
                "Read your browsing history",
                "Manage your apps, extensions, and themes",
                "Change your privacy-related settings",
            ],
        ),
    ],
)
def test_permissions_in_words(keys: dict[str, Any], expected: list[str]) -> None:
    assert texts(keys) == expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["https://a.com/*", "http://a.com:8080/x"], "Read and change your data on a.com"),
        (["https://*.a.com/*"], "Read and change your data on all a.com sites"),
        (["https://b.com/*", "https://a.com/*"], "Read and change your data on a.com and b.com"),
        (
            ["https://a.com/*", "https://*.b.com/*", "http://c.com/*"],
            "Read and change your data on all b.com sites, a.com, and c.com",
        ),
        (["*://*/*"], EVERYTHING),
        (["https://*.com/*"], EVERYTHING),
        (["https://*.co.uk/*"], EVERYTHING),
        (["https://a.com/*", "<all_urls>"], EVERYTHING),
        (["https://*.localhost/*"], "Read and change your data on all localhost sites"),
    ],
)
def test_hosts_in_words(hosts: list[str], expected: str) -> None:
    assert texts({"host_permissions": hosts}) == [expected]
    assert texts({"content_scripts": [{"matches": hosts, "js": ["a.js"]}]}) == [expected]
    assert texts({"manifest_version": 2, "permissions": hosts}) == [expected]


def test_of_many_hosts_the_names_are_details() -> None:
    hosts = ["https://a.com/*", "https://*.b.com/*", "https://c.com/*", "https://d.com/*"]

    assert warnings(required(V3 | {"host_permissions": hosts})) == (
        PermissionWarning(
            "Read and change your data on a number of websites",
            ("All b.com sites", "a.com", "c.com", "d.com"),
        ),
    )


@pytest.mark.parametrize("host", ["file:///*", "chrome://settings/*", "not a pattern"])
def test_files_and_what_is_ignored_are_not_asked_for(host: str) -> None:
    assert texts({"host_permissions": [host]}) == []


def test_settings_in_words() -> None:
    overrides = {
        "homepage": "https://www.a.com/",
        "search_provider": {"search_url": "https://b.com/?q="},
        "startup_pages": ["https://c.com/", "https://d.com/"],
    }

    assert texts({"chrome_settings_overrides": overrides}) == [
        "Change your home page to: a.com",
        "Change your search settings to: b.com",
        "Change your start page to: c.com",
    ]


def test_what_may_be_asked_later_is_another_grant() -> None:
    keys = V3 | {"optional_permissions": ["history"], "optional_host_permissions": ["https://a.com/*"]}

    assert warnings(required(keys)) == ()
    assert [warning.text for warning in warnings(optional(keys))] == [
        "Read and change your data on a.com",
        "Read and change your browsing history on all your signed-in devices",
    ]


def test_an_update_is_compared() -> None:
    old = Content(
        V3 | {"permissions": ["tabs", "storage"], "host_permissions": ["https://a.com/*"]},
        {"a.js": "1", "b.js": "2", "c.js": "3"},
    )
    new = Content(
        V3 | {"permissions": ["tabs", "bookmarks"], "host_permissions": ["https://b.com/*"]},
        {"a.js": "1", "b.js": "9", "d.js": "4"},
    )
    found = difference(old, new)

    assert found.files == FileDifference(added=("d.js",), removed=("c.js",), changed=("b.js",))
    assert found.required == GrantDifference(
        permissions_gained=("bookmarks",),
        permissions_lost=("storage",),
        hosts_gained=("https://b.com/*",),
        hosts_lost=("https://a.com/*",),
        warnings_gained=(
            PermissionWarning("Read and change your data on b.com"),
            PermissionWarning("Read and change your bookmarks"),
        ),
        warnings_lost=(PermissionWarning("Read and change your data on a.com"),),
    )
    assert found.optional == GrantDifference((), (), (), (), (), ())


def test_files_are_compared_by_what_is_in_them() -> None:
    def content(data: bytes) -> Content:
        file = io.BytesIO(pack([Member(b"manifest.json", b"{}"), Member(b"a.js", data)]))
        return Content({}, file_digests(Archive.open(file)))

    # The same CRC-32.
    first, second = b"plumless", b"buckeroo"

    assert difference(content(first), content(first)).files == FileDifference((), (), ())
    assert difference(content(first), content(second)).files == FileDifference((), (), ("a.js",))


def test_the_enclosing_folder_and_what_systems_leave_behind_are_no_difference() -> None:
    plain = pack([Member(b"manifest.json", b"{}"), Member(b"a.js", b"1")])
    enclosed = pack(
        [Member(b"dist/manifest.json", b"{}"), Member(b"dist/a.js", b"1"), Member(b"__MACOSX/._a.js", b"2")]
    )

    first, second = (file_digests(Archive.open(io.BytesIO(each))) for each in (plain, enclosed))

    assert sorted(first) == ["a.js", "manifest.json"]
    assert first == second


def test_digesting_can_be_cancelled() -> None:
    archive = Archive.open(io.BytesIO(pack([Member(b"manifest.json", b"{}")])))

    with pytest.raises(CheckCancelled):
        file_digests(archive, cancelled=lambda: True)


def test_files_whose_digests_nobody_knows_are_not_compared_and_permissions_are() -> None:
    old = Content(V3, None)
    new = Content(V3 | {"permissions": ["tabs"]}, {"a.js": "1"})

    found = difference(old, new)

    assert found.files is None
    assert found.required.permissions_gained == ("tabs",)


def test_a_grant_in_words_is_sorted() -> None:
    keys = V3 | {
        "permissions": ["tabs", "storage"],
        "host_permissions": ["https://b.com/*", "https://a.com/*"],
    }

    assert in_words(required(keys)) == GrantInWords(
        permissions=("storage", "tabs"),
        hosts=("https://a.com/*", "https://b.com/*"),
        warnings=(
            PermissionWarning("Read and change your data on a.com and b.com"),
            PermissionWarning("Read your browsing history"),
        ),
    )


KEYS = (
    "permissions",
    "optional_permissions",
    "host_permissions",
    "content_scripts",
    "chrome_url_overrides",
    "chrome_settings_overrides",
    "manifest_version",
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON), JSON)
def test_no_manifest_is_too_strange(keys: dict[str, Any], value: Any) -> None:
    old = Content(keys, {})
    new = Content({"content_scripts": [{"matches": value}], "permissions": [{"downloads": value}]}, {})

    assert difference(old, old).required == difference(new, new).optional
    difference(old, new)


def test_of_very_many_hosts_the_rest_is_shown_in_its_own_letters() -> None:
    hosts = frozenset(f"https://ü{number:03}.example/*" for number in range(600))
    (warning,) = warnings(Grant(hosts=hosts))

    assert len(warning.details) == 600
    assert sum(map(str.isascii, warning.details)) == 500
    assert {"xn--000-goa.example", "ü599.example"} <= set(warning.details)
