"""The one story that every part serves."""

from openaddons.packages.crx3 import verify_crx
from openaddons.store.releases import read_release
from openaddons.store.states import ProductState
from tests.stores import Account, RunningStore, make_published, make_zip


def test_an_update_goes_in_by_the_api_and_comes_out_as_a_signed_release(
    store: RunningStore, account: Account
) -> None:
    database = store.workshop.tools.database
    product = make_published(store.workshop, account)

    upload = store.status(
        account, product.id, store.upload(account, product.id, make_zip("1.1.0")), kind="upload"
    )
    publish = store.status(account, product.id, store.publish(account, product.id, b'{"notes":"try it"}'))
    store.wait_for(lambda: store.product(product.id).state is ProductState.IN_STORE)

    assert (upload["status"], upload["message"]) == (
        "Succeeded",
        "Successfully updated package to sample_1.1.0.zip",
    )
    assert publish["status"] == "Succeeded"
    product = store.product(product.id)
    assert product.live_release_id is not None
    release = database.read(read_release, release_id=product.live_release_id)
    assert release.version == "1.1.0"
    with store.workshop.tools.objects.open(release.object_key) as file:
        assert verify_crx(file).crx_id == product.crx_id
