"""Rules on keys that name a page of the extension or an address of the web."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.references import climbs, page_name
from openaddons.packages.rules.shapes import (
    BOOLEAN,
    INTEGER,
    STRING,
    STRINGS,
    member,
    record,
)
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, misfits
from openaddons.packages.urls import web_host

_OPTIONS_UI = record(required={"page": STRING}, optional={"chrome_style": BOOLEAN, "open_in_tab": BOOLEAN})
# On ChromeOS there are more; other systems do not look at them.
_OVERRIDES: Final = ("newtab", "bookmarks", "history")
_URL_OVERRIDES = record(optional=dict.fromkeys(_OVERRIDES, STRING))
_OMNIBOX = record(required={"keyword": STRING})
_SIDE_PANEL = record(required={"default_path": STRING})


def _options_ui(subject: Subject) -> dict[str, Any] | None:
    """The options_ui that the browser takes notice of: it ignores one with a member of a wrong type."""
    value = given(subject, "options_ui")
    return value if isinstance(value, dict) and not any(_OPTIONS_UI(value)) else None


def _embedded_page(subject: Subject) -> str | None:
    """The name of the file of ``options_ui.page``, before which ``options_page`` does not count."""
    options_ui = _options_ui(subject)
    return None if options_ui is None else page_name(options_ui["page"])


@rule(
    "OptionsInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="options_page must be a page of the package; options_ui has no chrome_style in Manifest V3.",
    why="Users get to the settings by this page, so it must lie in the package. Manifest V3 also knows no "
    "chrome_style any more, and Chromium refuses an extension with it.",
    fix='Use "options_ui": {{"page": "options.html"}}.',
    source="options_page_info.cc",
)
def options_invalid(subject: Subject) -> Iterator[Fault]:
    page = given(subject, "options_page")
    problem = None
    if page is not ABSENT and not isinstance(page, str):
        problem = "it is not a string"
    elif isinstance(page, str) and page and page_name(page) is None and _embedded_page(subject) is None:
        problem = f"{page} is not the path of a page in the package"
    if problem:
        yield Fault(key=("options_page",), facts={"where": "options_page", "problem": problem})
    if "chrome_style" in (_options_ui(subject) or ()) and subject.manifest.keys.get("manifest_version") != 2:
        problem = "chrome_style cannot be used with manifest version 3"
        yield Fault(key=("options_ui", "chrome_style"), facts={"where": "options_ui", "problem": problem})


@rule(
    "OptionsMissing",
    "error",
    message="Could not load options page '{path}'.",
    why="The menu would lead users who want the settings to an error page. Chromium refuses the extension "
    "instead.",
    fix="Add the file; names are case-sensitive.",
    source="options_page_info.cc",
)
def options_missing(subject: Subject) -> Iterator[Fault]:
    page = given(subject, "options_page")
    key: tuple[str, ...]
    name, key = _embedded_page(subject), ("options_ui", "page")
    if name is None and isinstance(page, str):
        name, key = page_name(page), ("options_page",)
    if name is not None and name not in subject.archive.files and not climbs(name):
        yield Fault(key=key, facts={"path": name})


@rule(
    "DevtoolsPageInvalid",
    "error",
    message="Invalid value for 'devtools_page'.",
    why="The developer tools give this page a view of the inspected site, so it must be one of the "
    "package. Chromium refuses any other address.",
    fix="Use the path of a page in the package.",
    source="chrome_manifest_url_handlers.cc",
)
def devtools_page_invalid(subject: Subject) -> Iterator[Fault]:
    page = given(subject, "devtools_page")
    if page is not ABSENT and not (isinstance(page, str) and page_name(page) is not None):
        yield Fault(key=("devtools_page",))


@rule(
    "UrlOverridesInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="chrome_url_overrides must replace one of newtab, bookmarks and history, by a page of the package.",
    why="The page takes the place of the new tab, the bookmarks or the history. Chromium refuses an "
    "extension that replaces two of them, or one by nothing.",
    fix="Override one page by a page in the package.",
    source="chrome_manifest_url_handlers.cc URLOverridesHandler",
)
def url_overrides_invalid(subject: Subject) -> Iterator[Fault]:
    key = "chrome_url_overrides"
    yield from misfits(subject, key, shape=_URL_OVERRIDES)
    value = given(subject, key)
    pages = {name: page for name in _OVERRIDES if isinstance(page := member(value, name), str)}
    if len(pages) > 1:
        problem = "An extension cannot override more than one page"
        yield Fault(key=(key,), facts={"where": key, "problem": problem})
    for name, page in pages.items():
        # The empty path is the package's own, and no page: FileReferenceMissing.
        if page and page_name(page) is None:
            facts = {"where": f"{key}.{name}", "problem": f"{page} is not the path of a page in the package"}
            yield Fault(key=(key, name), facts=facts)


@rule(
    "OmniboxInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="omnibox must hold a keyword that is not empty.",
    why="Users type this word into the address bar to reach the extension. Chromium refuses one that "
    "nobody can type: empty, or no text.",
    fix="Set a keyword that is not empty.",
    source="omnibox_handler.cc",
)
def omnibox_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "omnibox", shape=_OMNIBOX)
    if given(subject, "omnibox", "keyword") == "":
        facts = {"where": "omnibox.keyword", "problem": "It must be non-empty"}
        yield Fault(key=("omnibox", "keyword"), facts=facts)


@rule(
    "SidePanelInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="side_panel must hold a default_path that leads into the package.",
    why="The browser shows this page beside the tab. Chromium refuses a path that does not lead into the "
    "package, for the panel would stay empty.",
    fix="Use the path of a page in the package.",
    source="side_panel_info.cc",
)
def side_panel_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "side_panel", shape=_SIDE_PANEL)
    path = given(subject, "side_panel", "default_path")
    if isinstance(path, str) and page_name(path) is None:
        problem = "Side panel file path must be a relative URL to a valid extension resource"
        key = ("side_panel", "default_path")
        yield Fault(key=key, facts={"where": ".".join(key), "problem": problem})


@rule(
    "HomepageUrlInvalid",
    "error",
    message="Invalid value for homepage url: '[{value}]'.",
    why="The browser links to it from the extension's details. Chromium refuses what is no web address, "
    "such as a javascript: URL or a bare host name.",
    fix="Use an absolute address, https://….",
    source="manifest_url_handlers.cc",
)
def homepage_url_invalid(subject: Subject) -> Iterator[Fault]:
    value = given(subject, "homepage_url")
    if value is not ABSENT:
        url = value if isinstance(value, str) else ""
        if web_host(url) is None:
            yield Fault(key=("homepage_url",), facts={"value": url})


_SEARCH_PROVIDER = record(
    required={"search_url": STRING, "is_default": BOOLEAN},
    optional={
        **dict.fromkeys(("name", "keyword", "favicon_url", "encoding", "suggest_url", "image_url"), STRING),
        **dict.fromkeys(
            ("search_url_post_params", "suggest_url_post_params", "image_url_post_params"), STRING
        ),
        "alternate_urls": STRINGS,
        "prepopulated_id": INTEGER,
    },
)
_SETTINGS_OVERRIDES = record(
    optional={"homepage": STRING, "startup_pages": STRINGS, "search_provider": _SEARCH_PROVIDER}
)
# Unless the browser has a search engine with that prepopulated_id, which knows the rest.
_SEARCH_PROVIDER_NEEDS: Final = ("name", "keyword", "encoding", "favicon_url")


@rule(
    "SettingsOverridesInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="chrome_settings_overrides must have members of the right types, and at least one that can be "
    "used.",
    why="On Windows and macOS the browser refuses the extension if nothing that it wants to override is "
    "usable. Linux ignores the key, so no test there shows it.",
    fix="Use absolute addresses, https://….",
    source="settings_overrides_handler.cc (on Windows and macOS only); seen on Edge: re-start#5",
)
def settings_overrides_invalid(subject: Subject) -> Iterator[Fault]:
    key = "chrome_settings_overrides"
    overrides = given(subject, key)
    wrong_types = list(misfits(subject, key, shape=_SETTINGS_OVERRIDES))
    yield from wrong_types
    if overrides is ABSENT or wrong_types:
        return
    problems = list(_override_problems(overrides))
    # The browser takes what is right and leaves the rest, unless nothing is right.
    if None not in problems:
        path, problem = next((found for found in problems if found is not None), ((), "it overrides nothing"))
        facts = {"where": ".".join((key, *path)), "problem": problem}
        yield Fault(key=(key, *path), facts=facts)


def _override_problems(overrides: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str] | None]:
    """For each setting that is overridden, what is wrong with it, or None if nothing is."""
    if "homepage" in overrides:
        yield _address_problem(overrides["homepage"], "homepage")
    if "search_provider" in overrides:
        provider = overrides["search_provider"]
        problem = _address_problem(provider["search_url"], "search_provider", "search_url")
        if problem is None and "prepopulated_id" not in provider:
            missing = [name for name in _SEARCH_PROVIDER_NEEDS if name not in provider]
            if missing:
                problem = (("search_provider",), f"'{missing[0]}' is required")
            else:
                problem = _address_problem(provider["favicon_url"], "search_provider", "favicon_url")
        yield problem
    for page in overrides.get("startup_pages", ()):
        yield _address_problem(page, "startup_pages")


def _address_problem(url: str, *path: str) -> tuple[tuple[str, ...], str] | None:
    # What a message stands for is another in each language.
    if "__MSG_" in url or web_host(url) is not None:
        return None
    return path, f"'{url}' is not an absolute http or https address"
