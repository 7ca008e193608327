"""The dashboard: finds the page, asks who may, reads the form, and sends what the page makes.

Every answer to a person is made here, so the guards stand once: sessions, roles, forms of other sites, and the
headers by which a browser runs nothing that is not ours (docs/decisions/0012-dashboard.md).
"""

import asyncio
import re
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from openaddons.errors import (
    ChangedMeanwhile,
    FormForeign,
    NotFound,
    NotKnown,
    Refusal,
    RequestRefused,
    RoleMissing,
    TransitionRefused,
    ValueRefused,
)
from openaddons.ids import NOBODYS_GUID, read_guid
from openaddons.store.people.sessions import SEEN_EVERY, see_session
from openaddons.store.people.visitors import Role, Visitor, read_visit
from openaddons.store.products import Product
from openaddons.store.publishers import Publisher, digest_of
from openaddons.surfaces.dashboard import admin, certification, keys, modules, people, products, webhooks
from openaddons.surfaces.dashboard.cards import label_cells
from openaddons.surfaces.dashboard.cookies import Cookies
from openaddons.surfaces.dashboard.forms import FileRule, Form, read_form
from openaddons.surfaces.dashboard.pages import (
    NOTICES,
    ROLES,
    Answer,
    Download,
    HeaderLines,
    Html,
    Page,
    Redirect,
    Visit,
    Who,
)
from openaddons.surfaces.design import IMMUTABLE, INERT, LOOK, MARK, NOSNIFF, FixedFiles, open_templates
from openaddons.surfaces.edge.app import Door
from openaddons.surfaces.http import (
    ClientGone,
    correlation_id,
    plain_route,
    read_body,
    respond,
    sender_address,
)
from openaddons.surfaces.throttle import Throttle
from openaddons.work.tools import Tools

PREFIX: Final = "/dashboard"
PAGES: Final[tuple[Page, ...]] = (
    *admin.PAGES,
    *people.PAGES,
    *products.PAGES,
    *modules.PAGES,
    *certification.PAGES,
    *keys.PAGES,
    *webhooks.PAGES,
)
"""Every page, by noun."""

_SUBMISSION_ID: Final = re.compile(r"[0-9]{19}")
_HERE: Final = Path(__file__).parent
_STATIC: Final = {
    "style.css": (*LOOK, _HERE / "static" / "dashboard.css"),
    "dashboard.js": (_HERE / "static" / "dashboard.js",),
    "htmx.min.js": (_HERE / "static" / "htmx.min.js",),
    "mark.svg": MARK,
}
_CSP: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PAGE_HEADERS: Final[HeaderLines] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _CSP),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
    NOSNIFF,
)
_STATUSES: Final[Mapping[type[Refusal], int]] = {
    ChangedMeanwhile: 409,
    NotKnown: 404,
    TransitionRefused: 409,
    ValueRefused: 400,
}
"""What verbs of the store refuse, where the page has no place of its own to say so."""
_TITLES: Final = {
    400: "That did not work",
    403: "Not for you",
    404: "There is nothing here",
    408: "It took too long",
    409: "It has changed meanwhile",
    413: "That is too much",
    429: "Too often",
    503: "Nothing can be changed just now",
}


@dataclass(frozen=True, slots=True)
class _Admitted:
    """Who asks, and for whose page."""

    visitor: Visitor | None
    publisher: Publisher | None
    product: Product | None


