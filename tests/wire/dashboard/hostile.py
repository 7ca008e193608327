"""A store with one of everything, in which everything that others write is an attack; and a walk over its pages."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import sqlalchemy as sa

from openaddons.store.certification.questions import ask_publisher
from openaddons.store.certification.queue import add_internal_note
from openaddons.store.products import Product
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.submissions import approve_submission, list_submissions, reject_submission
from openaddons.store.tables import people, sessions
from openaddons.store.telling.webhooks import create_webhook
from openaddons.surfaces.dashboard.app import PAGES, PREFIX
from openaddons.surfaces.dashboard.pages import Page
from tests.pictures import picture
from tests.stores import Account, RunningStore, make_account, make_published, make_zip
from tests.wire.dashboard.conftest import Browser
from tests.wire.manage.asking import ask

RUNS = "\"'><script>steal()</script><img src=x onerror=steal()>{{7*7}}"
FILE = "code/a'b&lt;script&gt;{{7+7}}.js"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="steal()"><script>steal()</script></svg>'

_OURS = {"htmx.min.js", "dashboard.js"}
_ADDRESSES = {"href", "src", "action", "formaction", "hx-get", "hx-post", "data", "poster", "srcset"}
_LINKS_LIMIT = 1_000


class Watched(HTMLParser):
    """A page: its links and forms, and what it would make a browser do that is not ours."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[str] = []
        """Where they go; those that say it, and their buttons that do."""
        self.faults: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "img":
            self.links.append(given.get("src", "").replace("/static/", "#"))
        if given.get("method") == "post" or "formaction" in given:
            self.forms.append(given.get("action") or given.get("formaction", ""))
        if tag == "script" and urlsplit(given.get("src", "")).path.rpartition("/")[2] not in _OURS:
            self.faults.append(f"a script: {given}")
        if tag in {"style", "iframe", "object", "embed", "base"}:
            self.faults.append(f"an element {tag}")
        for name, value in given.items():
            if name.startswith(("on", "hx-on")) or name in {"style", "srcdoc"}:
                self.faults.append(f"{tag} {name}={value}")
            if name in _ADDRESSES and urlsplit(value).scheme not in {"", "http", "https", "mailto"}:
                self.faults.append(f"{tag} {name}={value}")
            if name == "src" and urlsplit(value).netloc:
                self.faults.append(f"from elsewhere: {value}")


def hostile_zip(version: str) -> bytes:
    name = RUNS.replace("{{7*7}}", version)[:75]
    return make_zip(
        version,
        name="__MSG_name__",
        files={
            "_locales/en/messages.json": json.dumps({"name": {"message": name}}).encode(),
            FILE: f"// {RUNS} {version}".encode(),
            "picture.svg": SVG,
        },
        default_locale="en",
        author=RUNS,
        permissions=["tabs"],
    )


def fill(store: RunningStore, *, publisher: str = RUNS) -> Account:
    """Give a store, where people decide about submissions, one of everything, full of attacks."""
    database = store.workshop.tools.database
    account = make_account(store.workshop, publisher)
    product = make_published(store.workshop, account, hostile_zip("1.0.0"), name=RUNS)
    (first,) = database.read(list_submissions, product_id=product.id)
    database.run(reject_submission, submission_id=first.id, reason=RUNS, actor=RUNS)
    list_in_english(store, account, product)
    for version in ("1.0.1", "1.0.2"):
        make_published(store.workshop, account, hostile_zip(version), product=product)
        newest = database.read(list_submissions, product_id=product.id)[0]
        database.run(approve_submission, submission_id=newest.id, actor=RUNS)
        store.wait_for(lambda: store.product(product.id).state is ProductState.IN_STORE)
    make_published(store.workshop, account, hostile_zip("1.0.3"), product=product)
    newest = database.read(list_submissions, product_id=product.id)[0]
    database.run(add_internal_note, submission_id=newest.id, text=RUNS, actor=RUNS)
    database.run(ask_publisher, submission_id=newest.id, text=RUNS, review_days=7, actor=RUNS)
    database.run(
        create_webhook,
        publisher_id=account.publisher.id,
        url="http://127.0.0.1:9/%22%3E%3Cscript%3E",
        types=[],
        private_addresses=True,
        master_key=store.workshop.tools.master_key,
        actor=RUNS,
    )
    return account


def list_in_english(store: RunningStore, account: Account, product: Product) -> None:
    """A listing with a picture, and with texts that are attacks."""
    at = f"/products/{product.id}/draft"
    image = ask(store, "POST", f"{at}/images", account, content=picture(640, 480, "PNG")).json()
    english = {"description": RUNS * 5, "search_terms": [RUNS[:30]], "screenshots": [image["key"]]}
    answer = ask(store, "PUT", f"{at}/listing/en", account, json={"content": english})
    assert answer.status_code == 200, answer.text


def rename_everybody(tx: Transaction) -> None:
    """Give people and their browsers names that are attacks."""
    tx.execute(sa.update(people).values(name=RUNS))
    tx.execute(sa.update(sessions).values(user_agent=RUNS))


def pages_of(browser: Browser, *, of_each: int = _LINKS_LIMIT) -> Iterator[tuple[str, Watched]]:
    """Everything to which links lead from the first page; a file is a page on which nothing is.

    At most ``of_each`` addresses of one page of the table.
    """
    found: Counter[str] = Counter()
    known, to_open = {PREFIX}, [PREFIX]
    while to_open:
        path = to_open.pop()
        answer = browser.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        if not answer.headers["content-type"].startswith("text/html"):
            assert "default-src 'none'; sandbox" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            yield path, Watched("")
            continue
        page = Watched(answer.text)
        yield path, page
        for link in page.links:
            target = link.partition("#")[0]
            if target.startswith(PREFIX) and target not in known:
                known.add(target)
                name = page_at("GET", target).name
                found[name] += 1
                if found[name] <= of_each:
                    to_open.append(target)
        assert len(known) < _LINKS_LIMIT


def page_at(method: str, address: str) -> Page:
    """The row of the table."""
    path = urlsplit(address).path
    return next(page for page in PAGES if page.method == method and _pattern(page).fullmatch(path))


def _pattern(page: Page) -> re.Pattern[str]:
    return re.compile(PREFIX + re.sub(r"\{\w+\}", "[^/]+", page.path))
