"""Releases on their page: offered to rings and to all, rolled back, and taken out of the store."""

import uuid

import pytest

from openaddons.store.offers import create_ring
from openaddons.store.products import Product
from openaddons.store.releases import list_standings
from openaddons.store.states import ProductState, SubmissionState
from tests.stores import Account, RunningStore
from tests.wire.dashboard.conftest import Browser
from tests.wire.dashboard.test_products import FOREIGN, SHOWN, asked, at, database_of, newest, upload, verbs


def release(store: RunningStore, account: Account, product: Product, version: str) -> None:
    upload(store, account, product, version)
    store.status(account, product.id, store.publish(account, product.id))
    store.wait_for(lambda: newest(store, product).state is SubmissionState.IN_STORE)


def offered(store: RunningStore, product: Product) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """By version: whether all are offered it, and which rings before them."""
    found = database_of(store).read(list_standings, product_id=product.id)
    return {each.release.version: (each.live, each.rings) for each in found}


@pytest.fixture
def ring(store: RunningStore) -> str:
    name = f"r{uuid.uuid4().hex[:12]}"
    database_of(store).run(create_ring, name=name, actor="test")
    return name


def test_a_release_goes_from_one_ring_to_another_and_then_to_all(
    store: RunningStore, account: Account, owner: Browser, published: Product, ring: str
) -> None:
    database, path = database_of(store), at(published, "releases")
    later = f"{ring}-later"
    database.run(create_ring, name=later, actor="test")
    owner.send(at(published, "first-rings"), {"rings": ring}, page=path)
    release(store, account, published, "2.0")
    page = owner.get(path).text
    assert f"The next releases are offered first to {ring}." in page
    assert f'<span class="tag">ring {ring}</span>' in page

    owner.send(path, {"version": "2.0", "to": later})
    assert offered(store, published)["2.0"] == (False, (ring, later))
    owner.send(path, {"version": "2.0", "to": "all browsers"})

    assert offered(store, published) == {"2.0": (True, ()), "1.0.0": (False, ())}
    assert 'name="to"' not in owner.get(path).text


def test_of_two_who_choose_the_first_rings_the_second_is_told_and_may_replace_the_first(
    store: RunningStore, owner: Browser, published: Product, ring: str
) -> None:
    path, later = at(published, "first-rings"), f"{ring}-later"
    database_of(store).run(create_ring, name=later, actor="test")
    owner.send(path, {"rings": [ring, later]}, page=at(published, "releases"))

    page = owner.send(path, {"rings": later}, page=at(published, "releases"), status=409).text

    assert f"first to get them is now {ring}, {later}" in page
    assert (f'value="{later}" checked' in page, f'value="{ring}" checked' in page) == (True, False)
    again = {"rings": later, "instead_of": [ring, later]}
    owner.send(path, again, page=at(published, "releases"))
    assert store.product(published.id).first_rings == [later]
    owner.send(
        path, {"rings": "no-such-ring", "instead_of": later}, page=at(published, "releases"), status=404
    )


