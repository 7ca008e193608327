"""Products as an administrator keeps them from browsers, and lets them back."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from openaddons.errors import NotFound, ValueRefused
from openaddons.store.events import list_events
from openaddons.store.keeping_back import (
    REASON_CHARACTERS_LIMIT,
    block_product,
    lift_quarantine,
    list_kept_back,
    quarantine_product,
    unblock_product,
)
from openaddons.store.products import Product
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.products.overview import find_products

_KEPT_BACK_SHOWN: Final = 100
_EVENTS_SHOWN: Final = 10


def _list(visit: Visit) -> Html:
    kept_back = visit.read(list_kept_back, limit=_KEPT_BACK_SHOWN)
    return Html("admin/products.html", find_products(visit, publisher_ids=None) | {"kept_back": kept_back})


def _show(visit: Visit) -> Html:
    return _form(visit)


def _form(visit: Visit, *, problem_of: str = "", problem: str = "") -> Html:
    """The page of one product; of the form that was refused the reason that was typed, and what is wrong with it."""
    product = _product(visit)
    return Html(
        "admin/product.html",
        {
            "events": visit.read(list_events, product_id=product.id, limit=_EVENTS_SHOWN),
            "problem_of": problem_of,
            "problem": problem,
            "reason": visit.form[f"{problem_of}_reason"],
            "reason_limit": REASON_CHARACTERS_LIMIT,
        },
        400 if problem_of else 200,
    )


def _product(visit: Visit) -> Product:
    if visit.product is None:
        raise NotFound
    return visit.product


def _keep_back(visit: Visit, verb: Callable[..., Product], name: str) -> Answer:
    product = _product(visit)
    try:
        visit.run(verb, product_id=product.id, reason=visit.form[f"{name}_reason"], actor=visit.actor)
    except ValueRefused as refusal:
        return _form(visit, problem_of=name, problem=str(refusal.facts["problem"]))
    return Redirect(f"/dashboard/admin/products/{product.id}", notice="kept-back")


def _let_back(visit: Visit, verb: Callable[..., Product]) -> Answer:
    product = _product(visit)
    visit.run(verb, product_id=product.id, actor=visit.actor)
    return Redirect(f"/dashboard/admin/products/{product.id}", notice="let-back")


_ACTIONS: Final[Mapping[str, Callable[[Visit], Answer]]] = {
    "quarantine": partial(_keep_back, verb=quarantine_product, name="quarantine"),
    "block": partial(_keep_back, verb=block_product, name="block"),
    "lift": partial(_let_back, verb=lift_quarantine),
    "unblock": partial(_let_back, verb=unblock_product),
}

PAGES: Final = (
    Page("products of the store", "GET", "/admin/products", Who.ADMINISTRATOR, _list),
    Page("keeping back", "GET", "/admin/products/{product_id}", Who.ADMINISTRATOR, _show),
    *(
        Page(f"{name} product", "POST", f"/admin/products/{{product_id}}/{name}", Who.ADMINISTRATOR, action)
        for name, action in _ACTIONS.items()
    ),
)
