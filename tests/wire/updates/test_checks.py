"""What update checks are answered as releases come and go, and what hostile ones are."""

import pytest

from openaddons.store.keeping_back import (
    block_product,
    lift_quarantine,
    quarantine_product,
    unblock_product,
)
from openaddons.store.offers import create_ring, offer_to_all, set_first_rings, withdraw_release
from openaddons.store.products import Product
from openaddons.store.releasing import unpublish_product
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import OpenStore, new_account
from tests.wire.raw import Connection, head
from tests.wire.updates.asking import (
    NOBODYS_CRX_ID,
    asked,
    check,
    offered_version,
    package_path,
    read_answer,
)

TOKENS = "first-token-0123456789,second-token-0123456789"


def version(store: RunningStore, crx_id: str, *, path: str = "/updates") -> str | None:
    return offered_version(store.http.get(check(asked(crx_id), path=path)).content)


def status(store: RunningStore, crx_id: str) -> str:
    (told,) = read_answer(store.http.get(check(asked(crx_id))).content)
    return told.status if told.update is None else told.update["status"]


def test_a_release_a_ring_a_withdrawal_a_block_and_a_quarantine_are_told_as_they_happen(
    store: RunningStore, account: Account, published: Product
) -> None:
    database, crx_id = store.workshop.tools.database, published.crx_id
    ring = f"/updates/ring-{crx_id[:8]}"
    database.run(create_ring, name=ring.rpartition("/")[2], actor="test")
    store.wait_for(lambda: store.http.get(ring).status_code == 200)
    store.wait_for(lambda: version(store, crx_id, path=ring) == "1.0.0")

    database.run(set_first_rings, product_id=published.id, names=[ring.rpartition("/")[2]], actor="test")
    store.upload(account, published.id, make_zip("2.0.0", minimum_chrome_version="120.0"))
    store.publish(account, published.id)
    store.wait_for(lambda: version(store, crx_id, path=ring) == "2.0.0")
    assert version(store, crx_id) == "1.0.0"

    database.run(offer_to_all, product_id=published.id, version="2.0.0", actor="test")
    store.wait_for(lambda: version(store, crx_id) == "2.0.0")
    body = store.http.get(check(asked(crx_id))).content
    assert b' prodversionmin="120.0"' in body
    package = package_path(body)
    assert store.http.get(package).status_code == 200

    database.run(withdraw_release, product_id=published.id, version="2.0.0", reason="Broken.", actor="test")
    store.wait_for(lambda: version(store, crx_id) == "1.0.0")
    store.wait_for(lambda: version(store, crx_id, path=ring) == "1.0.0")
    assert store.http.get(package).status_code == 404

    database.run(block_product, product_id=published.id, reason="Malware.", actor="test")
    store.wait_for(lambda: status(store, crx_id) == "restricted")
    database.run(unblock_product, product_id=published.id, actor="test")
    store.wait_for(lambda: version(store, crx_id) == "1.0.0")
    database.run(quarantine_product, product_id=published.id, reason="Odd.", actor="test")
    store.wait_for(lambda: status(store, crx_id) == "noupdate")
    store.wait_for(lambda: version(store, crx_id, path=ring) is None)
    database.run(lift_quarantine, product_id=published.id, actor="test")
    store.wait_for(lambda: version(store, crx_id) == "1.0.0")
    database.run(unpublish_product, product_id=published.id, actor="test")
    store.wait_for(lambda: status(store, crx_id) == "noupdate")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (["x=" + "%00" * 5000], 0),
        (["x=id%3D" + "a" * 5000], 0),
        (["x=%", "x=%2", "x=%zz", "x", "x=", "=", "&&&"], 0),
        (["x=id%253D" + NOBODYS_CRX_ID], 0),
        (["X=id%3D" + NOBODYS_CRX_ID], 0),
        (["x=id%3D" + NOBODYS_CRX_ID + "%26v%3D" + "9" * 5000], 1),
        (["x=id%3D" + NOBODYS_CRX_ID + "%26v%3D<script>"], 1),
        (["x=id%3D" + NOBODYS_CRX_ID] * 256, 256),
    ],
)
def test_hostile_checks_are_answered_within_bounds(store: RunningStore, parts: list[str], told: int) -> None:
    with Connection(store.url) as connection:
        answer = connection.ask("GET", check(*parts), {})

    assert answer.status == 200
    assert len(read_answer(answer.body)) == told
    assert len(answer.body) < 200 + told * 400
    assert b"script" not in answer.body


def test_more_add_ons_than_browsers_ask_about_are_refused(store: RunningStore) -> None:
    answer = store.http.get(check(*["x=id%3D" + NOBODYS_CRX_ID] * 257))

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The update check asks about more than 256 add-ons.")


def test_ten_thousand_add_ons_do_not_fit_into_a_head(store: RunningStore) -> None:
    with Connection(store.url) as connection:
        connection.send(head("GET", check(*[asked(NOBODYS_CRX_ID)] * 10_000), {})[:70_000])

        assert connection.read().status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(store: RunningStore, published: Product, method: str) -> None:
    answer = store.http.request(method, check(asked(published.crx_id)))

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_private_store_answers_whoever_has_a_token(open_own_store: OpenStore) -> None:
    with open_own_store(update_tokens=TOKENS) as store:
        crx_id = make_published(store.workshop, new_account(store)).crx_id
        targets = [
            check(asked(crx_id)),
            check(asked(crx_id), path="/updates/no-such-ring"),
            check("response=redirect", asked(crx_id)),
            f"/packages/{crx_id}/{'0' * 64}.crx",
            f"/addons/getproductdetailsbycrxid/{crx_id}",
        ]
        for wrong in (
            "",
            "&token=",
            "&token=wrong",
            "&token=first-token-012345678",
            "&atoken=" + TOKENS[:22],
        ):
            answers = [store.http.get(target + ("&" if "?" in target else "?") + wrong) for target in targets]
            assert [answer.status_code for answer in answers] == [401] * 5
            assert {answer.headers["www-authenticate"] for answer in answers} == {"Token"}

        # As a browser does with the URL that it was given.
        target = f"/updates?token=second-token-0123456789&{asked(crx_id)}"
        store.wait_for(lambda: b" hash_sha256=" in store.http.get(target).content)
        body = store.http.get(target).content
        package = package_path(body)
        assert package.endswith(".crx?token=first-token-0123456789")
        assert store.http.get(package).status_code == 200
        assert store.http.get(package.partition("?")[0]).status_code == 401
        redirect = store.http.get(f"/updates?token=first-token-0123456789&response=redirect&{asked(crx_id)}")
        assert redirect.headers["location"].endswith(package)
