"""The publisher's products: the overview, a new one, its page, and what is sent to certification from there."""

import re
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from openaddons.store.events import list_events
from openaddons.store.keeping_back import block_product, quarantine_product
from openaddons.store.people.visitors import Role
from openaddons.store.products import Product, set_certification
from openaddons.store.session import Database
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    approve_submission,
    list_submissions,
    reject_submission,
)
from openaddons.surfaces.dashboard import app as dashboard
from openaddons.surfaces.dashboard.pages import ROLES
from tests.stores import Account, RunningStore, make_account, make_draft, make_published, make_zip
from tests.wire.conftest import new_account
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FOREIGN = '<b onclick="x">\u202eevil</b>'
SHOWN = "&lt;b onclick=&#34;x&#34;&gt;\u202eevil&lt;/b&gt;"


def at(product: Product, *path: str) -> str:
    return "/".join(("/dashboard/products", product.id, *path))


def database_of(store: RunningStore) -> Database:
    return store.workshop.tools.database


def manually(store: RunningStore, product: Product) -> None:
    database_of(store).run(
        set_certification, product_id=product.id, policy="manual", delay_seconds=None, actor="test"
    )


def upload(store: RunningStore, account: Account, product: Product, version: str, **keys: Any) -> None:
    operation_id = store.upload(account, product.id, make_zip(version, **keys))
    ended = store.status(account, product.id, operation_id, kind="upload")
    assert ended["status"] == "Succeeded", ended


def newest(store: RunningStore, product: Product) -> Submission:
    return database_of(store).read(list_submissions, product_id=product.id, limit=1)[0]


def verbs(store: RunningStore, product: Product, *, limit: int) -> list[tuple[str, str]]:
    found = database_of(store).read(list_events, product_id=product.id, limit=limit)
    return [(each.verb, each.actor) for each in found]


def asked(store: RunningStore, browser: Browser, path: str) -> int:
    """How often a page asks the database: the least of three, for what the store does beside it can only add."""
    counts = []
    for _ in range(3):
        with counting_queries(store) as statements:
            browser.get(path)
        counts.append(len(statements))
    return min(counts)


def pem(*, password: bytes | None = None) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    sealing = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing)


# ---- the overview


