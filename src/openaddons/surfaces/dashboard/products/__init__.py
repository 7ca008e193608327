"""Products, as their publishers manage them: one module for each of a product's pages."""

from typing import Final

from openaddons.surfaces.dashboard.pages import Page
from openaddons.surfaces.dashboard.products import (
    history,
    new,
    operations,
    overview,
    packages,
    releases,
    rules,
    sheet,
    submitting,
    unpublishing,
)

PAGES: Final[tuple[Page, ...]] = (
    *overview.PAGES,
    *new.PAGES,
    *sheet.PAGES,
    *packages.PAGES,
    *operations.PAGES,
    *submitting.PAGES,
    *releases.PAGES,
    *unpublishing.PAGES,
    *history.PAGES,
    *rules.PAGES,
)
