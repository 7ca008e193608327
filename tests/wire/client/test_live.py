"""The client and the store: what one says, the other understands."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from openaddons.client import (
    AnswerLost,
    ApiKey,
    AsyncEdgeAddons,
    ChangedMeanwhile,
    ClientSecret,
    CredentialsCheck,
    CredentialsRejected,
    EdgeAddons,
    KeyKind,
    NotFound,
    OperationKind,
    PackageRefused,
    ProductState,
    RequestRefused,
    ReviewFailed,
    SubmissionCancelled,
    SubmissionInProgress,
)
from openaddons.store.certification.questions import ask_publisher
from openaddons.store.products import Product
from openaddons.store.submissions import approve_submission, reject_submission
from tests.pictures import picture
from tests.receivers import receiver
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import NOBODYS_GUID, new_key, stop_work, token_path
from tests.wire.client.line import plain, plain_async
from tests.wire.conftest import OpenStore, new_account, new_product
from tests.wire.manage.asking import do, manually

# A client does not see which database a store has.
pytestmark = pytest.mark.parametrize("open_own_store", ["sqlite"], indirect=True)


@pytest.fixture
def update(tmp_path: Path) -> Path:
    """A good package of version 1.1.0, sent in several pieces."""
    path = tmp_path / "update.zip"
    path.write_bytes(make_zip("1.1.0", files={"noise.txt": os.urandom(200_000)}))
    return path


def send(addons: EdgeAddons, product: Product, package: Path, *, notes: str = "") -> str:
    """Upload, publish, and give the operation ID of the publish that has succeeded."""
    addons.wait_upload(product.id, addons.upload(product.id, package))
    return addons.wait_publish(product.id, addons.publish(product.id, notes=notes)).id


# From the package to the browser


def test_an_update_goes_from_the_package_into_the_store(
    addons: EdgeAddons, published: Product, update: Path
) -> None:
    seen: list[tuple[int, int]] = []

    upload = addons.upload(published.id, update, progress=lambda done, total: seen.append((done, total)))
    uploaded = addons.wait_upload(published.id, upload)
    publish = addons.publish(published.id, notes='Say "hello".\n')
    addons.wait_publish(published.id, publish)
    product = addons.wait_in_store(published.id, "1.1.0")

    size_bytes = update.stat().st_size
    assert seen[-1] == (size_bytes, size_bytes)
    assert uploaded.message == "Successfully updated package to sample_1.1.0.zip"
    assert product.live is not None
    assert (product.id, product.crx_id, product.state) == (published.id, published.crx_id, "In the store")
    submission = addons.submissions(published.id)[0]
    assert (submission.operation_id, submission.notes) == (publish, 'Say "hello".\n')
    releases = addons.releases(published.id)
    assert [(each.version, each.live) for each in releases] == [("1.1.0", True), ("1.0.0", False)]
    assert releases[0].sha256 == product.live.sha256


def test_an_update_goes_into_the_store_by_asyncio_too(
    store: RunningStore, credentials: ApiKey, published: Product, update: Path
) -> None:
    async def run() -> tuple[list[tuple[int, int]], ProductState, list[ProductState]]:
        seen: list[tuple[int, int]] = []
        async with AsyncEdgeAddons(credentials, base_url=store.url, transport=plain_async()) as addons:
            upload = await addons.upload(
                published.id, update, progress=lambda done, total: seen.append((done, total))
            )
            await addons.wait_upload(published.id, upload)
            await addons.wait_publish(published.id, await addons.publish(published.id))
            product = await addons.wait_in_store(published.id, "1.1.0")
            return seen, product, [each async for each in addons.products()]

    seen, product, products = asyncio.run(run())

    size_bytes = update.stat().st_size
    assert seen[-1] == (size_bytes, size_bytes)
    assert product.live is not None
    assert product.live.version == "1.1.0"
    assert products == [product]


def test_a_client_secret_is_exchanged_for_a_token(
    store: RunningStore, account: Account, published: Product, update: Path
) -> None:
    secret = ClientSecret(
        account.publisher.client_id, account.client_secret, f"{store.url}{token_path(account)}"
    )

    with EdgeAddons(secret, base_url=store.url) as addons:
        send(addons, published, update)

        assert addons.product(published.id).id == published.id


def test_a_refused_package_says_every_problem(addons: EdgeAddons, published: Product, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(make_zip("1.1.0", manifest_version=7))

    with pytest.raises(PackageRefused) as caught:
        addons.wait_upload(published.id, addons.upload(published.id, bad))

    assert caught.value.errors[0].file == "manifest.json"


# Decisions


@pytest.fixture
def in_review(store: RunningStore, addons: EdgeAddons, published: Product, update: Path) -> str:
    """The id of a submission that waits for a reviewer."""
    manually(store, published)
    send(addons, published, update)
    submission = addons.product(published.id).submission
    assert submission is not None
    assert (submission.state, submission.waits_for) == ("In review", "a reviewer's decision")
    return submission.id


def test_a_second_publish_is_refused_while_one_is_in_review(
    addons: EdgeAddons, published: Product, in_review: str
) -> None:
    with pytest.raises(SubmissionInProgress):
        addons.wait_publish(published.id, addons.publish(published.id))


def test_a_cancelled_submission_ends_the_wait(addons: EdgeAddons, published: Product, in_review: str) -> None:
    cancelled = addons.cancel(published.id, in_review, reason="Too early.")

    assert (cancelled.state, cancelled.reason) == ("Cancelled", "Too early.")
    with pytest.raises(SubmissionCancelled, match="Too early"):
        addons.wait_in_store(published.id, "1.1.0")
    with pytest.raises(RequestRefused) as caught:
        addons.hold(published.id, in_review)
    assert caught.value.error_code == "TransitionRefused"


def test_a_rejected_submission_ends_the_wait(
    store: RunningStore, addons: EdgeAddons, published: Product, in_review: str
) -> None:
    do(store, reject_submission, submission_id=in_review, reason="It asks for too much.")

    with pytest.raises(ReviewFailed, match="It asks for too much"):
        addons.wait_in_store(published.id, "1.1.0")


def test_a_held_submission_is_in_the_store_after_its_release(
    store: RunningStore, addons: EdgeAddons, published: Product, in_review: str
) -> None:
    assert addons.hold(published.id, in_review).held
    do(store, approve_submission, submission_id=in_review)
    held = addons.submissions(published.id)[0]
    assert (held.state, held.waits_for) == ("Approved", "somebody to release it")

    addons.release(published.id, in_review)

    live = addons.wait_in_store(published.id, "1.1.0").live
    assert live is not None
    assert live.version == "1.1.0"


def test_a_question_is_read_and_answered(
    store: RunningStore, addons: EdgeAddons, published: Product, in_review: str
) -> None:
    do(store, ask_publisher, submission_id=in_review, text="What are the tabs read for?", review_days=7)
    asked = addons.submission(published.id, in_review)
    answered = addons.answer(published.id, in_review, "To count them.")

    assert asked.open_question is not None
    assert (asked.standing.waits_for, asked.open_question.text) == ("answer", "What are the tabs read for?")
    assert (answered.standing.waits_for, answered.open_question) == ("reviewer", None)
    assert answered.standing.place is not None
    assert answered.questions[0].answer == "To count them."


def test_a_draft_is_read_and_changed(addons: EdgeAddons, published: Product) -> None:
    image = addons.add_image(published.id, picture(300, 300))
    listing = addons.set_language(published.id, "en", {"logo": image.key})
    with pytest.raises(ChangedMeanwhile):
        addons.set_language(published.id, "en", {}, if_tag="0" * 16)
    hidden = addons.set_module(published.id, "availability", {"visibility": "Hidden"})
    addons.set_language(published.id, "pt-BR", {})
    addons.remove_language(published.id, "pt-BR")

    draft = addons.draft(published.id)
    content = {each.name: each.content for each in draft.modules}
    assert (image.width_pixels, listing.content["logo"]) == (300, image.key)
    assert addons.language(published.id, "en") == listing
    assert content["AVAILABILITY"] == hidden.content
    assert list(content["LISTING"]) == ["en"]


def test_what_was_asked_for_and_done_is_told(addons: EdgeAddons, published: Product, update: Path) -> None:
    publish = send(addons, published, update)

    assert addons.operations(published.id, kind=OperationKind.PUBLISH)[0].id == publish
    events = list(addons.events(published.id))
    assert "submission.created" in [each.verb for each in events]
    assert {each.product_id for each in events} == {published.id}


def test_a_webhook_is_made_tried_changed_and_forgotten(store: RunningStore, addons: EdgeAddons) -> None:
    with receiver() as there:
        made = addons.create_webhook(there.url, types=["release.created"])
        tested = addons.try_webhook(made.id)
        store.wait_for(lambda: [each.state for each in addons.deliveries(made.id)] == ["Delivered"])
        again = addons.redeliver(made.id, tested)
        rotated = addons.rotate_webhook_secret(made.id)
        changed = addons.change_webhook(made.id, types=[], enabled=False)

    assert {each.id for each in addons.deliveries(made.id)} == {tested, again}
    assert rotated.secret != made.secret
    assert (changed.types, changed.enabled, changed.former_secret_until_time is None) == ((), False, False)
    addons.delete_webhook(made.id)
    assert made.id not in [each.id for each in addons.webhooks()]


def test_a_roll_back_brings_older_content_with_a_higher_version(
    addons: EdgeAddons, published: Product, update: Path
) -> None:
    send(addons, published, update)
    addons.wait_in_store(published.id, "1.1.0")

    roll_back = addons.roll_back(published.id, reason="It leaks.")

    assert (roll_back.version, roll_back.restores) == ("1.1.0.1", "1.0.0")
    addons.wait_in_store(published.id, "1.1.0.1")
    assert addons.releases(published.id)[0].content_of == "1.0.0"


def test_a_product_is_taken_out_of_the_store(addons: EdgeAddons, published: Product) -> None:
    assert addons.unpublish(published.id).state in {"Unpublish in progress", "Unpublished"}


# Keys


def test_a_key_is_made_rotated_and_revoked(
    store: RunningStore, account: Account, addons: EdgeAddons, published: Product
) -> None:
    made = addons.create_key(days=7)
    rotated = addons.rotate_key(made.id, overlap_hours=1)
    addons.revoke_key(made.id)

    assert made.kind == KeyKind.API_KEY
    all_keys = addons.keys()
    by_id = {key.id: key for key in all_keys}
    assert by_id[made.id].revoked_time is not None
    with EdgeAddons(ApiKey(rotated.client_id, rotated.secret), base_url=store.url) as new:
        assert new.check_credentials(published.id) == CredentialsCheck(product_known=True)
    with (
        EdgeAddons(ApiKey(made.client_id, made.secret), base_url=store.url) as old,
        pytest.raises(CredentialsRejected),
    ):
        old.check_credentials(published.id)


def test_credentials_are_checked_without_a_trace(
    store: RunningStore, addons: EdgeAddons, published: Product
) -> None:
    before = addons.product(published.id)

    assert addons.check_credentials(published.id) == CredentialsCheck(product_known=True)
    assert addons.check_credentials(NOBODYS_GUID) == CredentialsCheck(product_known=False)
    assert addons.product(published.id) == before


def test_a_key_for_one_product_manages_no_keys(
    store: RunningStore, account: Account, published: Product
) -> None:
    other = new_product(store, account)
    _, headers = new_key(store, account, product_id=other.id, lifetime=timedelta(days=1))
    scoped = ApiKey(account.publisher.client_id, headers["Authorization"].removeprefix("ApiKey "))

    with EdgeAddons(scoped, base_url=store.url) as addons:
        with pytest.raises(CredentialsRejected) as caught:
            addons.keys()
        with pytest.raises(NotFound):
            addons.product(published.id)

    assert caught.value.error_code == "KeyScoped"
    assert "without a scope" in caught.value.advice


# A network that loses answers


@dataclass
class Losing(httpx2.BaseTransport):
    """Loses the first answer to a POST that ends so: on the way there, or on the way back."""

    path_end: str
    got_there: bool
    inner: httpx2.BaseTransport = field(default_factory=plain)
    left: int = 1

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith(self.path_end) or self.left == 0:
            return self.inner.handle_request(request)
        self.left -= 1
        if self.got_there:
            self.inner.handle_request(request).read()
        raise httpx2.ReadError("connection reset by peer")

    def close(self) -> None:
        self.inner.close()


@pytest.mark.parametrize("got_there", [True, False])
def test_a_publish_whose_answer_is_lost_is_done_once(
    store: RunningStore, credentials: ApiKey, published: Product, update: Path, *, got_there: bool
) -> None:
    losing = Losing("/submissions", got_there)

    with EdgeAddons(credentials, base_url=store.url, transport=losing) as addons:
        publish = send(addons, published, update)

        assert losing.left == 0
        submissions = addons.submissions(published.id)
    assert [each.version for each in submissions] == ["1.1.0", "1.0.0"]
    assert submissions[0].operation_id == publish


@pytest.mark.parametrize("got_there", [True, False])
def test_an_upload_whose_answer_is_lost_is_done_again(
    store: RunningStore, credentials: ApiKey, published: Product, update: Path, *, got_there: bool
) -> None:
    with EdgeAddons(
        credentials, base_url=store.url, transport=Losing("/package", got_there), sleep=lambda _: None
    ) as addons:
        send(addons, published, update)

        assert [each.version for each in addons.submissions(published.id)] == ["1.1.0", "1.0.0"]


def test_a_change_whose_answer_is_lost_is_told(
    store: RunningStore, credentials: ApiKey, published: Product
) -> None:
    with (
        EdgeAddons(credentials, base_url=store.url, transport=Losing("/keys", got_there=True)) as addons,
        pytest.raises(AnswerLost, match="The request for a key"),
    ):
        addons.create_key()


# A wait that is taken up in another process

PROGRAM = """
import os, sys
from openaddons.client import ApiKey, EdgeAddons

