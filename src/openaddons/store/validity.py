"""When a module of a draft is valid. Pure: no database.

The limits are Partner Center's (learn.microsoft.com, Publish a Microsoft Edge extension). The operator's choice
`Requirement` says whether what that store requires is required here too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

from openaddons.policies import Requirement
from openaddons.store.countries import COUNTRIES
from openaddons.store.modules import (
    CATEGORIES,
    DATA_USAGE,
    DESCRIPTION_CHARACTERS,
    SCREENSHOTS_LIMIT,
    SEARCH_TERM_CHARACTERS_LIMIT,
    SEARCH_TERMS_LIMIT,
    SEARCH_WORDS_LIMIT,
    Module,
    PackageFacts,
    read_language,
    starting_content,
)


class Problem(str):
    """A sentence on what is wrong with a module and what to do."""

    __slots__ = ("entry", "field")
    field: str
    """The field that it is about; empty: it is about the entry as a whole."""
    entry: str
    """Which of several: the language of a listing, the permission of a justification."""

    def __new__(cls, sentence: str, field: str = "", entry: str = "") -> Self:
        problem = super().__new__(cls, sentence)
        problem.field, problem.entry = field, entry
        return problem

    @property
    def without_label(self) -> str:
        """The sentence as it stands beside its field."""
        rest = self.partition(": ")[2]
        return rest[:1].upper() + rest[1:]


def problems(
    module: Module, content: Mapping[str, Any], *, package: PackageFacts | None, require: Requirement
) -> tuple[Problem, ...]:
    """What is wrong with a module; nothing when it is valid.

    ``content`` is what `read_content` accepted. Nothing is raised.
    """
    return tuple(
        _CHECKS[module](starting_content(module) | dict(content), package, require is Requirement.STORE)
    )


def _packages(
    _content: Mapping[str, Any], package: PackageFacts | None, _everything: bool
) -> Iterator[Problem]:
    if package is None:
        yield Problem("Package: there is none. Upload the extension as a .zip file.", "package")


def _availability(
    content: Mapping[str, Any], _package: PackageFacts | None, _everything: bool
) -> Iterator[Problem]:
    if content["markets"] == "all":
        return
    if not content["markets"]:
        yield Problem(
            "Markets: none is chosen, so nobody could get the add-on. Choose one or more, or all.", "markets"
        )
    for market in content["markets"]:
        if market not in COUNTRIES:
            yield Problem(
                f"Markets: {market} is not an ISO 3166 country code. Remove or correct it.", "markets"
            )


def _properties(
    content: Mapping[str, Any], _package: PackageFacts | None, everything: bool
) -> Iterator[Problem]:
    category = content["category"]
    if category is None and everything:
        yield Problem("Category: it is required. Choose one.", "category")
    if category is not None and category not in CATEGORIES:
        yield Problem(
            f"Category: {category} is not a category of this store. Choose one of {', '.join(CATEGORIES)}.",
            "category",
        )
    yield from _check_url("Website URL", content, "website_url")
    contact = content["support_contact"]
    if (
        contact is not None
        and not _is_web_url(contact)
        and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", contact)
    ):
        yield Problem(
            "Support contact: it is neither a URL nor an e-mail address. Write it as one of them.",
            "support_contact",
        )


def _privacy(content: Mapping[str, Any], package: PackageFacts | None, everything: bool) -> Iterator[Problem]:
    for kind in content["data_usage"]:
        if kind not in DATA_USAGE:
            yield Problem(
                f"Data usage: {kind} is not known. Choose from {', '.join(DATA_USAGE)}.", "data_usage"
            )
    yield from _check_url("Privacy policy URL", content, "privacy_policy_url")
    if not everything:
        return
    if _is_blank(content["single_purpose"]):
        yield Problem(
            "Single purpose: it is required. Describe the one thing that the add-on is for.", "single_purpose"
        )
    for permission in () if package is None else package.permissions:
        if _is_blank(content["permission_justifications"].get(permission, "")):
            yield Problem(
                f"Permission justification ({permission}): it is required. Say why the add-on needs it.",
                "permission_justifications",
                permission,
            )
    if content["remote_code"] and _is_blank(content["remote_code_justification"]):
        yield Problem(
            "Remote code justification: it is required with remote code. Say why it cannot be packaged.",
            "remote_code_justification",
        )
    if not content["certifications"]:
        yield Problem(
            "Certifications: they are required. Certify that the disclosures on data usage hold.",
            "certifications",
        )
    if content["data_usage"] and content["privacy_policy_url"] is None:
        yield Problem(
            "Privacy policy URL: it is required where personal data is collected. Give the policy's URL.",
            "privacy_policy_url",
        )


def _listing(content: Mapping[str, Any], package: PackageFacts | None, everything: bool) -> Iterator[Problem]:
    for language, stored in content.items():
        yield from _check_language(language, read_language(stored), everything)
    if not everything:
        return
    if package is not None and _is_blank(package.description):
        yield Problem(
            "Short description: it is required. Add a description to manifest.json and upload it.",
            "short_description",
        )
    needed = [locale.replace("_", "-") for locale in package.locales] if package else []
    for language in needed:
        if language not in content:
            yield Problem(
                f"Store listing ({language}): the package has this language, the listing has not. Add it.",
                "",
                language,
            )
    if not content and not needed:
        yield Problem("Store listing: it has no language. Add at least one.")


def _check_language(language: str, content: Mapping[str, Any], everything: bool) -> Iterator[Problem]:
    allowed = DESCRIPTION_CHARACTERS
    count = len(content["description"])
    if count == 0 and everything:
        yield Problem(
            f"Description ({language}): it is required. Write {allowed[0]} to {allowed[-1]:,} characters.",
            "description",
            language,
        )
    if count and count not in allowed:
        advice = "Write more" if count < allowed[0] else "Shorten it"
        sentence = (
            f"Description ({language}): it has {count:,} characters; "
            f"{allowed[0]} to {allowed[-1]:,} are allowed. {advice}."
        )
        yield Problem(sentence, "description", language)
    if content["logo"] is None and everything:
        yield Problem(
            f"Logo ({language}): it is required. Upload a square image of at least 128 by 128 pixels.",
            "logo",
            language,
        )
    count = len(content["screenshots"])
    if count > SCREENSHOTS_LIMIT:
        yield Problem(
            f"Screenshots ({language}): there are {count}; {SCREENSHOTS_LIMIT} are allowed. Remove some.",
            "screenshots",
            language,
        )
    url = content["youtube_url"]
    if url is not None and not _is_youtube_url(url):
        yield Problem(
            f"YouTube URL ({language}): it is not the URL of a video. Write https://www.youtube.com/watch?v=…",
            "youtube_url",
            language,
        )
    yield from _check_search_terms(language, content["search_terms"])


def _check_search_terms(language: str, terms: list[str]) -> Iterator[Problem]:
    name = f"Search terms ({language})"
    if len(terms) > SEARCH_TERMS_LIMIT:
        yield Problem(
            f"{name}: there are {len(terms)}; at most {SEARCH_TERMS_LIMIT} are allowed. Remove some.",
            "search_terms",
            language,
        )
    for number, term in enumerate(terms, start=1):
        if _is_blank(term):
            yield Problem(f"{name}: number {number} is blank. Remove it.", "search_terms", language)
        if len(term) > SEARCH_TERM_CHARACTERS_LIMIT:
            sentence = (
                f"{name}: number {number} has {len(term)} characters; "
                f"at most {SEARCH_TERM_CHARACTERS_LIMIT} are allowed. Shorten it."
            )
            yield Problem(sentence, "search_terms", language)
    words = sum(len(term.split()) for term in terms)
    if words > SEARCH_WORDS_LIMIT:
        yield Problem(
            f"{name}: they are {words} words; at most {SEARCH_WORDS_LIMIT} are allowed in all. Remove some.",
            "search_terms",
            language,
        )


def _check_url(label: str, content: Mapping[str, Any], field: str) -> Iterator[Problem]:
    if content[field] is not None and not _is_web_url(content[field]):
        yield Problem(f"{label}: it is not a web address. Write it whole, with https://.", field)


def _is_blank(text: str) -> bool:
    return not text.strip()


def _host(url: str, *schemes: str) -> str:
    """The host of an absolute URL with one of these schemes, or an empty text."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in schemes or re.search(r"\s", url):
        return ""
    return parts.hostname or ""


def _is_web_url(url: str) -> bool:
    return bool(_host(url, "http", "https"))


def _is_youtube_url(url: str) -> bool:
    return _host(url, "https").removeprefix("www.") in {"youtube.com", "youtu.be", "m.youtube.com"}


_Check: TypeAlias = Callable[[Mapping[str, Any], PackageFacts | None, bool], Iterator[Problem]]

_CHECKS: Mapping[Module, _Check] = {
    Module.PACKAGES: _packages,
    Module.AVAILABILITY: _availability,
    Module.PROPERTIES: _properties,
    Module.PRIVACY: _privacy,
    Module.LISTING: _listing,
}
