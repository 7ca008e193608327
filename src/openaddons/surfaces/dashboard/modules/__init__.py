"""The modules of a draft that people fill in: Availability, Properties, Privacy, and the Listing with its images."""

from typing import Final

from openaddons.surfaces.dashboard.modules import images, languages, listing, privacy, simple
from openaddons.surfaces.dashboard.pages import Page

PAGES: Final[tuple[Page, ...]] = (
    *simple.PAGES,
    *privacy.PAGES,
    *languages.PAGES,
    *listing.PAGES,
    *images.PAGES,
)
