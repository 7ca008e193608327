"""People: signing in, links, one's own account, the members of a publisher, and everybody."""

from typing import Final

from openaddons.surfaces.dashboard.pages import Page
from openaddons.surfaces.dashboard.people import account, everybody, links, members, publishers, signing_in

PAGES: Final[tuple[Page, ...]] = (
    *signing_in.PAGES,
    *links.PAGES,
    *account.PAGES,
    *members.PAGES,
    *everybody.PAGES,
    *publishers.PAGES,
)
