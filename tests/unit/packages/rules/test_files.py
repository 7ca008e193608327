from typing import Any

import pytest
from hypothesis import given

from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

GROUP = {
    "FileReferenceMissing",
    "ReservedUnderscoreName",
    "PrivateKeyInPackage",
    "BannedFile",
    "JunkFile",
    "NestedArchive",
}
FILES = dict.fromkeys(("a.js", "b.css", "i.png", "p.html", "d/p.html", "a b.html", "s.json"), b"1")
KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


def broken(keys: dict[str, Any], files: dict[str, bytes] | None = None) -> set[str]:
    return codes(keys, FILES | (files or {})) & GROUP


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"devtools_page": "p.html", "options_page": "/p.html#x", "options_ui": {"page": "./p.html?x"}},
        {"action": {"default_popup": "a%20b.html", "default_icon": "i.png"}},
        {"action": {"default_popup": ""}},
        {"browser_action": {"default_popup": "gone.html"}, "background": {"scripts": ["gone.js"]}},
        {"background": {"service_worker": "d/../a.js"}},
        {"sandbox": {"pages": ["p.html", "*.html", "https://example.com/x.html"]}},
        {"side_panel": {"default_path": "d/p.html"}},
        {"chrome_url_overrides": {"newtab": "p.html"}},
        {"content_scripts": [{"js": ["a.js", "gone.ts"], "css": ["b.css"]}]},
        {"icons": {"16": "i.png", "32": "gone.txt"}},
        {"storage": {"managed_schema": "s.json"}},
        {"author": "gone.html"},
    ],
)
def test_references_that_lead_to_files(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"devtools_page": "gone.html"}, "gone.html"),
        ({"devtools_page": "P.html"}, "P.html"),
        ({"devtools_page": "../p.html"}, "../p.html"),
        ({"options_page": "../p.html"}, "../p.html"),
        ({"options_page": "gone.html", "options_ui": {"page": "p.html"}}, "gone.html"),
        ({"action": {"default_popup": "gone.html"}}, "gone.html"),
        ({"background": {"service_worker": "../a.js"}}, "../a.js"),
        ({"manifest_version": 2, "page_action": {"default_popup": "gone.html"}}, "gone.html"),
        ({"sandbox": {"pages": ["p.html", "gone.html"]}}, "gone.html"),
        ({"side_panel": {"default_path": "gone.html"}}, "gone.html"),
        ({"chrome_url_overrides": {"newtab": "gone.html"}}, "gone.html"),
        ({"chrome_url_overrides": {"newtab": ""}}, "."),
        ({"content_scripts": [{"js": ["../a.js"]}]}, "../a.js"),
        ({"declarative_net_request": {"rule_resources": [{"path": "gone.json"}]}}, "gone.json"),
    ],
)
def test_references_that_lead_nowhere(keys: dict[str, Any], path: str) -> None:
    (message,) = messages("FileReferenceMissing", keys, FILES)

    assert message.startswith(f"Manifest file reference '{path}' does not exist in the zip archive. (Note: ")


SCRIPT = {"matches": ["https://example.com/*"]}
UNRELATED = {"ManifestVersionUnsupported", "IconsMissing", "DescriptionMissing"}
RULESET = {"id": "r", "path": "gone.json", "enabled": False}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"options_page": "d/gone.html"}, "OptionsMissing"),
        ({"options_ui": {"page": "gone.html"}}, "OptionsMissing"),
        ({"action": {"default_icon": "gone.png"}}, "IconMissing"),
        ({"action": {"default_icon": {"16": "gone.png"}}}, "IconMissing"),
        ({"action": {"default_icon": "d\\i.png"}}, "ActionInvalid"),
        ({"background": {"service_worker": "gone.js"}}, "BackgroundMissing"),
        ({"manifest_version": 2, "background": {"scripts": ["gone.js"]}}, "BackgroundMissing"),
        ({"content_scripts": [SCRIPT | {"js": ["a.js", "gone.js"]}]}, "ContentScriptMissing"),
        ({"content_scripts": [SCRIPT | {"css": ["gone.css"]}]}, "ContentScriptMissing"),
        ({"icons": {"128": "gone.png"}}, "IconMissing"),
        ({"icons": {"128": "d\\i.png"}}, "IconsInvalid"),
        ({"storage": {"managed_schema": "gone.json"}}, "StorageSchemaInvalid"),
        (
            {
                "permissions": ["declarativeNetRequest"],
                "declarative_net_request": {"rule_resources": [RULESET]},
            },
            "DnrRulesetFile",
        ),
        ({"content_scripts": [SCRIPT | {"js": ["../a.js"]}]}, "FileReferenceMissing"),
        ({"chrome_url_overrides": {"newtab": "gone.html"}}, "FileReferenceMissing"),
        ({"chrome_url_overrides": {"newtab": "https://example.com/"}}, "UrlOverridesInvalid"),
        ({"theme": {"images": {"frame": "gone.png"}}}, "ThemeInvalid"),
        ({"theme": {"images": {"frame": {"100": "gone.png"}}}}, "IconUndecodable"),
    ],
)
def test_a_missing_file_is_told_of_once(keys: dict[str, Any], code: str) -> None:
    found = [finding.code for finding in report_on(keys, FILES).findings]

    assert [each for each in found if each not in UNRELATED] == [code]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("_x", b"", "ReservedUnderscoreName"),
        ("_x/y.js", b"", "ReservedUnderscoreName"),
        ("_Locales/en/messages.json", b"{}", "ReservedUnderscoreName"),
        ("k.pem", KEY, "PrivateKeyInPackage"),
        ("certs/k.PEM", KEY.replace(b"PRIVATE", b"RSA PRIVATE"), "PrivateKeyInPackage"),
        ("run.exe", b"MZ", "BannedFile"),
        ("d/lib.SO", b"\x7fELF", "BannedFile"),
        ("d/more.zip", b"PK", "NestedArchive"),
        ("d/more.jar", b"PK", "BannedFile"),
        ("old.js.orig", b"", "JunkFile"),
        ("a.js~", b"", "JunkFile"),
        ("a.js.map", b"", "JunkFile"),
        (".env", b"", "JunkFile"),
        ("d/node_modules/x/y.js", b"", "JunkFile"),
        (".DS_Store", b"", "JunkFile"),
    ],
)
def test_files_that_should_not_be_there(name: str, data: bytes, code: str) -> None:
    assert broken({}, {name: data}) == {code}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("_metadata/x", b""),
        ("_platform_specific/x", b""),
        ("d/_x", b""),
        ("k.pem", b"no key"),
        ("c.pem", KEY.replace(b"PRIVATE KEY", b"CERTIFICATE")),
        ("k.key", KEY),
        ("exe.js", b""),
        ("map.js", b""),
    ],
)
def test_files_that_may_be_there(name: str, data: bytes) -> None:
    assert broken({}, {name: data}) == set()


def test_a_folder_of_dependencies_is_told_of_once() -> None:
    files = dict.fromkeys(("node_modules/a/a.js", "node_modules/b/b.js.map", "d/node_modules/c.js"), b"")

    assert messages("JunkFile", {}, files) == [
        "d/node_modules is not part of the extension.",
        "node_modules is not part of the extension.",
    ]


@given(JSON)
def test_no_value_makes_a_rule_raise(value: Any) -> None:
    for key in ("manifest_version", "icons", "content_scripts", "action", "background", "sandbox", "storage"):
        broken({key: value})
    broken({"chrome_url_overrides": {"newtab": value}, "options_ui": {"page": value}, "side_panel": value})
