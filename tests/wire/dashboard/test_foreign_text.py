"""Text of others on every page: names, manifests, file names, locales, notes, reasons. Nothing of it runs.

Somebody who may see everything follows every link from the first page on, so pages that come are tried too.
"""

from collections.abc import Iterator

import pytest

from openaddons.store.people.visitors import Role
from openaddons.surfaces.dashboard.app import PAGES
from openaddons.surfaces.dashboard.pages import Who
from tests.wire.conftest import OpenStore
from tests.wire.dashboard.conftest import Browser, sign_in
from tests.wire.dashboard.hostile import RUNS, fill, page_at, pages_of, rename_everybody


@pytest.fixture(scope="module")
def hostile(open_own_store: OpenStore) -> Iterator[Browser]:
    """Of somebody who sees all of a store in which everything that others write is an attack."""
    with open_own_store(certification="manual", webhook_private_addresses=True) as store:
        account = fill(store)
        browser = sign_in(store, account=account, role=Role.OWNER, reviewer=True, administrator=True)
        store.workshop.tools.database.run(rename_everybody)
        yield browser


def test_no_page_runs_what_others_wrote_and_links_lead_to_every_page(hostile: Browser) -> None:
    found = dict(pages_of(hostile))

    assert {path: page.faults for path, page in found.items() if page.faults} == {}
    assert [path for path, page in found.items() if RUNS.replace("{{7*7}}", "49") in page.text] == []
    assert any(RUNS in page.text for page in found.values())
    assert {page_at("GET", path).path for path in found} == {
        page.path for page in PAGES if page.method == "GET" and page.who is not Who.ANYBODY
    }
