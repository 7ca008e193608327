"""The pages: ``/addons``, ``/addons/<CRX ID>``, and what belongs to them. HTML and CSS, no script.

Everything on them that comes from publishers is escaped, and the headers would not let it run if it were not.
A private store's pages need the token, and every link in them carries it on.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from openaddons.errors import NotFound, RequestRefused
from openaddons.objects import Objects
from openaddons.objects.keys import is_key
from openaddons.packages.images import Image, read_image
from openaddons.settings import Settings
from openaddons.store.catalogue import (
    find_add_on,
    find_icon_key,
    find_policy_subject,
    is_screenshot,
    search_catalogue,
)
from openaddons.store.session import Database
from openaddons.surfaces.design import IMMUTABLE, INERT, LOOK, MARK, NOSNIFF, FixedFiles, open_templates
from openaddons.surfaces.http import plain_route, respond
from openaddons.surfaces.storefront.add_on_page import add_on_view
from openaddons.surfaces.storefront.languages import accepted_languages
from openaddons.surfaces.storefront.policy import Browser, Entry, Format, Mode, System, make_policy
from openaddons.surfaces.updates.snapshot import PACKAGES_PATH
from openaddons.surfaces.updates.tokens import Tokens
from openaddons.text import one_line

ADDONS_PATH: Final = "/addons"

_HERE: Final = Path(__file__).parent
_CRX_ID: Final = re.compile(r"[a-p]{32}")
_ICON_BYTES_LIMIT: Final = 1 << 20
_SCREENSHOT_BYTES_LIMIT: Final = 5_000_000  # 1280 × 800 pixels of noise are 4 MB
_QUERY_CHARACTERS_LIMIT: Final = 100
_WORDS_LIMIT: Final = 8
_LAST_PAGE: Final = 10_000
_MODES: Final = (Mode.FORCE, Mode.NORMAL)
# One-click installation needs a referrer (chrome/browser/download/download_crx_util.cc); other sites get none,
# so a token in the address stays here.
_REFERRER: Final = (b"referrer-policy", b"same-origin")
_PAGE_CSP: Final = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    b"base-uri 'none'"
)
_PAGE_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _PAGE_CSP),
    _REFERRER,
    NOSNIFF,
)
_STATIC: Final = {"style.css": (*LOOK, _HERE / "static" / "style.css"), "mark.svg": MARK}
_MEDIA_TYPES: Final = {
    "PNG": b"image/png",
    "JPEG": b"image/jpeg",
    "GIF": b"image/gif",
    "BMP": b"image/bmp",
    "ICO": b"image/x-icon",
    "WebP": b"image/webp",
    "AVIF": b"image/avif",
}


class Answer(NamedTuple):
    """What is sent."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    status: int = 200


