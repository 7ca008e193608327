"""The forms of a draft's modules, as a person fills them in."""

import re
from typing import Any

from openaddons.policies import Requirement
from openaddons.store.drafts import read_draft
from openaddons.store.modules import Module
from openaddons.store.products import Product
from tests.stores import RunningStore
from tests.wire.dashboard.conftest import Browser

TEXT = "It counts tabs. " * 20
TAG = re.compile(r'name="tag" value="([0-9a-f]{16})"')


def path(product: Product, rest: str) -> str:
    return f"/dashboard/products/{product.id}/{rest}"


def stored(store: RunningStore, product: Product, module: Module) -> Any:
    draft = store.workshop.tools.database.read(read_draft, product_id=product.id, require=Requirement.PACKAGE)
    return next(each.content for each in draft.modules if each.module is module)


def save(browser: Browser, at: str, fields: dict[str, Any], *, tag: str | None = None, **more: Any) -> Any:
    """Fill in the form of the page at ``at`` and save it."""
    seen = tag or TAG.findall(browser.get(at).text)[0]
    return browser.send(at, {"tag": seen, "do": "save"} | fields, **more)


def shown_value(page: str, name: str) -> str:
    """What is in a text field of a page."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    found = found or re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


def beside(page: str, name: str) -> str:
    """The problem that stands beside a field."""
    found = re.search(rf'<p class="problem" id="{re.escape(name)}-problem">(.*?)</p>', page)
    return found[1] if found else ""


def with_language(browser: Browser, product: Product, language: str = "en") -> str:
    """The page of a language, which the listing has now."""
    at = path(product, "listing")
    answer = browser.send(at, {"language": language})
    assert answer.headers["location"] == f"{at}/{language}"
    return f"{at}/{language}"
