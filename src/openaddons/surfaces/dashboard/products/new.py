"""A new product: its name, and for an add-on that is in the field already the key that it has there."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.work.creating import make_product

KEY_BYTES_LIMIT: Final = 1 << 16


def _show(visit: Visit) -> Html:
    return _form()


def _form(name: str = "", refusal: ValueRefused | None = None) -> Html:
    problems = {} if refusal is None else {refusal.facts["name"]: refusal.facts["problem"]}
    values = {"name": name, "problems": problems, "limit_bytes": KEY_BYTES_LIMIT}
    return Html("products/new.html", values, status=200 if refusal is None else 400)


def _create(visit: Visit) -> Answer:
    assert visit.publisher is not None
    name, key = visit.form["name"], visit.form.file("key")
    try:
        made = make_product(
            visit.tools,
            publisher=visit.publisher,
            name=name,
            actor=visit.actor,
            pem=None if key is None else bytes(key.content),
            correlation_id=visit.correlation_id,
        )
    except ValueRefused as refusal:
        return _form(name, refusal)
    return Redirect(f"/dashboard/products/{made.id}", notice="product-created")


_PATH: Final = "/publishers/{publisher_id}/products/new"

PAGES: Final = (
    Page("new product", "GET", _PATH, Who.DEVELOPER, _show),
    Page(
        "create product", "POST", _PATH, Who.DEVELOPER, _create, file_bytes=lambda _settings: KEY_BYTES_LIMIT
    ),
)
