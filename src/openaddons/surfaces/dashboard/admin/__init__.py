"""The administrator's pages: how the store does, who did what, what is kept back, rings, settings."""

from typing import Final

from openaddons.surfaces.dashboard.admin import events, overview, products, rings, settings
from openaddons.surfaces.dashboard.pages import Page

PAGES: Final[tuple[Page, ...]] = (
    *overview.PAGES,
    *products.PAGES,
    *events.PAGES,
    *rings.PAGES,
    *settings.PAGES,
)
