"""Publishes with the synchronous client."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import assert_type

from openaddons.client import (
    ApiKey,
    ClientSecret,
    Credentials,
    EdgeAddons,
    EdgeAddonsError,
    Event,
    ListingLanguage,
    ModuleContent,
    Operation,
    OperationError,
    Place,
    ProductState,
    Progress,
    PublishRefused,
    Question,
    Release,
    Submission,
    Webhook,
    failure_of,
)


def show(done_bytes: int, all_bytes: int) -> None:
    """Shows how far the upload is."""


progress: Progress = show


def release(store: EdgeAddons, product_id: str, package: Path) -> Operation:
    upload = store.upload(product_id, package, progress=progress, timeout_seconds=60)
    assert_type(upload, str)
    with package.open("rb") as file:
        store.upload(product_id, file)
    uploaded = store.wait_upload(product_id, upload)
    assert_type(uploaded.error_code, str | None)
    assert_type(uploaded.errors, tuple[OperationError, ...])
    publish = store.publish(product_id, notes="Sign in as demo / demo.")
    return store.wait_publish(product_id, publish)


def look(store: EdgeAddons, product_id: str) -> Submission | None:
    assert_type(store.check_credentials(product_id).product_known, bool | None)
    product = store.product(product_id)
    if product.live is not None:
        assert_type(product.live.size_bytes, int)
    assert_type(product.draft.modules[0].problems, tuple[str, ...])
    assert_type(store.wait_in_store(product_id, "1.0"), ProductState)
    assert_type(store.releases(product_id), tuple[Release, ...])
    assert_type(store.products(), Iterator[ProductState])
    return product.submission


def names(store: EdgeAddons) -> Iterator[str]:
    for product in store.products():
        yield product.name


def decide(store: EdgeAddons, product_id: str, submission: Submission) -> None:
    assert_type(store.cancel(product_id, submission.id, reason="No."), Submission)
    store.hold(product_id, submission.id)
    store.release(product_id, submission.id)
    assert_type(store.roll_back(product_id, reason="It leaks."), Submission)
    store.unpublish(product_id)


def describe(store: EdgeAddons, product_id: str, submission: Submission) -> str:
    assert_type(submission.standing.place, Place | None)
    assert_type(submission.open_question, Question | None)
    store.answer(product_id, submission.id, "To count them.")
    module = store.set_module(product_id, "availability", {"visibility": "Hidden"}, if_tag="2240e058b32c0d86")
    assert_type(module, ModuleContent)
    assert_type(store.set_language(product_id, "en", module.content), ListingLanguage)
    return store.add_image(product_id, Path("logo.png").read_bytes()).key


def listen(store: EdgeAddons) -> str:
    made = store.create_webhook("https://ci.example.com/add-ons", types=["release.created"])
    assert_type(store.webhooks(), tuple[Webhook, ...])
    for delivery in store.deliveries(made.id):
        assert_type(delivery.status, int | None)
        store.redeliver(made.id, delivery.id)
    assert_type(store.events(), Iterator[Event])
    return made.secret


def renew(store: EdgeAddons) -> ApiKey:
    new = store.rotate_key(store.keys()[0].id, overlap_hours=2)
    assert_type(new.expires_time, datetime | None)
    return ApiKey(new.client_id, new.secret)


def explained(operation: Operation) -> str:
    failure = failure_of(operation)
    assert_type(failure, EdgeAddonsError | None)
    return failure.advice if failure else "Fine."


def main(credentials: Credentials) -> int:
    if isinstance(credentials, ClientSecret):
        assert_type(credentials.token_url, str)
    try:
        with EdgeAddons(credentials, base_url="https://store.example") as store:
            release(store, "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6", Path("a.zip"))
    except PublishRefused as refused:
        assert_type(refused.operation, Operation | None)
        return refused.exit_code
    except EdgeAddonsError as failure:
        assert_type(failure.http_status, int | None)
        return failure.exit_code
    return 0
