"""What the management API tells: products, operations, submissions, releases, keys."""

from datetime import timedelta

from openaddons.clock import wire_time
from openaddons.store.keeping_back import block_product, quarantine_product
from openaddons.store.offers import create_ring, offer_to_all, set_first_rings, withdraw_release
from openaddons.store.products import Product
from openaddons.store.releases import list_releases
from openaddons.store.states import ProductState
from tests.stores import Account, RunningStore
from tests.wire.calls import NOBODYS_GUID, new_key
from tests.wire.conftest import new_product
from tests.wire.manage.asking import ask, do, manually, put_up, refused, told

MODULES = ["PACKAGES", "AVAILABILITY", "PROPERTIES", "PRIVACY", "LISTING"]


def test_a_product_that_never_had_a_package_is_in_draft_and_says_what_it_needs(
    store: RunningStore, account: Account, product: Product
) -> None:
    found = told(store, "GET", f"/products/{product.id}", account)

    packages, *others = found["draft"].pop("modules")
    problems = packages.pop("problems")
    assert found == {
        "id": product.id,
        "name": "Sample",
        "crxId": product.crx_id,
        "state": "In draft",
        "keptBack": None,
        "live": None,
        "draft": {"version": None},
        "standing": {
            "waitsFor": "publisher",
            "words": "its publisher to submit it",
            "since": wire_time(product.created_time),
            "until": None,
            "place": None,
            "reviews": None,
            "next": "Give the draft a package and submit it.",
        },
        "submission": None,
        "lastUpdatedTime": wire_time(product.last_updated_time),
    }
    assert packages == {"name": "PACKAGES", "valid": False}
    assert len(problems) == 1
    assert others == [{"name": name, "valid": True, "problems": []} for name in MODULES[1:]]


def test_a_product_in_the_store_says_which_version_all_get_and_what_waits(
    store: RunningStore, account: Account, published: Product
) -> None:
    (release,) = store.workshop.tools.database.read(list_releases, product_id=published.id)
    manually(store, published)
    operation_id = put_up(store, account, published, "1.1.0")

    found = told(store, "GET", f"/products/{published.id}", account)

    assert release.offered_to_all_time is not None
    assert found["live"] == {
        "version": "1.0.0",
        "sha256": release.digest,
        "sizeBytes": release.size_bytes,
        "releasedTime": wire_time(release.offered_to_all_time),
    }
    assert found["state"] == ProductState.UPDATE_IN_REVIEW
    assert found["draft"]["version"] == "1.1.0"
    submission = found["submission"]
    made = {name: submission.pop(name) for name in ("id", "createdTime", "lastUpdatedTime")}
    assert made["createdTime"] == made["lastUpdatedTime"]
    place = submission["standing"].pop("place")
    assert 1 <= place["number"] <= place["total"]
    assert submission["standing"].pop("until") > made["createdTime"]
    submission["standing"].pop("reviews")  # the store is shared: other tests may have made a record
    assert found["standing"]["words"] == submission["waitsFor"]
    assert submission == {
        "operationId": operation_id,
        "version": "1.1.0",
        "state": "In review",
        "held": False,
        "waitsFor": "a reviewer's decision",
        "standing": {
            "waitsFor": "reviewer",
            "words": "a reviewer's decision",
            "since": made["createdTime"],
            "next": "A reviewer approves it, rejects it with a reason, or asks a question. "
            "Approved, it is signed and browsers are offered it.",
        },
        "dueTime": None,
        "reason": None,
        "policies": [],
        "questions": [],
        "notes": "Mind the gap",
        "restores": None,
    }
    shown = told(store, "GET", f"/products/{published.id}/submissions/{made['id']}", account)
    assert (shown["id"], shown["version"]) == (made["id"], "1.1.0")


def test_of_a_blocked_product_nobody_is_offered_anything(
    store: RunningStore, account: Account, published: Product
) -> None:
    do(store, block_product, product_id=published.id, reason="malware")

    found = told(store, "GET", f"/products/{published.id}", account)
    (release,) = told(store, "GET", f"/products/{published.id}/releases", account)["releases"]

    assert (found["state"], found["live"]) == ("Blocked", None)
    assert found["keptBack"]["reason"] == "malware"
    assert (release["version"], release["live"]) == ("1.0.0", False)


def test_of_a_product_in_quarantine_its_publisher_reads_why_and_since_when(
    store: RunningStore, account: Account, published: Product
) -> None:
    do(store, quarantine_product, product_id=published.id, reason="It phones home.")

    found = told(store, "GET", f"/products/{published.id}", account)
    (release,) = told(store, "GET", f"/products/{published.id}/releases", account)["releases"]

    since = store.product(published.id).kept_back_time
    assert since is not None
    assert found["keptBack"] == {"reason": "It phones home.", "sinceTime": wire_time(since)}
    assert (found["state"], found["live"], release["live"]) == ("In the store", None, False)


