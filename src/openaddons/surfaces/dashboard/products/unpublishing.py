"""Taking a product out of the store. It is asked once, on a page that says what happens."""

from typing import Final

from openaddons.store.releasing import unpublish_product
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who


def _ask(visit: Visit) -> Html:
    return Html("products/unpublish.html")


def _unpublish(visit: Visit) -> Answer:
    visit.run(unpublish_product, product_id=visit.own_product.id, actor=visit.actor)
    return Redirect(f"/dashboard/products/{visit.own_product.id}", notice="unpublishing")


_PATH: Final = "/products/{product_id}/unpublish"

PAGES: Final = (
    Page("ask unpublish", "GET", _PATH, Who.DEVELOPER, _ask),
    Page("unpublish", "POST", _PATH, Who.DEVELOPER, _unpublish),
)
