"""Rulesets of declarative net request, as the browser judges them when it loads an unpacked extension.

Three things may be wrong with a file, and only the first two are errors:

* It is no JSON list (file_backed_ruleset_source.cc).
* A rule breaks a rule of the API, such as that filters are ASCII (indexed_rule.cc). Of a packed extension, the
  browser drops such a rule and says nothing; unpacked, it refuses the extension and names the rule.
* A rule is not shaped like one: a string for its id, an unknown action. The browser drops it with a warning,
  lest extensions for newer browsers fail. So does this module.

The words are the browser's (constants.cc).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

from openaddons.packages.archive import CheckCancelled, never
from openaddons.packages.browser_json import NotJson
from openaddons.packages.plain_json import is_deep, memory_bytes, strict_value
from openaddons.packages.re2 import BadPattern, capturing_groups, check_rewrite
from openaddons.packages.regexes import regex
from openaddons.packages.urls import web_host

Object: TypeAlias = dict[str, Any]

_JSON_DEPTH = 200
_KEPT_FAULTS = 5
# The browser reads 330 000 rules of one file; as long as real ones are, they take less.
_MOST_MEMORY_BYTES: Final = 512 << 20
# RE2 gives the browser's patterns 2 KiB. These would not fit, whatever they say.
_LONGEST_REGEX: Final = 1 << 20
_Cancelled: TypeAlias = Callable[[], bool]


class Ruleset(NamedTuple):
    """What a file of rules holds."""

    faults: tuple[str, ...] = ()
    """The first few. A file that cannot be read as a list has one, and no rules."""
    rule_count: int = 0
    regex_rule_count: int = 0


@dataclass(frozen=True, slots=True)
class RulesetReader:
    """A reader that stops when nobody wants to know any more: rulesets are large."""

    cancelled: _Cancelled

    def __call__(self, data: bytes) -> Ruleset:
        """As ``read_ruleset``."""
        return read_ruleset(data, self.cancelled)


def read_ruleset(data: bytes, cancelled: _Cancelled = never) -> Ruleset:
    """The rules in a file. It may be broken in any way.

    Raises:
        CheckCancelled: ``cancelled`` said yes.
    """
    if memory_bytes(data) > _MOST_MEMORY_BYTES:
        return Ruleset(("it holds more values than all rules that a browser reads",))
    try:
        rules = strict_value(data, _JSON_DEPTH)
    except NotJson as fault:
        return Ruleset((str(fault),))
    if not isinstance(rules, list):
        return Ruleset(("Rules file must contain a list",))
    unusual = [rule for rule in _watched(rules, cancelled) if not _is_plain(rule)]
    if is_deep(unusual, _JSON_DEPTH):
        return Ruleset(("nested too deep",))
    shapeless = {id(rule) for rule in _watched(unusual, cancelled) if not _RULE(rule)}
    shaped = [rule for rule in rules if id(rule) not in shapeless] if shapeless else rules
    unusual = [rule for rule in unusual if id(rule) not in shapeless]
    regex_rule_count = sum("regexFilter" in rule["condition"] for rule in shaped)
    faults = _faults(shaped, unusual, cancelled)
    return Ruleset(tuple(islice(faults, _KEPT_FAULTS)), len(shaped), regex_rule_count)


def _watched(items: Iterable[Any], cancelled: _Cancelled) -> Iterator[Any]:
    """The items, as long as somebody wants to know."""
    for item in items:
        if cancelled():
            raise CheckCancelled
        yield item


def _faults(rules: list[Object], unusual: list[Object], cancelled: _Cancelled) -> Iterator[str]:
    """What is wrong with rules that have the shape of one. Only the unusual ones can be broken themselves."""
    told: set[int] = set()
    if len({rule["id"] for rule in rules}) < len(rules):
        seen: set[int] = set()
        for rule in rules:
            if rule["id"] in seen:
                told.add(id(rule))
                yield f"Rule with id {rule['id']} does not have a unique ID"
            seen.add(rule["id"])
    for rule in _watched(unusual, cancelled):
        broken = next(_broken(rule, cancelled), None) if id(rule) not in told else None
        if broken is not None:
            yield f"Rule with id {rule['id']} {broken}"


# The shape of a rule (declarative_net_request.idl). Only whether a value has it is asked, and very often.

_Shape: TypeAlias = Callable[[Any], bool]
# base::Value has no other integers; greater ones are doubles, which are no ids.
_INT32 = range(-(1 << 31), 1 << 31)


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_boolean(value: Any) -> bool:
    return type(value) is bool


def _is_integer(value: Any) -> bool:
    return type(value) is int and value in _INT32


def _one_of(*words: str) -> _Shape:
    known = frozenset(words)
    return lambda value: type(value) is str and value in known


def _list_of(shape: _Shape) -> _Shape:
    return lambda value: type(value) is list and all(map(shape, value))


def _object(required: dict[str, _Shape], optional: dict[str, _Shape]) -> _Shape:
    members = required | optional
    names = required.keys()

    def fits(value: Any) -> bool:
        if type(value) is not dict or not names <= value.keys():
            return False
        return all(members[name](member) for name, member in value.items() if name in members)

    return fits


_TEXTS = _list_of(_is_text)
_RESOURCE_TYPES: Final = (
    *("main_frame", "sub_frame", "stylesheet", "script", "image", "font", "object", "xmlhttprequest"),
    *("ping", "csp_report", "media", "websocket", "webtransport", "webbundle", "other"),
)
_TYPES = _list_of(_one_of(*_RESOURCE_TYPES))
_METHODS = _list_of(_one_of("connect", "delete", "get", "head", "options", "patch", "post", "put", "other"))
_HEADER_INFOS = _list_of(_object({"header": _is_text}, {"values": _TEXTS, "excludedValues": _TEXTS}))
_CONDITION = _object(
    {},
    {
        "urlFilter": _is_text,
        "regexFilter": _is_text,
        "isUrlFilterCaseSensitive": _is_boolean,
        "initiatorDomains": _TEXTS,
        "excludedInitiatorDomains": _TEXTS,
        "requestDomains": _TEXTS,
        "excludedRequestDomains": _TEXTS,
        "topDomains": _TEXTS,
        "excludedTopDomains": _TEXTS,
        "domains": _TEXTS,
        "excludedDomains": _TEXTS,
        "resourceTypes": _TYPES,
        "excludedResourceTypes": _TYPES,
        "requestMethods": _METHODS,
        "excludedRequestMethods": _METHODS,
        "domainType": _one_of("firstParty", "thirdParty"),
        "tabIds": _list_of(_is_integer),
        "excludedTabIds": _list_of(_is_integer),
        "responseHeaders": _HEADER_INFOS,
        "excludedResponseHeaders": _HEADER_INFOS,
    },
)
_QUERY_TRANSFORM = _object(
    {},
    {
        "removeParams": _TEXTS,
        "addOrReplaceParams": _list_of(
            _object({"key": _is_text, "value": _is_text}, {"replaceOnly": _is_boolean})
        ),
    },
)
_URL_PARTS = ("scheme", "host", "port", "path", "query", "fragment", "username", "password")
_REDIRECT = _object(
    {},
    {
        "extensionPath": _is_text,
        "transform": _object({}, dict.fromkeys(_URL_PARTS, _is_text) | {"queryTransform": _QUERY_TRANSFORM}),
        "url": _is_text,
        "regexSubstitution": _is_text,
    },
)
_MODIFY_HEADERS = _list_of(
    _object(
        {"header": _is_text, "operation": _one_of("append", "set", "remove")},
        {
            "value": _is_text,
            "regexFilter": _is_text,
            "regexSubstitution": _is_text,
            "regexOptions": _object({}, {"matchAll": _is_boolean}),
        },
    )
)
_RULE = _object(
    {
        "id": _is_integer,
        "condition": _CONDITION,
        "action": _object(
            {
                "type": _one_of(
                    "block", "redirect", "allow", "upgradeScheme", "modifyHeaders", "allowAllRequests"
                )
            },
            {"redirect": _REDIRECT, "requestHeaders": _MODIFY_HEADERS, "responseHeaders": _MODIFY_HEADERS},
        ),
    },
    {"priority": _is_integer},
)


# Nearly all rules of large rulesets are like this, so that they need not be looked at twice.
_PLAIN_ACTIONS = ({"type": "block"}, {"type": "allow"}, {"type": "upgradeScheme"})
_PLAIN_MEMBERS = frozenset({"id", "priority", "condition", "action"})
_PLAIN_LISTS = frozenset(
    {"initiatorDomains", "excludedInitiatorDomains", "requestDomains", "excludedRequestDomains"}
)


def _is_plain(rule: Any) -> bool:
    """Whether it has the shape of a rule, nothing that is seldom used, and no fault but maybe its id."""
    if (
        type(rule) is not dict
        or not rule.keys() <= _PLAIN_MEMBERS
        or rule.get("action") not in _PLAIN_ACTIONS
    ):
        return False
    condition = rule.get("condition")
    for number in (rule.get("id"), rule.get("priority", 1)):
        if type(number) is not int or number < 1 or number not in _INT32:
            return False
    return type(condition) is dict and all(_is_plain_member(key, value) for key, value in condition.items())


def _is_plain_member(key: str, value: Any) -> bool:
    if key == "urlFilter":
        return type(value) is str and value.isascii() and value != "" and not value.startswith("||*")
    if key in _PLAIN_LISTS:
        return (
            type(value) is list
            and value != []
            and all(type(item) is str and item.isascii() for item in value)
        )
    if key == "resourceTypes":
        return value != [] and _TYPES(value)
    return key == "isUrlFilterCaseSensitive" and type(value) is bool


# What a rule of that shape must keep to (indexed_rule.cc CreateIndexedRule).

_NOT_EMPTY = (
    *("domains", "initiatorDomains", "requestDomains", "topDomains", "resourceTypes", "requestMethods"),
    *("tabIds", "responseHeaders", "excludedResponseHeaders"),
)
_DOMAINS = (
    *("domains", "excludedDomains", "initiatorDomains", "excludedInitiatorDomains"),
    *("requestDomains", "excludedRequestDomains", "topDomains", "excludedTopDomains"),
)
_DEPRECATED = (("domains", "initiatorDomains"), ("excludedDomains", "excludedInitiatorDomains"))
_FRAMES = frozenset({"main_frame", "sub_frame"})
_TRANSFORM_SCHEMES = frozenset({"http", "https", "ftp", "chrome-extension"})
_PORT = regex(r"\+?0*[0-9]{1,5}")
_SCHEME = regex("([A-Za-z][A-Za-z0-9+.-]*):")
_SCHEMES_WITH_HOST = frozenset({"http", "https", "ftp", "ws", "wss", "chrome-extension"})
_BLANKS: Final = "".join(map(chr, range(33)))
# RFC 9110, 5.6.2; http_util.cc IsValidHeaderValue.
_HEADER_NAME = regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_HEADER_VALUE = regex("[\0\r\n]")
# constants.h kDNRRequestHeaderAppendAllowList: headers that hold lists.
_APPENDABLE = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "access-control-request-headers", "cache-control"),
        *("connection", "content-language", "cookie", "forwarded", "if-match", "if-none-match", "keep-alive"),
        *("range", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "want-digest"),
        "x-forwarded-for",
    }
)


def _broken(rule: Object, cancelled: _Cancelled) -> Iterator[str]:
    """What is wrong with a rule; only the first matters."""
    for key, value in (("id", rule["id"]), ("priority", rule.get("priority", 1))):
        if value < 1:
            yield f"has an invalid value for {key} key. This should be greater than or equal to 1"
    condition, action = rule["condition"], rule["action"]
    if action["type"] == "redirect":
        yield from _broken_redirect(action.get("redirect", {}))
    yield from _broken_lists(condition)
    yield from _broken_filter(condition, action)
    yield from _broken_types(condition, action["type"])
    yield from _broken_domains(condition)
    yield from _broken_matching_headers(condition)
    if action["type"] == "modifyHeaders":
        yield from _broken_headers(condition, action, cancelled)


def _broken_redirect(redirect: Object) -> Iterator[str]:
    """ParseRedirect: of several ways to redirect, the first one counts."""
    if "url" in redirect:
        url = redirect["url"].strip(_BLANKS)
        if not _is_url(url):
            yield "does not provide a valid URL for action.redirect.url key"
        elif url.lower().startswith("javascript:"):
            yield _incorrect("action.redirect.url", "Redirects to javascript urls are not supported")
    elif "extensionPath" in redirect:
        if not redirect["extensionPath"].startswith("/"):
            yield _incorrect("action.redirect.extensionPath")
    elif "transform" in redirect:
        yield from _broken_transform(redirect["transform"])
    elif "regexSubstitution" not in redirect:
        yield _incorrect("action.redirect")
    elif not redirect["regexSubstitution"]:
        yield _incorrect("action.redirect.regexSubstitution")


def _broken_transform(transform: Object) -> Iterator[str]:
    key = "action.redirect.transform"
    if transform.get("scheme", "http") not in _TRANSFORM_SCHEMES:
        allowed = ", ".join(sorted(_TRANSFORM_SCHEMES))
        yield _incorrect(f"{key}.scheme", f"Allowed values are: [{allowed}]")
    port = transform.get("port", "")
    if port and not (_PORT.fullmatch(port) and int(port) <= 65535):
        yield _incorrect(f"{key}.port")
    for part, begin in (("query", "?"), ("fragment", "#")):
        if transform.get(part, "")[:1] not in {"", begin}:
            yield _incorrect(f"{key}.{part}")
    if "query" in transform and "queryTransform" in transform:
        yield f'cannot specify both "{key}.query" and "{key}.queryTransform" keys'


def _is_url(url: str) -> bool:
    """GURL::is_valid. Any text may follow a scheme that has no hosts."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        return False
    return scheme[1].lower() not in _SCHEMES_WITH_HOST or web_host(f"https:{url[scheme.end() :]}") is not None


