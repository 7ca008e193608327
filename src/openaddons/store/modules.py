"""The modules of a draft: what each may hold, and when it is valid. Pure: no database.

The fields and limits are Partner Center's (learn.microsoft.com, Publish a Microsoft Edge extension). A draft
may be incomplete or outside the store's limits: `problems` says so and it is not published. It may not be
malformed: `read_content` refuses that. A field that is left out has its default.

::

    AVAILABILITY
      visibility                    "Public" (default) or "Hidden" (found by its direct URL alone)
      markets                       "all" (default) or a list of ISO 3166-1 alpha-2 codes

    PROPERTIES
      category                      one of CATEGORIES, or null
      website_url                   http(s) URL, or null
      support_contact               http(s) URL or e-mail address, or null
      mature_content                true or false (default)

    PRIVACY
      single_purpose                text
      permission_justifications     {permission: text}
      remote_code                   true or false (default)
      remote_code_justification     text
      data_usage                    list of DATA_USAGE: what is collected; empty: nothing
      certifications                true: the publisher certifies that the disclosures hold; false (default)
      privacy_policy_url            http(s) URL, or null

    LISTING                         {language: …}, a language as in pt-BR
      description                   text, 250 to 10,000 characters
      logo                          object key of an image, or null
      small_tile, large_tile        the same
      screenshots                   list of object keys, at most 6
      youtube_url                   https URL of YouTube, or null
      search_terms                  list of at most 7 texts of at most 30 characters, 21 words in all

PACKAGES has no content of its own: a package is uploaded. Whether an object key names an image of this very
product is the caller's to check: bytes of others must not be shown.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from openaddons.errors import ValueRefused
from openaddons.objects.keys import is_key
from openaddons.policies import Requirement


class Module(StrEnum):
    """A part of a draft that is valid or not, named as in the API's ``Invalid module : LISTING``."""

    PACKAGES = "PACKAGES"
    AVAILABILITY = "AVAILABILITY"
    PROPERTIES = "PROPERTIES"
    PRIVACY = "PRIVACY"
    LISTING = "LISTING"


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What the modules need to know of a draft's package."""

    name: str
    description: str
    locales: tuple[str, ...]
    """Names of the folders in ``_locales``: ``pt_BR``."""
    permissions: tuple[str, ...]


CATEGORIES = (
    "Accessibility",
    "Blogging",
    "Communication",
    "Developer tools",
    "Education",
    "Entertainment",
    "Fun",
    "Games",
    "News and weather",
    "Photos",
    "Privacy and security",
    "Productivity",
    "Search tools",
    "Shopping",
    "Social",
    "Sports",
    "Themes",
    "Travel",
)
"""The store's categories. Microsoft publishes no list; these follow the headings of its store."""

DATA_USAGE = (
    "Personally identifiable information",
    "Health information",
    "Financial and payment information",
    "Authentication information",
    "Personal communications",
    "Location",
    "Web history",
    "User activity",
    "Website content",
)
"""The kinds of personal data that a publisher discloses."""

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - 249 quoted codes would fill a page
)
"""ISO 3166-1 alpha-2."""

DESCRIPTION_CHARACTERS = range(250, 10_001)
SCREENSHOTS_LIMIT = 6
SEARCH_TERMS_LIMIT = 7
SEARCH_TERM_CHARACTERS_LIMIT = 30
SEARCH_WORDS_LIMIT = 21

_Reader: TypeAlias = Callable[[str, object], Any]
"""Gives back the value of the field that is named, or raises `ValueRefused`."""

