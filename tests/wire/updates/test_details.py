"""A product's details as badges and feeds read them."""

import json

import pytest

from openaddons.store.drafts import set_module
from openaddons.store.keeping_back import block_product
from openaddons.store.modules import Module
from openaddons.store.products import Product
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import ProductState
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import new_product
from tests.wire.updates.asking import NOBODYS_CRX_ID

PATH = "/addons/getproductdetailsbycrxid"


def test_what_badges_read_is_there(store: RunningStore, account: Account, published: Product) -> None:
    answer = store.http.get(f"{PATH}/{published.crx_id}?hl=en&gl=US")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    said = answer.json()
    manifest = json.loads(said.pop("manifest"))
    assert (manifest["version"], manifest["update_url"]) == ("1.0.0", f"{store.url}/updates")
    assert said.pop("lastUpdateDate") > 1_700_000_000
    assert said == {
        "storeProductId": published.id,
        "crxId": published.crx_id,
        "name": "Sample",
        "version": "1.0.0",
        "developer": account.publisher.name,
        "shortDescription": "A sample.",
        "description": "A sample.",
        "category": None,
        "isHavingMatureContent": False,
        "averageRating": None,
        "ratingCount": None,
        "activeInstallCount": None,
    }


def test_a_product_that_is_not_in_the_store_is_not_found(store: RunningStore, account: Account) -> None:
    draft, blocked, gone = (
        new_product(store, account),
        *(make_published(store.workshop, account) for _ in "ab"),
    )
    database = store.workshop.tools.database
    database.run(block_product, product_id=blocked.id, reason="Malware.", actor="test")
    database.run(unpublish_product, product_id=gone.id, actor="test")
    store.wait_for(lambda: store.product(gone.id).state is ProductState.UNPUBLISHED)

    ids = (draft.crx_id, blocked.crx_id, gone.crx_id, NOBODYS_CRX_ID, "A" * 32, "%00", "x" * 10_000)
    assert [store.http.get(f"{PATH}/{crx_id}").status_code for crx_id in ids] == [404] * 7


def test_a_hidden_product_is_found_by_its_id(
    store: RunningStore, account: Account, published: Product
) -> None:
    hidden = {"visibility": "Hidden"}
    store.workshop.tools.database.run(
        set_module, product_id=published.id, module=Module.AVAILABILITY, content=hidden, actor="test"
    )
    store.upload(account, published.id, make_zip("1.1.0"))
    store.publish(account, published.id)
    store.wait_for(lambda: store.http.get(f"{PATH}/{published.crx_id}").json()["version"] == "1.1.0")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_refused(store: RunningStore, published: Product, method: str) -> None:
    answer = store.http.request(method, f"{PATH}/{published.crx_id}")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
