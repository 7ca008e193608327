"""A status request waits for the end of its operation, at the cost of a future."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from openaddons.store.operations import OperationKind
from openaddons.store.products import Product
from openaddons.surfaces.edge.waiting import preferred_wait
from openaddons.work.workshop import Workshop
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.calls import accept, call, make, stop_work
from tests.wire.conftest import OpenStore, new_account, waiting_of
from tests.wire.raw import Connection, head


@pytest.fixture(scope="module")
def idle_store(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """A store whose workers have ended: what it accepts stays in progress until a test's worker looks."""
    with open_own_store() as running:
        stop_work(running)
        yield running


@pytest.fixture
def worker(idle_store: RunningStore) -> Iterator[Workshop]:
    """A worker that does what the test tells it to."""
    opened = Workshop(idle_store.workshop.tools)
    yield opened
    opened.close()


@pytest.fixture
def account(idle_store: RunningStore) -> Account:
    return new_account(idle_store)


@pytest.fixture
def published(idle_store: RunningStore, account: Account, worker: Workshop) -> Product:
    return make_published(worker, account)


def hold(
    store: RunningStore, account: Account, product: Product, operation_id: str, **headers: str
) -> Connection:
    """A status request whose answer is not read yet."""
    connection = Connection(store.url)
    path = call("publish status", product.id, operation_id).path
    connection.send(head("GET", path, account.headers | headers))
    return connection


def test_a_held_request_is_answered_as_soon_as_the_operation_ends(
    idle_store: RunningStore, account: Account, published: Product, worker: Workshop
) -> None:
    operation_id = idle_store.publish(account, published.id)
    with hold(idle_store, account, published, operation_id, Prefer="wait=25") as held:
        idle_store.wait_for(lambda: len(waiting_of(idle_store)) == 1)

        worker.look_at(published.id)

        held.socket.settimeout(10)  # well below the 25 seconds
        assert json.loads(held.read().body)["errorCode"] == "NoModulesUpdated"
    assert len(waiting_of(idle_store)) == 0


def test_an_operation_that_ends_wakes_only_those_who_wait_for_it(
    idle_store: RunningStore, account: Account, published: Product, worker: Workshop
) -> None:
    other = make_published(worker, account)
    first, second = (idle_store.publish(account, each.id) for each in (published, other))
    with (
        hold(idle_store, account, published, first) as held,
        hold(idle_store, account, other, second) as held_on,
    ):
        idle_store.wait_for(lambda: len(waiting_of(idle_store)) == 2)

        worker.look_at(published.id)

        assert b'"Failed"' in held.read().body
        assert len(waiting_of(idle_store)) == 1
        worker.look_at(other.id)
        assert b'"Failed"' in held_on.read().body


@pytest.mark.parametrize("prefer", ["wait=0", "respond-async, wait=0", 'Wait = "0"'])
def test_a_request_that_does_not_want_to_wait_is_answered_at_once(
    idle_store: RunningStore, account: Account, published: Product, prefer: str
) -> None:
    operation_id = idle_store.publish(account, published.id)
    asked = call("publish status", published.id, operation_id)

    answer = make(idle_store, asked, account.headers | {"Prefer": prefer})

    assert answer.elapsed.total_seconds() < 5  # it would be held for 20
    assert [answer.json()[key] for key in ("status", "message", "errorCode", "errors")] == [
        "InProgress",
        None,
        None,
        None,
    ]


def test_a_request_is_answered_when_its_time_is_up(
    idle_store: RunningStore, account: Account, published: Product
) -> None:
    operation_id = idle_store.publish(account, published.id)
    asked = call("publish status", published.id, operation_id)

    answer = make(idle_store, asked, account.headers | {"Prefer": "wait=1"})

    assert 1 <= answer.elapsed.total_seconds() < 10
    assert (answer.status_code, answer.json()["status"]) == (200, "InProgress")


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 10),
        ("wait=3", 3),
        ("wait=25", 25),
        ("wait=26", 25),
        ("wait=999999", 25),
        ("wait=99999999999", 25),
        ("wait=-1", 10),
        ("wait=soon", 10),
        ("await=3", 10),
        ("respond-async; foo=bar, wait=4", 4),
        ('WAIT="5"', 5),
    ],
)
def test_the_wait_that_is_preferred_is_at_most_25_seconds(prefer: str, seconds: float) -> None:
    assert preferred_wait(prefer, 10) == seconds


def test_200_held_requests_need_no_threads_of_their_own(
    idle_store: RunningStore, account: Account, published: Product, worker: Workshop
) -> None:
    operation_id = idle_store.publish(account, published.id)
    before = threading.active_count()
    with ExitStack() as stack:
        held = [stack.enter_context(hold(idle_store, account, published, operation_id)) for _ in range(200)]
        idle_store.wait_for(lambda: len(waiting_of(idle_store)) == 200)

        assert threading.active_count() <= before
        over = make(idle_store, call("publish status", published.id, operation_id), account.headers)
        assert over.json()["status"] == "InProgress"  # one client holds no more than 200
        worker.look_at(published.id)
        assert {b'"status":"Failed"' in each.read().body for each in held} == {True}
    assert len(waiting_of(idle_store)) == 0


def test_a_client_that_goes_away_is_not_waited_for(
    idle_store: RunningStore, account: Account, published: Product
) -> None:
    operation_id = idle_store.publish(account, published.id)
    held = hold(idle_store, account, published, operation_id)
    idle_store.wait_for(lambda: len(waiting_of(idle_store)) == 1)

    held.close()

    idle_store.wait_for(lambda: len(waiting_of(idle_store)) == 0)


def test_an_operation_that_is_not_ones_own_is_not_waited_for(
    idle_store: RunningStore, account: Account, published: Product
) -> None:
    operation_id = accept(idle_store, account, published, OperationKind.PUBLISH)
    stranger = new_account(idle_store)

    answer = make(idle_store, call("publish status", published.id, operation_id), stranger.headers)

    assert answer.status_code == 404
    assert len(waiting_of(idle_store)) == 0


def test_a_publish_waits_for_the_upload_before_it_and_judges_the_new_draft(
    idle_store: RunningStore, account: Account, published: Product, worker: Workshop
) -> None:
    """Both were accepted before either began."""
    upload_id = idle_store.upload(account, published.id, make_zip("1.1.0"))
    publish_id = idle_store.publish(account, published.id)

    worker.look_at(published.id)

    upload = idle_store.status(account, published.id, upload_id, kind="upload")
    publish = idle_store.status(account, published.id, publish_id)
    assert (upload["status"], publish["status"]) == ("Succeeded", "Succeeded")
    assert upload["lastUpdatedTime"] <= publish["lastUpdatedTime"]


def test_operations_end_in_the_order_in_which_they_were_accepted(
    idle_store: RunningStore, account: Account, published: Product, worker: Workshop
) -> None:
    asked = [
        ("publish", b""),
        ("upload", make_zip("1.1.0")),
        ("publish", b""),
        ("upload", make_zip("0.9")),
        ("publish", b""),
    ]
    operation_ids = [
        (kind, getattr(idle_store, kind)(account, published.id, content)) for kind, content in asked
    ]

    worker.look_at(published.id)

    ends = [idle_store.status(account, published.id, each, kind=kind) for kind, each in operation_ids]
    assert [each["errorCode"] for each in ends] == ["NoModulesUpdated", "", "", "", "InProgressSubmission"]
