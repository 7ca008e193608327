"""The history of a product: filtered, paged by key, with correlation IDs."""

import re

import pytest

from openaddons.ids import new_guid
from openaddons.store.operations import OperationKind, accept_operation
from openaddons.store.products import Product
from openaddons.store.session import Transaction
from openaddons.store.submissions import reject_submission
from tests.stores import Account, RunningStore
from tests.wire.dashboard.conftest import Browser
from tests.wire.dashboard.test_products import FOREIGN, SHOWN, at, database_of, manually, newest, upload
from tests.wire.manage.asking import ask, put_up

ROW = re.compile(r'<tr>\s*(?:<td[^>]*>.*?</td>\s*)?<th scope="row"[^>]*>(?:<a [^>]*>)?(?:<code>)?([^<]*)')


def record(store: RunningStore, product: Product, *, count: int, noun: str = "release") -> None:
    """Events that say their number."""

    def add(tx: Transaction) -> None:
        for number in range(count):
            tx.record(
                f"{noun}.tested",
                actor=FOREIGN,
                publisher_id=product.publisher_id,
                product_id=product.id,
                number=number,
                text=FOREIGN,
            )

    database_of(store).run(add)


def test_events_follow_one_another_page_by_page_without_a_gap(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    record(store, product, count=120)
    path, seen = at(product, "history?noun=release"), []

    while path:
        page = owner.get(path).text
        seen += [int(number) for number in re.findall(r"number: <bdi>([0-9]+)</bdi>", page)]
        following = re.search(r'<a rel="next" href="([^"]*)">', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert seen == list(range(119, -1, -1))


def test_events_show_text_of_others_as_text(store: RunningStore, owner: Browser, product: Product) -> None:
    record(store, product, count=1)

    page = owner.get(at(product, "history")).text

    assert f"text: <bdi>{SHOWN}</bdi>" in page
    assert f'class="wrap small"><bdi>{SHOWN}</bdi></td>' in page
    assert "<b onclick" not in page


def test_a_correlation_id_finds_what_one_request_did(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    upload(store, account, product, "1.0")
    sent = owner.send(at(product, "submit"), {"notes": ""})
    correlation_id = sent.headers["x-correlation-id"]

    found = owner.get(at(product, f"history?correlation=+{correlation_id.upper()}+")).text

    assert ROW.findall(found) == ["submission.created"]
    assert correlation_id in found
    assert "There is nothing like that" in owner.get(at(product, "history?correlation=%00x")).text


def test_operations_and_submissions_have_lists_of_their_own(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    manually(store, product)
    upload(store, account, product, "1.0")
    owner.send(at(product, "submit"), {"notes": ""})
    store.status(account, product.id, store.publish(account, product.id))

    operations = owner.get(at(product, "history?show=operations")).text
    publishes = owner.get(at(product, "history?show=operations&kind=publish")).text
    submissions = owner.get(at(product, "history?show=submissions")).text

    assert ROW.findall(operations) == ["2", "1"]
    assert ROW.findall(publishes) == ["2"]
    assert "Can&#39;t create new extension." in publishes
    assert ROW.findall(submissions) == [newest(store, product).id]


def test_operations_are_paged_by_their_number(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    def accept(tx: Transaction) -> None:
        for _ in range(51):
            accept_operation(
                tx,
                kind=OperationKind.PUBLISH,
                product_id=product.id,
                publisher_id=account.publisher.id,
                actor="test",
                correlation_id=new_guid(),
            )

    database_of(store).run(accept)

    page = owner.get(at(product, "history?show=operations")).text
    following = owner.get(at(product, "history?show=operations&before=2")).text

    assert ROW.findall(page) == [str(number) for number in range(51, 1, -1)]
    assert "before=2" in page
    assert ROW.findall(following) == ["1"]
    assert "← The newest" in following


@pytest.mark.parametrize(
    "query",
    [
        "show=secrets",
        "noun=nothing",
        "show=operations&kind=other",
        "before=x",
        "before=-1",
        "before=" + "9" * 19,
        "show=operations&before=%00",
        "show=submissions&before=1",
    ],
)
def test_what_the_history_does_not_know_is_not_there(owner: Browser, product: Product, query: str) -> None:
    owner.get(at(product, f"history?{query}"), 404)


def test_a_page_that_begins_after_the_last_says_so(owner: Browser, product: Product) -> None:
    assert "There is nothing like that" in owner.get(at(product, "history?before=0")).text
    empty = owner.get(at(product, "history?show=submissions&before=" + "1" * 19)).text
    assert "There is nothing like that" in empty


def test_who_reviews_is_not_told_by_name(
    store: RunningStore, owner: Browser, account: Account, published: Product
) -> None:
    manually(store, published)
    put_up(store, account, published, "1.1.0")
    submission = newest(store, published)
    database_of(store).run(
        reject_submission, submission_id=submission.id, reason="It is empty.", actor="reviewer@example.com"
    )

    for show in ("events", "submissions"):
        page = owner.get(at(published, f"history?show={show}")).text
        assert "It is empty." in page
        assert "<bdi>the store</bdi>" in page
        assert "reviewer@example.com" not in page
    assert "reviewer@example.com" not in ask(store, "GET", f"/products/{published.id}/events", account).text