def _incorrect(key: str, *more: str) -> str:
    return ". ".join((f'specifies an incorrect value for the "{key}" key', *more))


def _broken_lists(condition: Object) -> Iterator[str]:
    for key in _NOT_EMPTY:
        if condition.get(key) == []:
            yield f"cannot have an empty list as the value for {key} key"
    if "tabIds" in condition or "excludedTabIds" in condition:
        yield (
            'specifies a value for "tabIds" or "excludedTabIds" key. '
            "These are only supported for session-scoped rules"
        )


def _broken_filter(condition: Object, action: Object) -> Iterator[str]:
    url_filter = condition.get("urlFilter")
    if url_filter is not None and "regexFilter" in condition:
        yield 'can only specify one of "urlFilter" or "regexFilter" keys'
    redirect = action.get("redirect", {}) if action["type"] == "redirect" else {}
    # A substitution counts only where no other way to redirect comes before it.
    others = redirect.keys() & {"url", "extensionPath", "transform"}
    substitution = None if others else redirect.get("regexSubstitution")
    yield from _broken_regex(condition.get("regexFilter"), substitution)
    if url_filter is None:
        return
    if not url_filter:
        yield "cannot have an empty value for urlFilter key"
    if not url_filter.isascii():
        yield _not_ascii("urlFilter")
    if url_filter.startswith("||*"):
        yield _incorrect("urlFilter")


