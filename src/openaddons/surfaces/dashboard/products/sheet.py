"""The page of a product: what is live and what is in review side by side, and whether the draft is ready."""

from typing import Final

from openaddons.store.overview import read_product_sheet
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who
from openaddons.surfaces.storefront.app import ADDONS_PATH


def _show(visit: Visit) -> Html:
    sheet = visit.read(
        read_product_sheet, product_id=visit.own_product.id, require=visit.settings.required_fields
    )
    install_url = f"{visit.settings.base_url}{ADDONS_PATH}/{visit.own_product.crx_id}"
    values = {"sheet": sheet, "install_url": visit.settings.with_token(install_url)}
    return Html("products/sheet.html", values)


PAGES: Final = (Page("product", "GET", "/products/{product_id}", Who.VIEWER, _show),)