class DashboardSurface:
    """Answers everything below ``/dashboard``."""

    def __init__(self, *, tools: Tools, throttle: Throttle, door: Door) -> None:
        self._tools = tools
        self._throttle = throttle
        self._door = door
        self._cookies = Cookies(tools.settings, tools.master_key.derive("forms of the dashboard"))
        self._proxies = tools.settings.proxy_networks
        self._root = urlsplit(tools.settings.base_url).path
        self._static = FixedFiles(_STATIC, path=f"{self._root}{PREFIX}/static")
        self._templates = open_templates(_HERE / "templates")
        self._templates.globals |= {"link": self._link, "static": self._static.address, "Role": Role}

    def routes(self) -> list[BaseRoute]:
        """Every path, with all its methods."""
        paths: dict[str, _Path] = {}
        for page in PAGES:
            paths.setdefault(PREFIX + page.path, _Path(self)).pages[page.method] = page
        return [
            plain_route(PREFIX + "/static/{name}", "GET", self._send_static),
            *(Route(path, each, methods=list(each.pages)) for path, each in paths.items()),
        ]

    async def answer(self, page: Page, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a page. Who may comes first, then the form, then the rest."""
        headers = Headers(scope=scope)
        cookies = _read_cookies(headers.get("cookie", ""))
        session = cookies.get(self._cookies.session_name, "")
        admitted = _Admitted(None, None, None)
        try:
            path = _well_formed(scope["path_params"])
            admitted = await asyncio.to_thread(self._admit, session, path)
            if not _may(admitted, page.who):
                if admitted.visitor is None:
                    await self._send_to_sign_in(page, scope, send)
                    return
                _refuse(admitted, page.who)
            visit = Visit(
                tools=self._tools,
                visitor=admitted.visitor,
                path=path,
                query=dict(parse_qsl(scope["query_string"].decode("ascii", "replace"), max_num_fields=100)),
                correlation_id=correlation_id(scope),
                address=sender_address(scope, self._proxies),
                user_agent=headers.get("user-agent", "")[:300],
                cookies=cookies,
                jar=self._cookies,
                publisher=admitted.publisher,
                product=admitted.product,
            )
            await self._see(admitted.visitor)
            if page.method == "GET":
                answer = await asyncio.to_thread(page.answer, visit)
            else:
                answer = await self._take(page, visit, scope, receive)
        except (*_STATUSES, RequestRefused) as refusal:  # type: ignore[misc]  # a tuple of classes, in two parts
            answer = _tell(refusal, scope)
        await self._send(answer, admitted, cookies, scope, send)

    def _admit(self, session: str, path: Mapping[str, str]) -> _Admitted:
        visitor, publisher, product = self._tools.database.read(
            read_visit,
            digest=digest_of(session) if session else None,
            publisher_id=path.get("publisher_id"),
            product_id=path.get("product_id"),
            submission_id=path.get("submission_id"),
        )
        return _Admitted(visitor, publisher, product)

    async def _see(self, visitor: Visitor | None) -> None:
        database = self._tools.database
        if visitor is not None and database.clock.now() - visitor.last_seen_time > SEEN_EVERY:
            await database.run_async(see_session, session_id=visitor.session_id)

    async def _take(self, page: Page, visit: Visit, scope: Scope, receive: Receive) -> Answer:
        """Read a form that one of our own pages sent, and do what it says."""
        headers = Headers(scope=scope)
        if not self._same_origin(headers):
            raise FormForeign
        with self._door.passing():
            sender = visit.visitor.person.id if visit.visitor else visit.address
            self._throttle.check("dashboard", sender)
            settings, rule = self._tools.settings, None
            if page.file_bytes is not None:
                begin = self._tools.objects.begin if page.into_objects else None
                rule = FileRule(page.file_bytes(settings), begin)
            pieces = read_body(
                receive,
                idle_seconds=settings.upload_idle_seconds,
                total_seconds=settings.upload_total_seconds,
            )
            with nullcontext() if rule is None else self._throttle.one_of_few("upload", sender):
                form = await read_form(pieces, headers, files=rule)
            return await asyncio.to_thread(self._act, page, visit, form)

    def _act(self, page: Page, visit: Visit, form: Form) -> Answer:
        with form:
            if not self._cookies.is_own_form(visit.cookies, form["csrf"]):
                raise FormForeign
            return page.answer(replace(visit, form=form))

    def _same_origin(self, headers: Headers) -> bool:
        """What the browser says of where the form comes from (Fetch Metadata; Fetch, "Origin header")."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        if origin is None:
            return True  # an old browser, or none: then the form's own field decides
        own = urlsplit(self._tools.settings.base_url)
        return origin == f"{own.scheme}://{own.netloc}" or urlsplit(origin).netloc == headers.get("host")

    async def _send_to_sign_in(self, page: Page, scope: Scope, send: Send) -> None:
        query = scope["query_string"].decode("ascii", "replace")
        wanted = scope["path"] + (f"?{query}" if query else "")
        back = wanted if page.method == "GET" else PREFIX
        location = self._link(f"{PREFIX}/sign-in", next=back)
        await respond(scope, send, 303, headers=[(b"location", location.encode()), *_PAGE_HEADERS])

    async def _send(
        self, answer: Answer, admitted: _Admitted, cookies: Mapping[str, str], scope: Scope, send: Send
    ) -> None:
        if isinstance(answer, Redirect):
            location = self._link(answer.path, notice=answer.notice)
            headers = [(b"location", location.encode()), *_PAGE_HEADERS, *answer.headers]
            await respond(scope, send, 303, headers=headers)
        elif isinstance(answer, Html):
            body, headers = await asyncio.to_thread(self._render, answer, admitted, cookies, scope)
            await respond(scope, send, answer.status, body, headers)
        else:
            await _send_file(answer, scope, send)

    def _render(
        self, answer: Html, admitted: _Admitted, cookies: Mapping[str, str], scope: Scope
    ) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        notice = dict(parse_qsl(scope["query_string"].decode("ascii", "replace"))).get("notice", "")
        forms = self._cookies.own_forms(cookies)
        values: dict[str, Any] = {
            "visitor": admitted.visitor,
            "publisher": admitted.publisher,
            "product": admitted.product,
            "role": _role(admitted),
            "navigation": _navigation(admitted.visitor),
            "notice": NOTICES.get(notice, ""),
            "read_only": self._tools.settings.read_only,
            "csrf": forms.field,
            "now": self._tools.database.clock.now(),
            "correlation_id": correlation_id(scope),
        }
        text = self._templates.get_template(answer.template).render(values | dict(answer.values))
        return label_cells(text).encode("utf-8", "replace"), [*_PAGE_HEADERS, *forms.headers, *answer.headers]

    async def _send_static(self, scope: Scope, receive: Receive, send: Send) -> None:
        tag = dict(parse_qsl(scope["query_string"].decode("ascii", "replace"))).get("v")
        body, headers = self._static.find(scope["path_params"]["name"], tag=tag)
        await respond(scope, send, 200, body, headers)

    def _link(self, path: str, **query: object) -> str:
        """An address of this store, relative to its host."""
        address, mark, given = path.partition("?")
        added = urlencode({name: value for name, value in query.items() if value not in {"", None}})
        return (
            self._root
            + quote(address)
            + (mark or ("?" if added else ""))
            + "&".join(filter(None, (given, added)))
        )


class _Path:
    """A path: what its methods answer."""

    def __init__(self, surface: DashboardSurface) -> None:
        self.pages: dict[str, Page] = {}
        self._surface = surface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        with suppress(ClientGone):
            await self._surface.answer(self.pages[method], scope, receive, send)


def _read_cookies(header: str) -> dict[str, str]:
    """The cookies of a request; none of a header that is no list of cookies."""
    with suppress(Exception):  # http.cookies raises more than it names
        return {name: each.value for name, each in SimpleCookie(header).items()}
    return {}


def _well_formed(path: Mapping[str, Any]) -> dict[str, str]:
    """What the path names; a malformed id becomes one that names nothing, for databases do not take every text."""
    named = {name: str(value) for name, value in path.items()}
    for name, value in named.items():
        if name == "submission_id":
            named[name] = value if _SUBMISSION_ID.fullmatch(value) else "0"
        elif name.endswith("_id"):
            named[name] = read_guid(value) or NOBODYS_GUID
    return named


def _role(admitted: _Admitted) -> Role | None:
    if admitted.visitor is None or admitted.publisher is None:
        return None
    return admitted.visitor.role(admitted.publisher.id)


def _may(admitted: _Admitted, who: Who) -> bool:
    """Whether the visitor may open a page for ``who``."""
    visitor = admitted.visitor
    if visitor is None or who is Who.ANYBODY:
        return who is Who.ANYBODY
    reviewer = visitor.person.reviewer or visitor.person.administrator
    if who in ROLES:
        role = _role(admitted)
        by_role = role is not None and role >= ROLES[who]
        return by_role or (who is Who.READER and reviewer and admitted.publisher is not None)
    others = {Who.SIGNED_IN: True, Who.REVIEWER: reviewer, Who.ADMINISTRATOR: visitor.person.administrator}
    return others[who]


def _refuse(admitted: _Admitted, who: Who) -> None:
    """Say no to somebody who is signed in. What is not theirs is to them as if it were not there."""
    if who in ROLES and _role(admitted) is None:
        raise NotFound
    remedy = "Ask an owner of the publisher." if who in ROLES else "Ask an administrator of this store."
    raise RoleMissing(needed=who.value, remedy=remedy)


def _navigation(visitor: Visitor | None) -> list[tuple[str, str, str]]:
    """Key, title and path of what the bar shows."""
    if visitor is None:
        return []
    entries = [("products", "Products", PREFIX)]
    if visitor.person.reviewer or visitor.person.administrator:
        entries.append(("queue", "Certification", f"{PREFIX}/queue"))
    if visitor.person.administrator:
        entries.append(("admin", "Administration", f"{PREFIX}/admin"))
    return entries


def _tell(refusal: Refusal, scope: Scope) -> Html:
    status = refusal.status if isinstance(refusal, RequestRefused) else _STATUSES[type(refusal)]
    headers = refusal.headers if isinstance(refusal, RequestRefused) else ()
    values = {"refusal": refusal, "title": _TITLES.get(status, "The store cannot answer now")}
    return Html("refusal.html", values, status, headers)


async def _send_file(answer: Download, scope: Scope, send: Send) -> None:
    """Send a file piece by piece, each read in a thread."""
    way = b"inline" if answer.inline else b"attachment"
    name = quote(answer.file_name, safe="")
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-length", str(answer.size_bytes).encode()),
                (b"content-type", answer.media_type.encode()),
                (b"content-disposition", b"%b; filename*=UTF-8''%b" % (way, name.encode())),  # RFC 6266
                (b"cache-control", b"private, " + (IMMUTABLE if answer.immutable else b"no-store")),
                (b"x-correlation-id", correlation_id(scope).encode()),
                INERT,
                NOSNIFF,
            ],
        }
    )
    pieces = iter(answer.pieces)
    while piece := await asyncio.to_thread(next, pieces, b""):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