def test_the_overview_has_the_products_of_all_the_visitors_publishers_and_of_no_other(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    make_draft(store.workshop, account, name="A second")
    make_draft(store.workshop, new_account(store), name="A foreign one")

    page = owner.get("/dashboard").text

    assert page.index("A second") < page.index(published.id)
    assert "A foreign one" not in page
    assert "its publisher to submit it" in page
    assert '<span class="tag good">In the store</span>' in page.replace("\n", "")


def test_an_administrator_sees_every_product(
    store: RunningStore, administrator: Browser, published: Product
) -> None:
    assert published.id in administrator.get(f"/dashboard?q={published.id}").text


def test_where_there_is_nothing_the_overview_says_what_to_do(
    store: RunningStore, account: Account, owner: Browser, reviewer: Browser
) -> None:
    empty = owner.get("/dashboard").text
    assert f'href="/dashboard/publishers/{account.publisher.id}/products/new"' in empty

    assert "You belong to no publisher" in reviewer.get("/dashboard").text
    make_draft(store.workshop, account)
    assert "No product has all of these words" in owner.get("/dashboard?q=unheard-of").text


def test_products_are_searched_and_pages_have_their_end(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    make_draft(store.workshop, account, name="Straßen-Öffner")
    make_draft(store.workshop, account, name="Another")

    found = owner.get("/dashboard?q=STRASSEN+öff").text
    assert ("Straßen-Öffner" in found, "Another" in found) == (True, False)
    for page in ("0", "2", "-1", "x", "99999999999", "²"):
        owner.get(f"/dashboard?page={page}", 404)


def test_a_publishers_page_has_its_products_and_a_way_to_a_new_one_for_who_may(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    path = f"/dashboard/publishers/{account.publisher.id}"
    viewer = sign_in(store, account=account, role=Role.VIEWER)

    assert (published.id in owner.get(path).text, "products/new" in owner.get(path).text) == (True, True)
    assert (published.id in viewer.get(path).text, "products/new" in viewer.get(path).text) == (True, False)


@pytest.mark.parametrize("path", ["/dashboard", "/dashboard/publishers/{publisher_id}"])
def test_an_overview_asks_as_often_for_one_product_as_for_many(
    store: RunningStore, account: Account, owner: Browser, published: Product, path: str
) -> None:
    path = path.format(publisher_id=account.publisher.id)

    def add_one_in_review() -> None:
        made = make_draft(store.workshop, account)
        manually(store, made)
        make_published(store.workshop, account, product=made)

    add_one_in_review()
    few = asked(store, owner, path)
    for _ in range(5):
        add_one_in_review()

    assert asked(store, owner, path) == few
    assert few <= 13


# ---- a new product


def new_path(account: Account) -> str:
    return f"/dashboard/publishers/{account.publisher.id}/products/new"


def no_file(name: str) -> dict[str, Any]:
    """What a browser sends for a file input in which nothing was chosen."""
    return {name: ("", b"", "application/octet-stream")}


def test_a_product_is_made_and_its_event_names_the_person_and_the_request(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    answer = owner.send(new_path(account), {"name": " Tab Tally "}, files=no_file("key"))

    location = answer.headers["location"]
    made = store.product(GUID.findall(location)[0])
    assert location == f"/dashboard/products/{made.id}?notice=product-created"
    assert (made.name, made.publisher_id) == ("Tab Tally", account.publisher.id)
    (event,) = database_of(store).read(list_events, product_id=made.id)
    assert event.correlation_id == answer.headers["x-correlation-id"]
    assert event.actor.endswith("@example.com")
    assert "The product is made." in owner.get(location).text


def test_a_key_that_comes_along_decides_the_crx_id(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    key = pem()
    answer = owner.send(new_path(account), {"name": "One"}, files={"key": ("key.pem", key)})
    made = store.product(GUID.findall(answer.headers["location"])[0])

    again = owner.send(new_path(account), {"name": "Two"}, files={"key": ("key.pem", key)}, status=400)

    assert f"there is a product with it already: {made.crx_id}." in again.text
    assert 'value="Two"' in again.text


@pytest.mark.parametrize(
    ("name", "key", "problem"),
    [
        ("", b"", "must have 1 to 200 characters."),
        ("x" * 201, b"", "must have 1 to 200 characters."),
        ("Sample", b"no key", "it is no private key in PEM."),
        ("Sample", b"\x00\xff" * 1000, "it is no private key in PEM."),
        ("Sample", pem(password=b"secret"), "it is encrypted. Decrypt it: openssl pkey"),
    ],
)
def test_what_is_wrong_with_a_new_product_stands_beside_its_field(
    account: Account, owner: Browser, name: str, key: bytes, problem: str
) -> None:
    files = {"key": ("key.pem", key)} if key else no_file("key")
    answer = owner.send(new_path(account), {"name": name}, files=files, status=400)

    assert problem in answer.text
    assert 'aria-invalid="true"' in answer.text


# ---- its page


def test_a_product_without_a_package_says_what_it_needs(owner: Browser, product: Product) -> None:
    page = owner.get(at(product)).text

    assert "It waits for <strong>its publisher to submit it</strong>" in page
    assert "Package: there is none. Upload the extension as a .zip file." in page
    assert (product.id in page, product.crx_id in page) == (True, True)


def test_what_is_live_and_what_is_in_review_stand_side_by_side(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    manually(store, published)
    upload(store, account, published, "1.1.0")
    store.status(account, published.id, store.publish(account, published.id, b"Try the popup."))

    page = owner.get(at(published)).text

    assert page.index('<span class="tag good">1.0.0</span>') < page.index(newest(store, published).id)
    assert "Try the popup." in page
    assert f'href="{store.url}/addons/{published.crx_id}"' in page


def test_a_viewer_sees_it_all_and_may_press_nothing(
    store: RunningStore, account: Account, published: Product
) -> None:
    manually(store, published)
    upload(store, account, published, "1.1.0")
    store.status(account, published.id, store.publish(account, published.id))
    viewer = sign_in(store, account=account, role=Role.VIEWER)

    pages = [
        viewer.get(at(published, *path)).text for path in ((), ("packages",), ("submit",), ("releases",))
    ]

    own = re.compile(r'<form[^>]*method="post"[^>]*action="(?!/dashboard/sign-out)')
    assert [own.findall(page) for page in pages] == [[], [], [], []]
    assert "1.1.0" in pages[0]


def test_what_the_review_found_stands_on_the_page(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    manually(store, product)
    upload(store, account, product, "1.0")
    owner.send(at(product, "submit"), {"notes": ""})
    database_of(store).run(
        reject_submission, submission_id=newest(store, product).id, reason=FOREIGN, actor="rev"
    )

    page = owner.get(at(product)).text

    assert f"<bdi>{SHOWN}</bdi>" in page
    assert "It waits for <strong>its publisher to submit again</strong>" in page


def test_a_page_of_a_product_asks_as_often_after_many_submissions_as_after_one(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    manually(store, published)
    paths = [at(published, *path) for path in ((), ("submit",), ("releases",), ("roll-back",), ("history",))]
    paths += [at(published, "history?show=operations"), at(published, "history?show=submissions")]

    def publish(version: str) -> None:
        upload(store, account, published, version)
        store.status(account, published.id, store.publish(account, published.id))
        submission = newest(store, published)
        database_of(store).run(approve_submission, submission_id=submission.id, actor="test")
        store.wait_for(lambda: newest(store, published).state is SubmissionState.IN_STORE)

    publish("1.1")
    few = [asked(store, owner, path) for path in paths]
    for version in ("1.2", "1.3", "1.4"):
        publish(version)

    assert [asked(store, owner, path) for path in paths] == few
    assert max(few) <= 20


def test_a_product_in_quarantine_says_so_and_why(
    store: RunningStore, owner: Browser, published: Product
) -> None:
    database_of(store).run(quarantine_product, product_id=published.id, reason=FOREIGN, actor="test")

    page = owner.get(at(published)).text

    assert f"The reason: <bdi>{SHOWN}</bdi>" in page
    assert "Browsers are offered nothing while the product is kept back." in page
    assert "in quarantine</span>" in owner.get(f"/dashboard?q={published.id}").text


def test_text_of_others_is_text_on_every_page_of_a_product(store: RunningStore) -> None:
    account = make_account(store.workshop, f"{FOREIGN} {uuid.uuid4()}")
    owner = sign_in(store, account=account)
    package = make_zip("1.0", name=FOREIGN, files={"a&#60;b.js": b"eval('1')"})
    product = make_published(
        store.workshop, account, package, product=make_draft(store.workshop, account, name=FOREIGN)
    )
    manually(store, product)
    upload(store, account, product, "1.1", name=FOREIGN)
    owner.send(at(product, "submit"), {"notes": FOREIGN})
    one = newest(store, product).id
    ids = {"product_id": product.id, "publisher_id": account.publisher.id, "submission_id": one}
    shown = [page for page in dashboard.PAGES if page.method == "GET" and page.who in ROLES]
    paths = [
        page.path.format_map(ids) for page in shown if set(re.findall(r"{(.*?)}", page.path)) <= ids.keys()
    ]

    pages = {path: owner.http.get(f"/dashboard{path}") for path in ["", *paths]}

    assert len(pages) > 12
    for path, page in pages.items():
        assert page.status_code == 200, path
        assert "<b onclick" not in page.text, path
        assert SHOWN in page.text, path


# ---- submitting


def test_what_is_missing_is_listed_before_anything_can_be_sent(owner: Browser, product: Product) -> None:
    page = owner.get(at(product, "submit")).text

    assert "It cannot be submitted now" in page
    assert "Package: there is none. Upload the extension as a .zip file." in page
    assert "ModuleStateUnPublishable" in page
    answer = owner.send(at(product, "submit"), {"notes": ""}, page=at(product, "submit"), status=409)
    assert "It cannot be submitted now" in answer.text


def test_the_first_submission_of_a_product_is_made_here_with_notes(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    manually(store, product)
    upload(store, account, product, "1.0")
    assert "The first submission of a product is made here." in owner.get(at(product, "submit")).text

    answer = owner.send(at(product, "submit"), {"notes": "Test account:\r\nreader"})

    made = newest(store, product)
    assert (made.state, made.notes, made.held) == (SubmissionState.IN_REVIEW, "Test account:\nreader", False)
    assert answer.headers["location"] == f"{at(product)}?notice=submitted"
    (event, *_) = database_of(store).read(list_events, subject=made.id)
    assert (event.verb, event.correlation_id) == (
        "submission.created",
        answer.headers["x-correlation-id"],
    )


def test_a_second_submission_is_refused_while_one_is_in_review(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    manually(store, product)
    upload(store, account, product, "1.0")
    owner.send(at(product, "submit"), {"notes": ""})

    answer = owner.send(at(product, "submit"), {"notes": ""}, status=409)

    assert "your extension submission is in progress" in answer.text


def test_what_is_submitted_held_waits_until_it_is_released(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    upload(store, account, product, "1.0")
    owner.send(at(product, "submit"), {"notes": "", "held": "yes"})
    store.wait_for(lambda: newest(store, product).state is SubmissionState.APPROVED)
    one = at(product, "submissions", newest(store, product).id)
    assert "It waits for <strong>somebody to release it</strong>" in owner.get(at(product)).text

    owner.send(f"{one}/release", page=at(product))

    store.wait_for(lambda: store.product(product.id).state is ProductState.IN_STORE)


@pytest.mark.parametrize(
    ("notes", "problem"),
    [("x" * 10_001, "at most 10,000 characters"), ("a\x00b", "control characters")],
)
def test_notes_that_cannot_be_kept_are_told_and_stay(
    store: RunningStore, account: Account, owner: Browser, product: Product, notes: str, problem: str
) -> None:
    upload(store, account, product, "1.0")

    answer = owner.send(at(product, "submit"), {"notes": notes, "held": "yes"}, status=400)

    assert problem in answer.text
    assert 'value="yes" checked' in answer.text
    assert notes[:100].replace("\x00", "") in answer.text.replace("\x00", "")


def test_a_submission_is_held_and_cancelled_and_a_second_click_changes_nothing(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    manually(store, product)
    upload(store, account, product, "1.0")
    owner.send(at(product, "submit"), {"notes": ""})
    one = at(product, "submissions", newest(store, product).id)

    owner.send(f"{one}/hold", page=at(product))
    assert newest(store, product).held
    for _ in range(2):
        owner.send(f"{one}/cancel", {"reason": "Not yet."}, page=at(product, "submit"))

    cancelled = newest(store, product)
    assert (cancelled.state, cancelled.reason) == (SubmissionState.CANCELLED, "Not yet.")
    said = [verb for verb, _ in verbs(store, product, limit=3)]
    assert said == ["submission.cancelled", "submission.held", "submission.created"]


def test_what_the_state_does_not_allow_is_told(
    store: RunningStore, owner: Browser, published: Product
) -> None:
    one = at(published, "submissions", newest(store, published).id)

    for verb in ("hold", "release", "cancel"):
        answer = owner.send(f"{one}/{verb}", page=at(published, "packages"), status=409)
        assert "TransitionRefused" in answer.text


def test_a_submission_of_another_publisher_is_not_there(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    foreign = newest(store, make_published(store.workshop, new_account(store)))

    for product_id in (published.id, foreign.product_id):
        path = f"/dashboard/products/{product_id}/submissions/{foreign.id}/cancel"
        owner.send(path, page=at(published, "packages"), status=404)


def test_a_blocked_product_says_so_and_cannot_be_submitted(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    upload(store, account, published, "1.1")
    database_of(store).run(block_product, product_id=published.id, reason="It leaks.", actor="test")

    assert "who blocked it" in owner.get(at(published)).text
    assert (
        "The product is blocked by the store&#39;s administrator: It leaks."
        in owner.get(at(published, "submit")).text
    )
