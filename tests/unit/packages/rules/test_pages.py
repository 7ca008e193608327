from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, report_on

GROUP = {
    "OptionsInvalid",
    "OptionsMissing",
    "DevtoolsPageInvalid",
    "UrlOverridesInvalid",
    "OmniboxInvalid",
    "SidePanelInvalid",
    "HomepageUrlInvalid",
    "SettingsOverridesInvalid",
}
PROVIDER = {
    "search_url": "https://example.com/?q={searchTerms}",
    "is_default": True,
    "name": "n",
    "keyword": "k",
    "encoding": "UTF-8",
    "favicon_url": "https://example.com/i.ico",
}


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(keys) & GROUP


def without(provider: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in provider.items() if key != name}


@pytest.mark.parametrize(
    "keys",
    [
        {"options_page": "p.html"},
        {"options_page": "/d/../p.html?tab=1#top"},
        {"options_page": ""},
        {"options_ui": {"page": "a%20b.html", "open_in_tab": True}},
        {"options_ui": 1},
        {"options_ui": {"page": 1, "chrome_style": True}},
        {"options_ui": {"page": "https://example.com/"}},
        {"options_page": "gone.html", "options_ui": {"page": "p.html"}},
        {"options_ui": {"page": "p.html", "chrome_style": True}, "manifest_version": 2},
        {"devtools_page": "p.html"},
        {"chrome_url_overrides": {}},
        {"chrome_url_overrides": {"newtab": "p.html", "keyboard": 1}},
        {"omnibox": {"keyword": "tt"}},
        {"side_panel": {"default_path": "d\\p.html"}},
        {"homepage_url": "https://example.com"},
        {"homepage_url": " HTTP:/\\é.example:8080/ "},
        {"chrome_settings_overrides": {"homepage": "https://example.com"}},
        {"chrome_settings_overrides": {"homepage": "x", "startup_pages": ["https://example.com"]}},
        {"chrome_settings_overrides": {"search_provider": PROVIDER}},
        {
            "chrome_settings_overrides": {
                "search_provider": {"search_url": "https://a.b", "is_default": True, "prepopulated_id": 1}
            }
        },
        {"chrome_settings_overrides": {"homepage": "https://__MSG_domain__/"}},
    ],
)
def test_a_sound_page_breaks_no_rule(keys: dict[str, Any]) -> None:
    assert broken(keys) == set()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"options_page": None}, "OptionsInvalid"),
        ({"options_page": "https://example.com/"}, "OptionsInvalid"),
        ({"options_page": "p.html/"}, "OptionsInvalid"),
        ({"options_ui": {"page": "p.html", "chrome_style": False}}, "OptionsInvalid"),
        ({"options_page": "gone.html"}, "OptionsMissing"),
        ({"options_page": "P.html"}, "OptionsMissing"),
        ({"options_page": "p.html", "options_ui": {"page": "gone.html"}}, "OptionsMissing"),
        ({"options_page": "gone.html", "options_ui": {"page": 1}}, "OptionsMissing"),
        ({"devtools_page": ""}, "DevtoolsPageInvalid"),
        ({"devtools_page": 1}, "DevtoolsPageInvalid"),
        ({"devtools_page": "data:text/html,x"}, "DevtoolsPageInvalid"),
        ({"devtools_page": "//example.com/p.html"}, "DevtoolsPageInvalid"),
        ({"chrome_url_overrides": []}, "UrlOverridesInvalid"),
        ({"chrome_url_overrides": {"newtab": 1}}, "UrlOverridesInvalid"),
        ({"chrome_url_overrides": {"newtab": "https://example.com/"}}, "UrlOverridesInvalid"),
        ({"chrome_url_overrides": {"history": "d/"}}, "UrlOverridesInvalid"),
        ({"chrome_url_overrides": {"newtab": "p.html", "history": "q.html"}}, "UrlOverridesInvalid"),
        ({"omnibox": None}, "OmniboxInvalid"),
        ({"omnibox": {}}, "OmniboxInvalid"),
        ({"omnibox": {"keyword": 1}}, "OmniboxInvalid"),
        ({"omnibox": {"keyword": ""}}, "OmniboxInvalid"),
        ({"side_panel": []}, "SidePanelInvalid"),
        ({"side_panel": {}}, "SidePanelInvalid"),
        ({"side_panel": {"default_path": 1}}, "SidePanelInvalid"),
        ({"side_panel": {"default_path": ""}}, "SidePanelInvalid"),
        ({"homepage_url": None}, "HomepageUrlInvalid"),
        ({"homepage_url": "example.com"}, "HomepageUrlInvalid"),
        ({"homepage_url": "ftp://example.com"}, "HomepageUrlInvalid"),
        ({"homepage_url": "https://"}, "HomepageUrlInvalid"),
        ({"homepage_url": "https://a:65536"}, "HomepageUrlInvalid"),
        ({"chrome_settings_overrides": None}, "SettingsOverridesInvalid"),
        ({"chrome_settings_overrides": {}}, "SettingsOverridesInvalid"),
        ({"chrome_settings_overrides": {"homepage": "{x}"}}, "SettingsOverridesInvalid"),
        ({"chrome_settings_overrides": {"homepage": 1}}, "SettingsOverridesInvalid"),
        ({"chrome_settings_overrides": {"startup_pages": ["x"]}}, "SettingsOverridesInvalid"),
        (
            {"chrome_settings_overrides": {"search_provider": PROVIDER | {"search_url": "x"}}},
            "SettingsOverridesInvalid",
        ),
        (
            {"chrome_settings_overrides": {"search_provider": PROVIDER | {"favicon_url": "x"}}},
            "SettingsOverridesInvalid",
        ),
        (
            {"chrome_settings_overrides": {"search_provider": without(PROVIDER, "is_default")}},
            "SettingsOverridesInvalid",
        ),
        (
            {"chrome_settings_overrides": {"search_provider": without(PROVIDER, "keyword")}},
            "SettingsOverridesInvalid",
        ),
    ],
)
def test_a_faulty_one_breaks_the_rule_for_it(keys: dict[str, Any], code: str) -> None:
    assert broken(keys) == {code}


KEYS = (
    "options_page",
    "options_ui",
    "devtools_page",
    "chrome_url_overrides",
    "omnibox",
    "side_panel",
    "homepage_url",
    "chrome_settings_overrides",
)
MEMBERS = ("page", "newtab", "keyword", "default_path", "homepage", "startup_pages", "search_provider")


@given(JSON, st.sampled_from(KEYS), st.sampled_from(MEMBERS))
def test_no_value_is_too_strange(value: Any, key: str, member: str) -> None:
    report_on({key: value})
    report_on({key: {member: value}})
    report_on({"chrome_settings_overrides": {"search_provider": {**PROVIDER, "search_url": value}}})
