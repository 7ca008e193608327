"""Products as an administrator keeps them from browsers and lets them back, and chooses who approves their updates."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from openaddons.errors import NotFound, ValueRefused
from openaddons.settings import Settings
from openaddons.store.certification.policies import Source, certification_in_force
from openaddons.store.events import list_events
from openaddons.store.keeping_back import (
    REASON_CHARACTERS_LIMIT,
    block_product,
    lift_quarantine,
    list_kept_back,
    quarantine_product,
    unblock_product,
)
from openaddons.store.products import Product, set_certification
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.certification.policies import CHOICES, read_policy
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.products.overview import find_products

_KEPT_BACK_SHOWN: Final = 100
_EVENTS_SHOWN: Final = 10


def _list(visit: Visit) -> Html:
    kept_back = visit.read(list_kept_back, limit=_KEPT_BACK_SHOWN)
    return Html("admin/products.html", find_products(visit, publisher_ids=None) | {"kept_back": kept_back})


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, problems: Mapping[str, object] | None = None) -> Html:
    """The page of one product; of a form that was refused what was typed, and what is wrong with its fields."""
    values = visit.read(_values, product=_product(visit), settings=visit.settings)
    values |= {
        "typed": visit.form,
        "problems": problems or {},
        "reason_limit": REASON_CHARACTERS_LIMIT,
        "choices": CHOICES,
    }
    return Html("admin/product.html", values, 400 if problems else 200)


def _values(tx: Transaction, *, product: Product, settings: Settings) -> dict[str, Any]:
    return {
        "events": list_events(tx, product_id=product.id, limit=_EVENTS_SHOWN),
        "in_force": certification_in_force(tx, product=product, settings=settings),
    }


def _product(visit: Visit) -> Product:
    if visit.product is None:
        raise NotFound
    return visit.product


def _choose_policy(visit: Visit) -> Answer:
    product = _product(visit)
    try:
        policy, delay_seconds = read_policy(visit.form, otherwise=Source.STORE)
    except ValueRefused as refusal:
        return _page(visit, {str(refusal.facts["name"]): refusal.facts["problem"]})
    visit.run(
        set_certification,
        product_id=product.id,
        policy=policy,
        delay_seconds=delay_seconds,
        actor=visit.actor,
    )
    return Redirect(f"/dashboard/admin/products/{product.id}", notice="saved")


def _keep_back(visit: Visit, verb: Callable[..., Product], name: str) -> Answer:
    product = _product(visit)
    try:
        visit.run(verb, product_id=product.id, reason=visit.form[f"{name}_reason"], actor=visit.actor)
    except ValueRefused as refusal:
        return _page(visit, {f"{name}_reason": refusal.facts["problem"]})
    return Redirect(f"/dashboard/admin/products/{product.id}", notice="kept-back")


def _let_back(visit: Visit, verb: Callable[..., Product]) -> Answer:
    product = _product(visit)
    visit.run(verb, product_id=product.id, actor=visit.actor)
    return Redirect(f"/dashboard/admin/products/{product.id}", notice="let-back")


_ACTIONS: Final[Mapping[str, Callable[[Visit], Answer]]] = {
    "policy": _choose_policy,
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