class StorefrontSurface:
    """The pages of one store."""

    def __init__(self, *, database: Database, objects: Objects, settings: Settings) -> None:
        self._database = database
        self._objects = objects
        self._settings = settings
        self._tokens = Tokens(settings)
        self._root = urlsplit(settings.base_url).path
        self._static = FixedFiles(_STATIC, path=f"{self._root}{ADDONS_PATH}/static")
        self._templates = open_templates(_HERE / "templates")
        self._templates.globals |= {"link": self._link, "static": self._static.address, "icon_tag": icon_tag}

    def routes(self) -> list[BaseRoute]:
        """Every path below ``/addons``."""
        one = ADDONS_PATH + "/{crx_id}"
        return [
            plain_route(ADDONS_PATH, "GET", self._answers(self._catalogue)),
            plain_route(ADDONS_PATH + "/static/{name}", "GET", self._answers(self._static_file)),
            plain_route(one, "GET", self._answers(self._add_on)),
            plain_route(one + "/icon", "GET", self._answers(self._icon)),
            plain_route(one + "/screenshots/{key}", "GET", self._answers(self._screenshot)),
            plain_route(one + "/policy/{browser}/{system}", "GET", self._answers(self._policy)),
        ]

    def _answers(self, make: Callable[[Scope, Mapping[str, str]], Answer]) -> ASGIApp:
        """An application that sends what ``make`` gives back in a thread; refusals become pages."""

        def made(scope: Scope) -> Answer:
            query = dict(parse_qsl(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True))
            try:
                return make(scope, query)
            except RequestRefused as refusal:
                # Without the token no link is shown, for links carry it.
                admitted = self._tokens.admit(scope["query_string"])
                page = self._page("refusal.html", refusal=refusal, q="", admitted=admitted)
                return page._replace(status=refusal.status, headers=(*page.headers, *refusal.headers))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            body, headers, status = await asyncio.to_thread(made, scope)
            await respond(scope, send, status, body, headers)

        return answer

    def _catalogue(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        self._tokens.check(scope["query_string"])
        q = one_line(query.get("q", "")[:_QUERY_CHARACTERS_LIMIT])
        given = query.get("page", "1")
        page = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
        if not 1 <= page <= _LAST_PAGE:
            raise NotFound
        found = self._database.read(search_catalogue, words=q.split()[:_WORDS_LIMIT], page=page)
        if page > 1 and not found.products:
            raise NotFound
        return self._page("catalogue.html", found=found, q=q, page=page)

    def _add_on(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        self._tokens.check(scope["query_string"])
        languages = accepted_languages(Headers(scope=scope).get("accept-language", ""))
        add_on = self._database.read(find_add_on, crx_id=_crx_id(scope), languages=languages)
        if add_on is None:
            raise NotFound
        mode = _one_of(query.get("mode") or Mode.FORCE, _MODES)
        ring = _one_of(query.get("ring", ""), ("", *add_on.rings))
        update_urls = {name: self._settings.update_url(name) for name in ("", *add_on.rings)}
        view = add_on_view(add_on, mode=mode, ring=ring, update_urls=update_urls)
        download = f"{PACKAGES_PATH}/{add_on.crx_id}/{add_on.digest}.crx"
        page = self._page(
            "add_on.html",
            add_on=add_on,
            view=view,
            mode=mode,
            ring=ring,
            modes=_MODES,
            download=download,
            sources=f"{'/'.join(self._settings.base_url.split('/')[:3])}/*",
            q="",
        )
        return page._replace(headers=(*page.headers, (b"vary", b"accept-language")))

    def _icon(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        self._tokens.check(scope["query_string"])
        key = self._database.read(find_icon_key, crx_id=_crx_id(scope))
        if key is None:
            raise NotFound
        tag = icon_tag(key)
        # The address names the bytes if it was made by one of our pages.
        cached = IMMUTABLE if query.get("v") == tag else b"no-cache"
        headers = ((b"cache-control", self._scope_of_cache() + cached), INERT, NOSNIFF)
        if key:
            data = b"".join(self._objects.read_range(key, 0, _ICON_BYTES_LIMIT))
            image = read_image(data)
            if isinstance(image, Image):
                return Answer(data, ((b"content-type", _MEDIA_TYPES[image.kind]), *headers))
        return Answer(self._static.content["mark.svg"], ((b"content-type", b"image/svg+xml"), *headers))

    def _screenshot(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        self._tokens.check(scope["query_string"])
        crx_id, key = _crx_id(scope), str(scope["path_params"]["key"])
        if not is_key(key) or not self._database.read(is_screenshot, crx_id=crx_id, key=key):
            raise NotFound
        data = b"".join(self._objects.read_range(key, 0, _SCREENSHOT_BYTES_LIMIT))
        cached = (b"cache-control", self._scope_of_cache() + IMMUTABLE)  # the address names the bytes
        return Answer(data, ((b"content-type", _MEDIA_TYPES["PNG"]), cached, INERT, NOSNIFF))

    def _policy(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        self._tokens.check(scope["query_string"])
        given, crx_id = scope["path_params"], _crx_id(scope)
        browser, system = _one_of(given["browser"], [*Browser]), _one_of(given["system"], [*System])
        mode = _one_of(query.get("mode") or Mode.FORCE, _MODES)
        subject = self._database.read(find_policy_subject, crx_id=crx_id)
        if subject is None:
            raise NotFound
        ring = _one_of(query.get("ring", ""), ("", *subject.rings))
        entry = Entry(crx_id, Mode.REMOVED if subject.blocked else mode, self._settings.update_url(ring))
        made = make_policy([entry], browser=browser, system=system, form=Format.FILE)
        headers = (
            (b"content-type", made.media_type.encode()),
            (b"content-disposition", f'attachment; filename="{made.file_name}"'.encode()),
            (b"cache-control", self._scope_of_cache() + b"no-cache"),
            NOSNIFF,
        )
        return Answer(made.text.encode(), headers)

    def _static_file(self, scope: Scope, query: Mapping[str, str]) -> Answer:
        return Answer(*self._static.find(scope["path_params"]["name"], tag=query.get("v")))

    def _page(self, template: str, **values: Any) -> Answer:
        text = self._templates.get_template(template).render(
            {"admitted": True, "token": next(iter(self._settings.tokens), "")} | values
        )
        headers = (*_PAGE_HEADERS, (b"cache-control", self._scope_of_cache() + b"no-cache"))
        return Answer(text.encode("utf-8", "replace"), headers)

    def _scope_of_cache(self) -> bytes:
        return b"private, " if self._settings.tokens else b"public, "

    def _link(self, path: str, **query: object) -> str:
        """An address of this store, relative to its host, with the token if it needs one."""
        given = {name: value for name, value in query.items() if value not in {"", None}}
        if self._settings.tokens:
            given["token"] = self._settings.tokens[0]
        return self._root + quote(path) + (f"?{urlencode(given)}" if given else "")


def icon_tag(icon_key: str | None) -> str:
    """Names the bytes of an icon: objects begin with their SHA-256."""
    return (icon_key or "none")[:16]


def _crx_id(scope: Scope) -> str:
    """The CRX ID in the path. Raises `NotFound`: databases do not take every text."""
    crx_id = str(scope["path_params"]["crx_id"])
    if not _CRX_ID.fullmatch(crx_id):
        raise NotFound
    return crx_id


def _one_of(value: str, known: Any) -> Any:
    """The member of ``known`` that is meant. Raises `NotFound`."""
    for each in known:
        if each == value:
            return each
    raise NotFound