def test_a_version_is_withdrawn_for_a_reason_but_the_last(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    path = at(published, "withdraw")
    few = [asked(store, owner, page) for page in (path, at(published, "releases"))]
    release(store, account, published, "2.0")
    assert [asked(store, owner, page) for page in (path, at(published, "releases"))] == few
    assert 'value="2.0" required checked' in owner.get(f"{path}?version=2.0").text
    unsaid = owner.send(path, {"version": "2.0", "reason": " "}, status=400).text

    answer = owner.send(path, {"version": "2.0", "reason": FOREIGN})

    assert "say why: the publisher reads it." in unsaid
    assert 'value="2.0" required checked' in unsaid
    assert answer.headers["location"] == at(published, "releases") + "?notice=withdrawn"
    assert offered(store, published) == {"2.0": (False, ()), "1.0.0": (True, ())}
    assert (
        f'<span class="tag warn">withdrawn</span> <bdi>{SHOWN}</bdi>'
        in owner.get(at(published, "releases")).text
    )
    last = owner.send(path, {"version": "1.0.0", "reason": "It is broken."}, status=400).text
    assert "1.0.0 is all there is to offer. Unpublish the product instead." in last
    assert "It is broken." in last
    owner.send(path, {"version": "2.0", "reason": "Again."}, status=409)


@pytest.mark.parametrize(
    ("version", "to", "status", "words"),
    [
        ("1.0.0", "all browsers", 400, "browsers never go back"),
        ("9.9", "all browsers", 404, "There is no release 9.9."),
        ("<b>", "all browsers", 404, "There is no release &lt;b&gt;."),
        ("x" * 100, "all browsers", 400, "at most 40 characters"),
        ("1.0.0", "no-such-ring", 404, "There is no ring no-such-ring."),
        ("", "", 404, "There is no release ."),
    ],
)
def test_what_cannot_be_offered_is_told(
    owner: Browser, published: Product, version: str, to: str, status: int, words: str
) -> None:
    path = at(published, "releases")

    answer = owner.send(path, {"version": version, "to": to}, page=at(published, "packages"), status=status)

    assert words in answer.text


def test_an_earlier_version_comes_back_under_a_higher_number(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    release(store, account, published, "2.0")
    path = at(published, "roll-back")
    page = owner.get(path).text
    assert "It comes as version <strong>2.0.0.1</strong>" in page
    assert 'value="1.0.0" checked' in page

    answer = owner.send(path, {"to": "1.0.0", "reason": FOREIGN})

    store.wait_for(lambda: newest(store, published).state is SubmissionState.IN_STORE)
    assert answer.headers["location"] == f"{at(published)}?notice=rolling-back"
    assert offered(store, published)["2.0.0.1"] == (True, ())
    releases = owner.get(at(published, "releases")).text
    assert '<span class="muted small">content of 1.0.0</span>' in releases
    history = owner.get(at(published, "history")).text
    assert f"<bdi>{SHOWN}</bdi>" in history
    assert "product.roll-back-requested" in history


@pytest.mark.parametrize(
    ("to", "reason", "problem"),
    [
        ("1.0.0", "  ", "say why: the publisher reads it."),
        ("2.0", "It is broken.", "2.0 is what all are offered now."),
        ("1.0.0", "x" * 2_001, "at most 2,000 characters can be stored."),
        ("1.0.0", "a\x00", "it holds control characters."),
        ("x" * 41, "It is broken.", "at most 40 characters can be stored."),
    ],
)
def test_what_cannot_be_rolled_back_is_told_and_what_was_typed_stays(
    store: RunningStore,
    account: Account,
    owner: Browser,
    published: Product,
    to: str,
    reason: str,
    problem: str,
) -> None:
    release(store, account, published, "2.0")

    answer = owner.send(at(published, "roll-back"), {"to": to, "reason": reason}, status=400)

    assert problem in answer.text
    assert reason.strip().replace("\x00", "") in answer.text.replace("\x00", "")


def test_a_product_with_one_release_says_why_it_cannot_be_rolled_back(
    owner: Browser, published: Product, product: Product
) -> None:
    only = owner.get(at(published, "roll-back")).text
    never = owner.get(at(product, "roll-back")).text

    assert "there is no earlier release that could come back." in only
    assert "It cannot be rolled back now" in never


def test_a_product_leaves_the_store_after_one_question(
    store: RunningStore, owner: Browser, published: Product
) -> None:
    path = at(published, "unpublish")
    assert "Take it out of the store?" in owner.get(path).text

    owner.send(path)

    store.wait_for(lambda: store.product(published.id).state is ProductState.UNPUBLISHED)
    (begun,) = [actor for verb, actor in verbs(store, published, limit=5) if "requested" in verb]
    assert begun.endswith("@example.com")
    assert "There is nothing to unpublish" in owner.get(path).text
    owner.send(path, page=at(published, "packages"), status=409)
