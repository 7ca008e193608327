"""The first page: every product that the visitor may see, with its state and what it waits for."""

from collections.abc import Collection
from typing import Final

from openaddons.errors import NotFound
from openaddons.store.overview import OverviewPage, read_overview
from openaddons.store.publishers import publishers_of_ids
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who
from openaddons.text import one_line

_QUERY_CHARACTERS_LIMIT: Final = 100
_WORDS_LIMIT: Final = 8
_LAST_PAGE: Final = 10_000


def _show_all(visit: Visit) -> Html:
    assert visit.visitor is not None
    own = [*visit.visitor.roles]
    everything = visit.visitor.person.administrator
    values = find_products(visit, publisher_ids=None if everything else own)
    publishers = visit.read(publishers_of_ids, publisher_ids=own)
    return Html("products/overview.html", values | {"publishers": publishers, "everything": everything})


def _show_publisher(visit: Visit) -> Html:
    assert visit.publisher is not None
    return Html("products/of_publisher.html", find_products(visit, publisher_ids=[visit.publisher.id]))


def find_products(visit: Visit, *, publisher_ids: Collection[str] | None) -> dict[str, object]:
    """What is searched for, and a page of what is found. Raises `NotFound` beyond the last page."""
    q = one_line(visit.query.get("q", "")[:_QUERY_CHARACTERS_LIMIT])
    given = visit.query.get("page", "1")
    page = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    if not 1 <= page <= _LAST_PAGE:
        raise NotFound
    found: OverviewPage = visit.read(
        read_overview, publisher_ids=publisher_ids, words=q.split()[:_WORDS_LIMIT], page=page
    )
    if page > 1 and not found.products:
        raise NotFound
    return {"found": found, "q": q, "page": page}


PAGES: Final = (
    Page("products", "GET", "", Who.SIGNED_IN, _show_all),
    Page("products of publisher", "GET", "/publishers/{publisher_id}", Who.VIEWER, _show_publisher),
)
