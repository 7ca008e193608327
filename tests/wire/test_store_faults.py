"""500 and 503: the store's own faults, and times in which it takes nothing in."""

import os
import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog.testing

from openaddons.objects import StoredObject
from openaddons.store.operations import OperationKind, accept_operation, read_operation
from openaddons.store.products import Product
from openaddons.store.tables import operations
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import NOBODYS_GUID, call, change, error, make, stop_work, token_form, token_path
from tests.wire.conftest import OpenStore, new_account, new_product, waiting_of
from tests.wire.dashboard.conftest import Browser, sign_in
from tests.wire.raw import Connection, head

NEEDS = {
    "upload": "products",
    "upload status": "operations",
    "publish": "products",
    "publish status": "operations",
}


def rename(store: RunningStore, old: str, new: str) -> None:
    """Rename a table, as a mistaken administrator might."""
    change(store, sa.text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_fault_is_answered_with_500_and_found_in_the_log_by_its_correlation_id(
    open_own_store: OpenStore,
) -> None:
    with open_own_store() as store:
        account = new_account(store)
        product = new_product(store, account)
        for name, table in NEEDS.items():
            asked = call(name, product.id)
            rename(store, table, "elsewhere")
            with structlog.testing.capture_logs() as logged:
                answer = make(store, asked, account.headers)
            rename(store, "elsewhere", table)

            correlation_id = answer.headers["x-correlation-id"]
            assert (answer.status_code, answer.json()) == (
                500,
                error(
                    500,
                    "An unexpected condition was met. Please contact the store's operator. "
                    f"Correlation ID: {correlation_id}",
                ),
            )
            assert [
                (each["event"], each["log_level"], each["method"], each["path"])
                for each in logged
                if each.get("correlation_id") == correlation_id
            ] == [("request.failed", "error", asked.method, asked.path)]

        assert (
            make(store, call("publish", product.id), account.headers).status_code == 202
        )  # all is well again


def test_a_fault_while_an_operation_is_written_gives_no_202(open_own_store: OpenStore) -> None:
    with open_own_store() as store:
        account = new_account(store)
        product = new_product(store, account)
        rename(store, "events", "elsewhere")

        with structlog.testing.capture_logs():
            answers = [make(store, call(name, product.id), account.headers) for name in ("upload", "publish")]

        rename(store, "elsewhere", "events")
        count = sa.select(sa.func.count()).select_from(operations)
        assert [each.status_code for each in answers] == [500, 500]
        assert store.workshop.tools.database.read(lambda tx: tx.execute(count).scalar_one()) == 0


_DRAINING = "The store does not accept requests just now. Try again in {} seconds."
_READ_ONLY = (
    "The store is read-only while it is maintained. Nothing was changed: send it again when that is over."
)


def unavailable(answer: Any, message: str) -> None:
    seconds = answer.headers["retry-after"]
    assert (answer.status_code, answer.json()) == (503, error(503, message.format(seconds)))
    assert int(seconds) > 0


def test_a_read_only_store_takes_nothing_in_and_answers_the_rest(open_own_store: OpenStore) -> None:
    with open_own_store(read_only=True) as store:
        account = new_account(store)
        product = make_published(store.workshop, account)

        for name in ("upload", "publish"):
            unavailable(make(store, call(name, product.id), account.headers), _READ_ONLY)
            assert make(store, call(name, product.id), {}).status_code == 401
            assert make(store, call(name, NOBODYS_GUID), account.headers).status_code == 404
        assert make(store, call("publish status", product.id), account.headers).status_code == 404
        assert store.http.post(token_path(account), data=token_form(account)).status_code == 200
        assert store.http.get("/readyz").status_code == 503
        assert store.http.get("/healthz").status_code == 200


def test_the_dashboard_of_a_read_only_store_is_read_and_says_why_nobody_can_sign_in(
    open_own_store: OpenStore,
) -> None:
    with open_own_store(read_only=True) as store:
        for browser, page in ((sign_in(store), "/dashboard/account"), (Browser(store), "/dashboard/sign-in")):
            assert "nothing can be changed, and nobody can sign in." in browser.get(page).text

        refused = Browser(store).send("/dashboard/sign-in", {"email": "a@b", "password": "x"}, status=503)

    assert (_READ_ONLY in refused.text, "<code>StoreReadOnly</code>" in refused.text) == (True, True)
    assert int(refused.headers["retry-after"]) > 0


def slow_upload(store: RunningStore, account: Account, product: Product) -> tuple[str, Path]:
    """An upload whose check waits for its bytes, as with a disk that hangs, until the pipe is opened to write."""
    tools = store.workshop.tools
    with tools.objects.begin() as incoming:
        incoming.write([make_zip()])
        stored: StoredObject = incoming.keep()
    pipe = tools.settings.data / "objects" / stored.key[:2] / stored.key
    pipe.unlink()
    os.mkfifo(pipe)
    operation_id = tools.database.run(
        accept_operation,
        kind=OperationKind.UPLOAD,
        product_id=product.id,
        publisher_id=account.publisher.id,
        actor="test",
        correlation_id=NOBODYS_GUID,
        stored=stored,
    )
    attempt = sa.select(operations.c.attempt).where(operations.c.id == operation_id)
    store.wait_for(lambda: tools.database.read(lambda tx: tx.execute(attempt).scalar_one()) == 1)
    return operation_id, pipe


def test_a_store_that_drains_takes_nothing_in_and_frees_whoever_waits(open_own_store: OpenStore) -> None:
    """It ends the work under way first: here a check that waits for a slow disk."""
    with open_own_store() as store, Connection(store.url) as held:
        account = new_account(store)
        product = make_published(store.workshop, account)
        ended = store.publish(account, product.id)
        store.status(account, product.id, ended)
        running, pipe = slow_upload(store, account, product)
        held.send(head("GET", call("upload status", product.id, running).path, account.headers))
        store.wait_for(lambda: len(waiting_of(store)) == 1)
        stopping = threading.Thread(target=store.stop)

        stopping.start()
        store.wait_for(lambda: store.http.get("/readyz").status_code == 503)
        for name in ("upload", "publish"):
            unavailable(make(store, call(name, product.id), account.headers), _DRAINING)
        finished = make(store, call("publish status", product.id, ended), account.headers)
        assert finished.json()["errorCode"] == "NoModulesUpdated"
        assert len(waiting_of(store)) == 1
        pipe.open("wb").close()

        answer = held.read()
        stopping.join()
    assert answer.status == 200
    assert b'"status":"InProgress"' in answer.body


def test_a_store_that_has_stopped_keeps_what_it_accepted_for_the_next_worker(
    open_own_store: OpenStore,
) -> None:
    with open_own_store() as store:
        account = new_account(store)
        product = new_product(store, account)
        worker = stop_work(store)
        operation_id = store.publish(account, product.id)
        store.stop()

        worker.look_at(product.id)

        operation = store.workshop.tools.database.read(read_operation, operation_id=operation_id)
    assert operation is not None
    assert operation.error_code == "CreateNotAllowed"
