"""How often each page of the table asks the database: as often for much as for little."""

from collections.abc import Mapping
from datetime import timedelta

from openaddons.store.people.visitors import Role
from openaddons.surfaces.dashboard.app import PAGES
from openaddons.surfaces.dashboard.pages import Who
from tests.stores import RunningStore, make_draft
from tests.wire.calls import new_key
from tests.wire.conftest import OpenStore
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in
from tests.wire.dashboard.hostile import fill, page_at, pages_of


def asked(store: RunningStore, browser: Browser, addresses: Mapping[str, str]) -> dict[str, int]:
    """By page the least of three, for what the store does beside it can only add."""
    least: dict[str, int] = {}
    for _ in range(3):
        for name, address in addresses.items():
            with counting_queries(store) as statements:
                browser.get(address)
            least[name] = min(len(statements), least.get(name, len(statements)))
    return least


def test_every_page_asks_as_often_for_much_as_for_little(open_own_store: OpenStore) -> None:
    with open_own_store(certification="manual", webhook_private_addresses=True) as store:
        account = fill(store)
        browser = sign_in(store, account=account, role=Role.OWNER, reviewer=True, administrator=True)
        addresses = {page_at("GET", address).name: address for address, _ in pages_of(browser, of_each=1)}
        little = asked(store, browser, addresses)
        for number in range(3):
            fill(store, publisher=f"Another {number}")
            sign_in(store, account=account)
            make_draft(store.workshop, account)
            new_key(store, account, lifetime=timedelta(days=1))

        assert asked(store, browser, addresses) == little
    assert set(little) == {
        page.name for page in PAGES if page.method == "GET" and page.who is not Who.ANYBODY
    }