verb, product_id, given = sys.argv[1:]
with EdgeAddons(ApiKey(os.environ["CLIENT_ID"], os.environ["API_KEY"])) as store:
    upload = store.upload(product_id, given) if verb == "upload" else given
    print(upload, flush=True)
    print(store.wait_upload(product_id, upload).status, flush=True)
"""


def start(url: str, credentials: ApiKey, *arguments: str) -> "subprocess.Popen[str]":
    """The program above, as a process of its own."""
    given = {"EDGE_ADDONS_BASE_URL": url, "CLIENT_ID": credentials.client_id, "API_KEY": credentials.key}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], env=os.environ | given, stdout=subprocess.PIPE, text=True
    )


def test_a_wait_is_taken_up_by_another_process_after_the_first_was_killed(
    open_own_store: OpenStore, update: Path
) -> None:
    with open_own_store() as store:
        account = new_account(store)
        product = make_published(store.workshop, account)
        credentials = ApiKey(account.publisher.client_id, account.api_key)
        workshop = stop_work(store)
        with start(store.url, credentials, "upload", product.id, str(update)) as first:
            assert first.stdout is not None
            operation_id = first.stdout.readline().strip()
            first.kill()
            assert first.communicate()[0] == ""

        with start(store.url, credentials, "wait", product.id, operation_id) as second:
            assert second.stdout is not None
            assert second.stdout.readline().strip() == operation_id
            workshop.look_at(product.id)
            rest, _ = second.communicate()

    assert (rest.strip(), second.returncode) == ("Succeeded", 0)