# ---- malformed or not

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Databases refuse NUL and lone surrogates; the rest has no business in a text."""


def text_up_to(limit: int) -> _Reader:
    """Reads a text of that many characters at most, such as the databases can store."""

    def read(name: str, value: object) -> str:
        if not isinstance(value, str):
            raise ValueRefused(name=name, problem="a text is needed.")
        if len(value) > limit:
            raise ValueRefused(name=name, problem=f"at most {limit:,} characters can be stored.")
        if _CONTROL.search(value):
            raise ValueRefused(name=name, problem="it holds control characters. Remove them.")
        return value

    return read


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused(name=name, problem="true or false is needed.")
    return value


def _one_of(*values: str) -> _Reader:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in values:
            raise ValueRefused(name=name, problem=f"one of {', '.join(values)} is needed.")
        return value

    return read


def _or_null(reader: _Reader) -> _Reader:
    # A form that was left blank sends an empty text.
    return lambda name, value: None if value is None or value == "" else reader(name, value)


def _list_of(reader: _Reader, limit: int) -> _Reader:
    def read(name: str, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise ValueRefused(name=name, problem="a list is needed.")
        if len(value) > limit:
            raise ValueRefused(name=name, problem=f"at most {limit} entries can be stored.")
        return [reader(f"{name}[{index}]", entry) for index, entry in enumerate(value)]

    return read


def _object(name: str, value: object, *, limit: int) -> dict[object, object]:
    if not isinstance(value, dict):
        raise ValueRefused(name=name, problem="a JSON object is needed.")
    if len(value) > limit:
        raise ValueRefused(name=name, problem=f"at most {limit} entries can be stored.")
    return value


def _map_of(key_reader: _Reader, reader: _Reader, limit: int) -> _Reader:
    def read(name: str, value: object) -> dict[str, Any]:
        accepted: dict[str, Any] = {}
        for key, entry in _object(name, value, limit=limit).items():
            accepted_key = key_reader(name, key)
            if accepted_key in accepted:
                raise ValueRefused(name=name, problem=f"{accepted_key} is there twice.")
            accepted[accepted_key] = reader(f"{name}.{accepted_key}", entry)
        return accepted

    return read


def _record(fields: Mapping[str, tuple[_Reader, object]]) -> _Reader:
    """Fields with their readers and defaults."""

    def read(name: str, value: object) -> dict[str, Any]:
        given = _object(name, value, limit=100)
        for key in given:
            if key not in fields:
                known = ", ".join(fields)
                raise ValueRefused(
                    name=name, problem=f"{ascii(key)[:60]} is not a field. Fields are {known}."
                )
        return {
            field: reader(f"{name}.{field}", given.get(field, copy.copy(default)))
            for field, (reader, default) in fields.items()
        }

    return read


def _market(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueRefused(name=name, problem="a country code of two letters is needed.")
    return value.upper()


def _markets(name: str, value: object) -> object:
    if value == "all":
        return value
    if not isinstance(value, list):
        raise ValueRefused(name=name, problem='"all" or a list of country codes is needed.')
    return list(dict.fromkeys(_list_of(_market, 300)(name, value)))


def _language(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", value):
        raise ValueRefused(name=name, problem=f"{ascii(value)[:60]} is not a language. Write it as in pt-BR.")
    return value.replace("_", "-")


def _image(name: str, value: object) -> str:
    if not isinstance(value, str) or not is_key(value):
        raise ValueRefused(name=name, problem="the key of a stored image is needed.")
    return value


_URL = _or_null(text_up_to(2_048))

_LANGUAGE_FIELDS: Mapping[str, tuple[_Reader, object]] = {
    "description": (text_up_to(20_000), ""),
    "logo": (_or_null(_image), None),
    "small_tile": (_or_null(_image), None),
    "large_tile": (_or_null(_image), None),
    "screenshots": (_list_of(_image, 30), []),
    "youtube_url": (_URL, None),
    "search_terms": (_list_of(text_up_to(200), 50), []),
}

_SHAPES: Mapping[Module, _Reader] = {
    Module.AVAILABILITY: _record(
        {"visibility": (_one_of("Public", "Hidden"), "Public"), "markets": (_markets, "all")}
    ),
    Module.PROPERTIES: _record(
        {
            "category": (_or_null(text_up_to(100)), None),
            "website_url": (_URL, None),
            "support_contact": (_URL, None),
            "mature_content": (_flag, False),
        }
    ),
    Module.PRIVACY: _record(
        {
            "single_purpose": (text_up_to(10_000), ""),
            "permission_justifications": (_map_of(text_up_to(500), text_up_to(10_000), 200), {}),
            "remote_code": (_flag, False),
            "remote_code_justification": (text_up_to(10_000), ""),
            "data_usage": (_list_of(text_up_to(100), 50), []),
            "certifications": (_flag, False),
            "privacy_policy_url": (_URL, None),
        }
    ),
    Module.LISTING: _map_of(_language, _record(_LANGUAGE_FIELDS), 100),
}


def starting_content(module: Module) -> dict[str, Any]:
    """What a new draft's module holds: the defaults."""
    return {} if module is Module.PACKAGES else read_content(module, {})