def _broken_regex(pattern: str | None, substitution: str | None) -> Iterator[str]:
    """Of patterns that RE2 compiles, some are too large for the browser; it drops those with a warning."""
    if pattern is None:
        if substitution is not None:
            yield 'can\'t specify the "regexSubstitution" key without specifying the "regexFilter" key'
    elif not pattern:
        yield "cannot have an empty value for regexFilter key"
    elif not pattern.isascii():
        yield _not_ascii("regexFilter")
    elif len(pattern) > _LONGEST_REGEX:
        yield _incorrect("regexFilter", "It is too long")
    else:
        try:
            groups = capturing_groups(pattern)
        except BadPattern as fault:
            yield _incorrect("regexFilter", str(fault))
            return
        try:
            check_rewrite(substitution or "", groups)
        except BadPattern as fault:
            yield _incorrect("regexSubstitution", str(fault))


def _not_ascii(key: str) -> str:
    return f'cannot have non-ascii characters as part of "{key}" key'


def _broken_types(condition: Object, action_type: str) -> Iterator[str]:
    for what, included, excluded in (
        ("request method", "requestMethods", "excludedRequestMethods"),
        ("resource", "resourceTypes", "excludedResourceTypes"),
    ):
        if excluded in condition and not set(condition.get(included, ())).isdisjoint(condition[excluded]):
            yield f"includes and excludes the same {what}"
    types = set(condition.get("resourceTypes", ()))
    if len(set(condition.get("excludedResourceTypes", ()))) == len(_RESOURCE_TYPES):
        yield "is not applicable to any resource type"
    if action_type == "allowAllRequests" and not (types and types <= _FRAMES):
        yield (
            'is an "allowAllRequests" rule and must specify the "resourceTypes" key. '
            'It may only include the "main_frame" and "sub_frame" resource types'
        )