def test_products_are_listed_page_by_page_oldest_first(store: RunningStore, account: Account) -> None:
    made = [new_product(store, account).id for _ in range(3)]

    first = told(store, "GET", "/products?limit=2", account)
    second = told(store, "GET", f"/products?limit=2&after={first['next']}", account)

    assert [each["id"] for each in first["products"]] == made[:2]
    assert [each["id"] for each in second["products"]] == made[2:]
    assert second["next"] is None
    assert first["products"][0] == told(store, "GET", f"/products/{made[0]}", account)
    assert told(store, "GET", "/products?limit=3", account)["next"] is None


def test_a_publisher_without_products_has_an_empty_list(store: RunningStore, account: Account) -> None:
    assert told(store, "GET", "/products", account) == {"products": [], "next": None}


def test_operations_are_those_of_the_api_newest_first_and_by_kind(
    store: RunningStore, account: Account, published: Product
) -> None:
    publish_id = put_up(store, account, published, "1.1.0")
    refused_id = store.publish(account, published.id)
    answers = [store.status(account, published.id, each) for each in (refused_id, publish_id)]

    path = f"/products/{published.id}/operations"
    everything = told(store, "GET", path, account)["operations"]
    publishes = told(store, "GET", f"{path}?kind=publish", account)["operations"]

    assert [each["status"] for each in publishes] == ["Failed", "Succeeded"]
    assert publishes == [each | {"kind": "publish"} for each in answers]
    assert [each["kind"] for each in everything] == ["publish", "publish", "upload", "upload"]
    assert everything[:2] == publishes
    uploads = told(store, "GET", f"{path}?kind=upload", account)["operations"]
    assert everything[2:] == uploads


def test_submissions_are_listed_newest_first(
    store: RunningStore, account: Account, published: Product
) -> None:
    put_up(store, account, published, "1.1.0")
    store.wait_for(lambda: store.product(published.id).state is ProductState.IN_STORE)

    found = told(store, "GET", f"/products/{published.id}/submissions", account)["submissions"]

    assert [(each["version"], each["state"]) for each in found] == [
        ("1.1.0", "In the store"),
        ("1.0.0", "Superseded"),
    ]


def test_releases_say_who_is_offered_each(store: RunningStore, account: Account, published: Product) -> None:
    ring = f"pilot-{published.id[:8]}"
    do(store, create_ring, name=ring)
    path = f"/products/{published.id}/releases"
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        if version == "1.3.0":
            do(store, set_first_rings, product_id=published.id, names=[ring])
        put_up(store, account, published, version)
        store.wait_for(lambda: store.product(published.id).state is ProductState.IN_STORE)
    do(store, withdraw_release, product_id=published.id, version="1.2.0", reason="it hangs")

    found = told(store, "GET", path, account)["releases"]

    assert [(each["version"], each["live"], each["rings"], each["withdrawnReason"]) for each in found] == [
        ("1.3.0", False, [ring], None),
        ("1.2.0", False, [], "it hangs"),
        ("1.1.0", True, [], None),
        ("1.0.0", False, [], None),
    ]
    assert [each["withdrawnTime"] is None for each in found] == [True, False, True, True]
    do(store, offer_to_all, product_id=published.id, version="1.3.0")
    assert told(store, "GET", path, account)["releases"][0]["live"]


def test_keys_are_listed_without_their_secrets(
    store: RunningStore, account: Account, product: Product
) -> None:
    credential_id, _ = new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)

    answer = ask(store, "GET", "/keys", account)

    keys = answer.json()["keys"]
    assert [each["kind"] for each in keys] == ["apiKey", "clientSecret", "apiKey"]
    assert {each["clientId"] for each in keys} == {account.publisher.client_id}
    assert [each["productId"] for each in keys] == [None, None, product.id]
    assert keys[-1]["id"] == credential_id
    assert keys[0]["hint"] == f"{account.api_key[:6]}…{account.api_key[-4:]}"
    assert account.api_key not in answer.text
    assert account.client_secret not in answer.text


def test_a_key_that_is_scoped_to_a_product_lists_it_alone_and_no_keys(
    store: RunningStore, account: Account, product: Product
) -> None:
    other = new_product(store, account)
    _, headers = new_key(store, account, lifetime=timedelta(days=1), product_id=product.id)

    found = ask(store, "GET", "/products", headers).json()

    assert [each["id"] for each in found["products"]] == [product.id]
    assert ask(store, "GET", f"/products/{other.id}", headers).status_code == 404
    assert ask(store, "GET", f"/products?after={other.id}", headers).status_code == 400
    refused(
        ask(store, "GET", "/keys", headers),
        403,
        "KeyScoped",
        "This key speaks for one product: it makes none, and manages no keys or webhooks. Use one that is not scoped.",
    )


def test_what_is_not_there_is_a_problem_too(store: RunningStore, account: Account) -> None:
    for path in ("", "/", "/nothing", f"/products/{NOBODYS_GUID}", "/products/malformed", "/products/"):
        refused(ask(store, "GET", path, account), 404, "NotFound", "Resource not found.")


def test_another_method_is_refused_with_those_that_are_allowed(store: RunningStore, account: Account) -> None:
    answer = ask(store, "PATCH", "/products", account)

    refused(
        answer,
        405,
        "MethodNotAllowed",
        "The method PATCH is not allowed here. Use " + answer.headers["allow"] + ".",
    )
    assert answer.headers["allow"] == "GET, HEAD, POST"