def read_content(module: Module, value: object) -> dict[str, Any]:
    """Foreign JSON as the content of a module, with defaults for what is left out.

    Raises `ValueRefused` naming the field for a wrong type, an unknown field, or more than is stored.
    """
    if module is Module.PACKAGES:
        raise ValueRefused(name=module.value, problem="it is set by uploading a package.")
    accepted: dict[str, Any] = _SHAPES[module](module.value, value)
    return accepted


# ---- valid or not


def problems(
    module: Module, content: Mapping[str, Any], *, package: PackageFacts | None, require: Requirement
) -> tuple[str, ...]:
    """Sentences on what is wrong with a module and what to do; none when it is valid.

    ``content`` is what `read_content` accepted. Nothing is raised.
    """
    return tuple(
        _CHECKS[module](starting_content(module) | dict(content), package, require is Requirement.STORE)
    )


def _packages(_content: Mapping[str, Any], package: PackageFacts | None, _everything: bool) -> Iterator[str]:
    if package is None:
        yield "Package: there is none. Upload the extension as a .zip file."


def _availability(
    content: Mapping[str, Any], _package: PackageFacts | None, _everything: bool
) -> Iterator[str]:
    if content["markets"] == "all":
        return
    if not content["markets"]:
        yield "Markets: none is chosen, so nobody could get the add-on. Choose one or more, or all."
    for market in content["markets"]:
        if market not in COUNTRIES:
            yield f"Markets: {market} is not an ISO 3166 country code. Remove or correct it."


def _properties(content: Mapping[str, Any], _package: PackageFacts | None, everything: bool) -> Iterator[str]:
    category = content["category"]
    if category is None and everything:
        yield "Category: it is required. Choose one."
    if category is not None and category not in CATEGORIES:
        yield f"Category: {category} is not a category of this store. Choose one of {', '.join(CATEGORIES)}."
    yield from _check_url("Website URL", content["website_url"])
    contact = content["support_contact"]
    if (
        contact is not None
        and not _is_web_url(contact)
        and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", contact)
    ):
        yield "Support contact: it is neither a URL nor an e-mail address. Write it as one of them."


def _privacy(content: Mapping[str, Any], package: PackageFacts | None, everything: bool) -> Iterator[str]:
    for kind in content["data_usage"]:
        if kind not in DATA_USAGE:
            yield f"Data usage: {kind} is not known. Choose from {', '.join(DATA_USAGE)}."
    yield from _check_url("Privacy policy URL", content["privacy_policy_url"])
    if not everything:
        return
    if _is_blank(content["single_purpose"]):
        yield "Single purpose: it is required. Describe the one thing that the add-on is for."
    for permission in () if package is None else package.permissions:
        if _is_blank(content["permission_justifications"].get(permission, "")):
            yield f"Permission justification ({permission}): it is required. Say why the add-on needs it."
    if content["remote_code"] and _is_blank(content["remote_code_justification"]):
        yield "Remote code justification: it is required with remote code. Say why it cannot be packaged."
    if not content["certifications"]:
        yield "Certifications: they are required. Certify that the disclosures on data usage hold."
    if content["data_usage"] and content["privacy_policy_url"] is None:
        yield "Privacy policy URL: it is required where personal data is collected. Give the policy's URL."


