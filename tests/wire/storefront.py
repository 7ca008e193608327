"""The pages people see, as tests read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa

from openaddons.store.products import Product
from tests.stores import Account, RunningStore


class Page(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def addresses(self) -> list[str]:
        return [
            value
            for _, attributes in self.tags
            for name in ("href", "src", "action")
            if (value := attributes.get(name)) is not None
        ]


def page(store: RunningStore, path: str, status: int = 200) -> Page:
    answer = store.http.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


def update(store: RunningStore, account: Account, product: Product, package: bytes, version: str) -> None:
    store.status(account, product.id, store.upload(account, product.id, package), kind="upload")
    store.status(account, product.id, store.publish(account, product.id))
    store.wait_for(lambda: f'<th scope="row">{version}' in store.http.get(f"/addons/{product.crx_id}").text)


@contextmanager
def counted(store: RunningStore) -> Iterator[list[str]]:
    """The statements that the store sends to its database meanwhile, by the pages' connections."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    engine = store.workshop.tools.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def questions(statements: list[str]) -> int:
    """How many of them ask about the catalogue, products, releases, packages or rings by a page."""
    return sum("catalogue" in each or "releases" in each or "rings.name" in each for each in statements)