def _broken_domains(condition: Object) -> Iterator[str]:
    for deprecated, key in _DEPRECATED:
        if deprecated in condition and key in condition:
            yield f'cannot use deprecated field "{deprecated}". Use "{key}" instead'
    for key in _DOMAINS:
        if key in condition and not all(map(str.isascii, condition[key])):
            yield _not_ascii(key)


def _broken_matching_headers(condition: Object) -> Iterator[str]:
    included = condition.get("responseHeaders", ())
    excluded = condition.get("excludedResponseHeaders", ())
    for info in (*included, *excluded):
        if not _HEADER_NAME.fullmatch(info["header"]):
            yield "must specify a valid header name to be matched"
        if not all(map(_is_header_value, (*info.get("values", ()), *info.get("excludedValues", ())))):
            yield "specifies an invalid header value to be matched"
    names = {info["header"] for info in included}
    for info in excluded:
        if info["header"] in names and not info.keys() & {"values", "excludedValues"}:
            yield "includes and excludes the same response header"


def _broken_headers(condition: Object, action: Object, cancelled: _Cancelled) -> Iterator[str]:
    requests, responses = action.get("requestHeaders"), action.get("responseHeaders")
    if not requests and not responses:
        yield (
            'does not specify a value for "requestHeaders" or "responseHeaders" key. '
            "At least one of these keys must be specified with a non-empty list"
        )
    for key, headers in (("requestHeaders", requests), ("responseHeaders", responses)):
        if headers == []:
            yield f"cannot have an empty list as the value for action.{key} key"
    if requests and condition.keys() & {"responseHeaders", "excludedResponseHeaders"}:
        yield "cannot modify request headers, for it matches on response headers"
    yield from _broken_operations(_watched(requests or (), cancelled), appendable=_APPENDABLE)
    yield from _broken_operations(_watched(responses or (), cancelled), appendable=None)


def _broken_operations(headers: Iterable[Object], *, appendable: frozenset[str] | None) -> Iterator[str]:
    for header in headers:
        name, operation, value = header["header"], header["operation"], header.get("value")
        if not _HEADER_NAME.fullmatch(name):
            yield "must specify a valid header name to be modified"
        if operation == "append" and appendable is not None and name.lower() not in appendable:
            yield (
                "specifies an invalid request header to be appended. Only standard HTTP request headers "
                "that can specify multiple values for a single entry are supported"
            )
        if value is not None and not _is_header_value(value):
            yield "specifies an invalid header value"
        if operation == "remove" and value is not None:
            yield "must not provide a header value for a header to be removed"
        if operation != "remove" and value is None:
            yield "must provide a value for a header to be appended/set"
        yield from _broken_regex(header.get("regexFilter"), header.get("regexSubstitution"))


def _is_header_value(value: str) -> bool:
    return _NOT_IN_HEADER_VALUE.search(value) is None