def _listing(content: Mapping[str, Any], package: PackageFacts | None, everything: bool) -> Iterator[str]:
    for language, stored in content.items():
        yield from _check_language(language, read_language(stored), everything)
    if not everything:
        return
    if package is not None and _is_blank(package.description):
        yield "Short description: it is required. Add a description to manifest.json and upload it."
    needed = [locale.replace("_", "-") for locale in package.locales] if package else []
    for language in needed:
        if language not in content:
            yield f"Store listing ({language}): the package has this language, the listing has not. Add it."
    if not content and not needed:
        yield "Store listing: it has no language. Add at least one."


def read_language(stored: Mapping[str, Any]) -> dict[str, Any]:
    """One language of a listing with every field, also when it was stored before a field was known."""
    return {field: stored.get(field, copy.copy(default)) for field, (_, default) in _LANGUAGE_FIELDS.items()}


def _check_language(language: str, content: Mapping[str, Any], everything: bool) -> Iterator[str]:
    allowed = DESCRIPTION_CHARACTERS
    count = len(content["description"])
    if count == 0 and everything:
        yield f"Description ({language}): it is required. Write {allowed[0]} to {allowed[-1]:,} characters."
    if count and count not in allowed:
        advice = "Write more" if count < allowed[0] else "Shorten it"
        yield (
            f"Description ({language}): it has {count:,} characters; "
            f"{allowed[0]} to {allowed[-1]:,} are allowed. {advice}."
        )
    if content["logo"] is None and everything:
        yield f"Logo ({language}): it is required. Upload a square image of at least 128 by 128 pixels."
    count = len(content["screenshots"])
    if count > SCREENSHOTS_LIMIT:
        yield f"Screenshots ({language}): there are {count}; {SCREENSHOTS_LIMIT} are allowed. Remove some."
    url = content["youtube_url"]
    if url is not None and not _is_youtube_url(url):
        yield f"YouTube URL ({language}): it is not the URL of a video. Write https://www.youtube.com/watch?v=…"
    yield from _check_search_terms(language, content["search_terms"])


def _check_search_terms(language: str, terms: list[str]) -> Iterator[str]:
    name = f"Search terms ({language})"
    if len(terms) > SEARCH_TERMS_LIMIT:
        yield f"{name}: there are {len(terms)}; at most {SEARCH_TERMS_LIMIT} are allowed. Remove some."
    for number, term in enumerate(terms, start=1):
        if _is_blank(term):
            yield f"{name}: number {number} is blank. Remove it."
        if len(term) > SEARCH_TERM_CHARACTERS_LIMIT:
            yield (
                f"{name}: number {number} has {len(term)} characters; "
                f"at most {SEARCH_TERM_CHARACTERS_LIMIT} are allowed. Shorten it."
            )
    words = sum(len(term.split()) for term in terms)
    if words > SEARCH_WORDS_LIMIT:
        yield f"{name}: they are {words} words; at most {SEARCH_WORDS_LIMIT} are allowed in all. Remove some."


def _check_url(name: str, url: str | None) -> Iterator[str]:
    if url is not None and not _is_web_url(url):
        yield f"{name}: it is not a web address. Write it whole, with https://."


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


_Check: TypeAlias = Callable[[Mapping[str, Any], PackageFacts | None, bool], Iterator[str]]

_CHECKS: Mapping[Module, _Check] = {
    Module.PACKAGES: _packages,
    Module.AVAILABILITY: _availability,
    Module.PROPERTIES: _properties,
    Module.PRIVACY: _privacy,
    Module.LISTING: _listing,
}
