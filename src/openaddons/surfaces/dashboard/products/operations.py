"""An operation: what became of an upload or a publish request. The page asks again until it has ended."""

from typing import Final

from openaddons.store.operations import find_operation
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who
from openaddons.surfaces.dashboard.products.rules import known_rules


def _show(visit: Visit) -> Html:
    found = visit.read(
        find_operation, product_id=visit.own_product.id, operation_id=visit.path["operation_id"]
    )
    return Html("products/operation.html", {"found": found, "rules": known_rules()})


PAGES: Final = (
    Page("operation", "GET", "/products/{product_id}/operations/{operation_id}", Who.VIEWER, _show),
)
