"""Both engines are held to one contract: inline on SQLite and on PostgreSQL, and the queue with its workers.

The processes are real ones. A step is held fast where it is by a named pipe in the place of its package, or by
a lock on a table, so that nothing has to be slow.
"""

import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from openaddons.app import open_store
from openaddons.ids import new_guid
from openaddons.policies import CertificationPolicy, EngineKind
from openaddons.settings import Settings
from openaddons.store.operations import OperationKind, accept_operation
from openaddons.store.products import Product, set_certification
from openaddons.store.states import OperationState, ProductState
from openaddons.store.submissions import approve_submission, list_submissions
from openaddons.store.tables import events, operations, submissions
from openaddons.work.inline import InlineEngine
from openaddons.work.workshop import Workshop
from tests.chaos.scene import Part
from tests.stores import PATIENCE_SECONDS, Account, RunningStore, make_account, make_published, make_zip
from tests.stores import wait_until as wait

# Far below the second in which a sweep would find the work as well: so it was told of it.
TOLD_SECONDS = 0.5


class Crew:
    """A store and those that carry its operations out: more serving processes, or workers."""

    def __init__(self, settings: Settings, workshop: Workshop) -> None:
        self.settings = settings
        self.workshop = workshop
        self.embedded = settings.database is None
        self.parts: list[Part] = []
        self._carrier = "worker" if settings.engine_kind is EngineKind.QUEUE else "serve"
        self.account: Account = make_account(workshop)

    def product(self, name: str = "Sample") -> Product:
        return make_published(self.workshop, self.account, name=name)

    def carrier(self, **environment: str) -> Part:
        """One more process that carries operations out. On SQLite there can only be one at a time."""
        self.parts.append(Part(self._carrier, self.settings, more=environment))
        return self.parts[-1]

    @contextmanager
    def serving(self, **environment: str) -> Iterator[RunningStore]:
        """A process to send requests to; with the inline engine it is a carrier as well."""
        part = Part("serve", self.settings, more=environment)
        self.parts.append(part)
        with httpx2.Client(base_url=part.url, timeout=PATIENCE_SECONDS, trust_env=False) as http:
            yield RunningStore(part.url, self.workshop, http, part.stop)

    @contextmanager
    def working(self, **environment: str) -> Iterator[RunningStore]:
        """A process to send requests to, and somebody who carries them out."""
        if self._carrier == "worker":
            self.carrier(**environment)
        with self.serving(**environment) as store:
            yield store

    def accept(self, product: Product, package: bytes) -> str:
        """Accept an upload as a serving process does, while there is none. Returns the operation's id."""
        with self.workshop.tools.objects.begin() as incoming:
            incoming.write([package])
            stored = incoming.keep()
        operation_id: str = self.workshop.tools.database.run(
            accept_operation,
            kind=OperationKind.UPLOAD,
            product_id=product.id,
            publisher_id=product.publisher_id,
            actor="test",
            correlation_id=new_guid(),
            stored=stored,
        )
        return operation_id

    def operation(self, operation_id: str) -> sa.RowMapping:
        """The operation's row."""
        query = sa.select(operations).where(operations.c.id == operation_id)
        return self.workshop.tools.database.read(lambda tx: tx.execute(query).mappings().one())

    def state(self, operation_id: str) -> str:
        return str(self.operation(operation_id)["state"])

    def ends(self, product: Product) -> list[str]:
        """The product's operations in the order in which they ended, each as often as it ended."""
        ended = [f"{kind.value}.{word}" for kind in OperationKind for word in ("succeeded", "failed")]
        query = (
            sa.select(events.c.subject)
            .where(events.c.product_id == product.id, events.c.verb.in_(ended))
            .order_by(events.c.number)
        )
        return self.workshop.tools.database.read(lambda tx: list(tx.execute(query).scalars()))

    def object_path(self, key: str) -> Path:
        return self.settings.data / "objects" / key[:2] / key


@contextmanager
def _crew(request: pytest.FixtureRequest, data: Path) -> Iterator[Crew]:
    kind, _, database = request.param.partition(" on ")
    settings = Settings(data=data, engine=kind)
    if database == "PostgreSQL":
        settings = settings.model_copy(update={"database": request.getfixturevalue("postgres_database")})
    with open_store(settings) as workshop:
        opened = Crew(settings, workshop)
        try:
            yield opened
        finally:
            for part in opened.parts:
                part.kill()


@pytest.fixture(params=["inline on SQLite", "inline on PostgreSQL", "queue on PostgreSQL"])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    """Every engine on every database that it works on."""
    with _crew(request, tmp_path / "data") as opened:
        yield opened


@pytest.fixture(params=["inline on PostgreSQL", "queue on PostgreSQL"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    """Those of which several processes can work on one database."""
    with _crew(request, tmp_path / "data") as opened:
        yield opened


@contextmanager
def held_by_pipe(path: Path) -> Iterator[None]:
    """Who opens the file within the block waits there until the block ends, and then fails."""
    kept = path.with_suffix(".kept")
    path.rename(kept)
    os.mkfifo(path)
    writer = None
    try:
        yield
        # Whoever waits in open() is let in, finds nothing, and fails; without anyone there is nothing to open.
        try:
            writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            writer = None
    finally:
        kept.rename(path)
        if writer is not None:
            os.close(writer)


@contextmanager
def held_by_lock(crew: Crew, *, waiting: int = 1) -> Iterator[Callable[[], None]]:
    """Publishing waits within the block, without a transaction that holds anything of its own.

    Yields a function that returns when somebody does wait.
    """
    engine = sa.create_engine(crew.settings.database_url)
    who = sa.text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    def until_somebody_waits() -> None:
        with engine.connect() as looking:
            wait(lambda: looking.execute(who).scalar_one() >= waiting)

    try:
        with engine.begin() as connection:
            connection.execute(sa.text("LOCK TABLE packages IN ACCESS EXCLUSIVE MODE"))
            yield until_somebody_waits
    finally:
        engine.dispose()


def test_what_is_accepted_reaches_its_end_at_once(crew: Crew) -> None:
    product = crew.product()
    seconds: list[float] = []
    with crew.working() as store:
        for number in range(1, 6):
            upload = store.upload(crew.account, product.id, make_zip(f"1.{number}.0"))
            started = time.monotonic()
            assert store.status(crew.account, product.id, upload, kind="upload")["status"] == "Succeeded"
            seconds.append(time.monotonic() - started)
            publish = store.publish(crew.account, product.id)
            assert store.status(crew.account, product.id, publish)["status"] == "Succeeded"
            wait(lambda: store.product(product.id).state is ProductState.IN_STORE)

    assert statistics.median(seconds) < TOLD_SECONDS


def test_the_operations_of_one_product_run_in_their_order(crew: Crew) -> None:
    product = crew.product()
    earlier = crew.ends(product)
    with crew.working() as store:
        if not crew.embedded:
            crew.carrier()
        accepted = [store.upload(crew.account, product.id, make_zip("1.1.0"))]
        publish = store.publish(crew.account, product.id)
        accepted.append(publish)
        accepted += [store.upload(crew.account, product.id, make_zip(f"2.{n}.0")) for n in range(8)]
        wait(lambda: all(crew.state(each) != OperationState.IN_PROGRESS for each in accepted))

    assert crew.ends(product) == earlier + accepted
    assert crew.state(publish) == OperationState.SUCCEEDED


def test_a_product_does_not_wait_for_another(crew: Crew) -> None:
    slow, quick = crew.product("Slow"), crew.product("Quick")
    database = crew.workshop.tools.database
    database.run(
        set_certification,
        product_id=slow.id,
        policy=CertificationPolicy.MANUAL,
        delay_seconds=None,
        actor="test",
    )
    with crew.working() as store:
        upload = store.upload(crew.account, slow.id, make_zip("1.1.0"))
        publish = store.publish(crew.account, slow.id)
        wait(lambda: crew.state(publish) == OperationState.SUCCEEDED)
        submission = database.read(list_submissions, product_id=slow.id)[0]
        with held_by_pipe(crew.object_path(crew.operation(upload)["object_key"])):
            database.run(approve_submission, submission_id=submission.id, actor="test")
            wait(lambda: database.read(list_submissions, product_id=slow.id)[0].attempt > submission.attempt)

            publish = store.upload(crew.account, quick.id, make_zip("1.1.0"))
            wait(lambda: crew.state(publish) == OperationState.SUCCEEDED)

            assert store.product(slow.id).state is ProductState.UPDATE_IN_REVIEW
        wait(lambda: store.product(slow.id).state is ProductState.IN_STORE)


def test_the_operation_of_a_killed_process_is_taken_over(crew: Crew) -> None:
    product = crew.product()
    earlier = crew.ends(product)
    upload = crew.accept(product, make_zip("1.1.0"))
    with held_by_pipe(crew.object_path(crew.operation(upload)["object_key"])):
        first = crew.carrier()
        wait(lambda: crew.operation(upload)["attempt"] >= 1)
        if not crew.embedded:
            crew.carrier()
        first.kill()
    killed = time.monotonic()
    if crew.embedded:
        crew.carrier()

    wait(lambda: crew.state(upload) == OperationState.SUCCEEDED)

    assert (
        time.monotonic() - killed < 10
    )  # with the default lease of 15 seconds instead of 0.2: half a minute
    assert crew.ends(product) == [*earlier, upload]


def test_a_process_that_was_taken_for_dead_changes_nothing(shared: Crew) -> None:
    product = shared.product()
    with shared.working() as store:
        first = shared.parts[0]
        upload = store.upload(shared.account, product.id, make_zip("1.1.0"))
        wait(lambda: shared.state(upload) == OperationState.SUCCEEDED)
        with held_by_lock(shared) as until_somebody_waits:
            publish = store.publish(shared.account, product.id)
            until_somebody_waits()
            first.signal(signal.SIGSTOP)
        shared.carrier()
        wait(lambda: shared.state(publish) == OperationState.SUCCEEDED)
        told = shared.operation(publish)

        first.signal(signal.SIGCONT)
        wait(lambda: "operation.taken-over" in first.log.read_text(encoding="utf-8"))

        assert dict(shared.operation(publish)) == dict(told)
        assert shared.ends(product).count(publish) == 1
        made = sa.select(submissions.c.id).where(submissions.c.operation_id == publish)
        assert len(shared.workshop.tools.database.read(lambda tx: tx.execute(made).all())) == 1


def test_a_drain_ends_the_step_under_way_and_begins_no_other(shared: Crew) -> None:
    product, other = shared.product(), shared.product("Other")
    # A lease that does not run out on a busy machine: nobody takes anything over here.
    with shared.working(OPENADDONS_LEASE_SECONDS="15") as store:
        first = shared.parts[0]
        upload = store.upload(shared.account, product.id, make_zip("1.1.0"))
        wait(lambda: shared.state(upload) == OperationState.SUCCEEDED)
        with held_by_lock(shared) as until_somebody_waits:
            publish = store.publish(shared.account, product.id)
            until_somebody_waits()
            first.process.terminate()
            wait(lambda: "draining" in first.log.read_text(encoding="utf-8"))
            left = shared.accept(other, make_zip("1.1.0"))
        first.join()

    told = shared.operation(publish)
    assert (told["state"], told["attempt"]) == (OperationState.SUCCEEDED, 1)
    assert shared.operation(left)["attempt"] == 0
    shared.carrier()
    wait(lambda: shared.state(left) == OperationState.SUCCEEDED)


def test_delayed_certification_becomes_due(crew: Crew) -> None:
    product = crew.product()
    delayed = {"OPENADDONS_CERTIFICATION": "delayed", "OPENADDONS_CERTIFICATION_DELAY_SECONDS": "2"}
    with crew.working(**delayed) as store:
        store.upload(crew.account, product.id, make_zip("1.1.0"))
        publish = store.publish(crew.account, product.id)
        assert store.status(crew.account, product.id, publish)["status"] == "Succeeded"
        assert store.product(product.id).state is ProductState.UPDATE_IN_REVIEW

        wait(lambda: store.product(product.id).state is ProductState.IN_STORE)

    submission = crew.workshop.tools.database.read(list_submissions, product_id=product.id)[0]
    assert submission.due_time is not None
    assert submission.due_time <= submission.last_updated_time
    assert submission.decided_by == "policy:delayed"


def test_a_held_status_request_is_answered_when_another_process_ends_the_operation(shared: Crew) -> None:
    product = shared.product()
    with shared.working() as store, ThreadPoolExecutor(1) as asking:
        upload = store.upload(shared.account, product.id, make_zip("1.1.0"))
        wait(lambda: shared.state(upload) == OperationState.SUCCEEDED)
        with held_by_lock(shared) as until_somebody_waits:
            publish = store.publish(shared.account, product.id)
            until_somebody_waits()
            path = f"/v1/products/{product.id}/submissions/operations/{publish}"
            headers = shared.account.headers | {"Prefer": "wait=25"}
            answer = asking.submit(store.http.get, path, headers=headers)
            released = time.monotonic()

        assert answer.result().json()["status"] == "Succeeded"
        assert time.monotonic() - released < TOLD_SECONDS


def test_lost_connections_are_made_anew(shared: Crew) -> None:
    product = shared.product()
    with shared.working() as store:
        carriers = list(shared.parts)
        engine = sa.create_engine(shared.settings.database_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        engine.dispose()

        def told_again() -> bool:
            answer = store.http.post(f"/v1/products/{product.id}/submissions", headers=shared.account.headers)
            if answer.status_code == 500:
                return False
            started = time.monotonic()
            wait(lambda: shared.state(answer.headers["location"]) != OperationState.IN_PROGRESS)
            return time.monotonic() - started < TOLD_SECONDS / 2

        wait(told_again)
        assert all(each.alive for each in carriers)


@pytest.fixture(params=["queue on PostgreSQL"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    with _crew(request, tmp_path / "data") as opened:
        yield opened


def test_the_queue_keeps_no_list_of_what_was_done(queue: Crew) -> None:
    product = queue.product()

    def rows(table: str) -> int:
        count = sa.select(sa.func.count()).select_from(sa.table(table))
        return int(queue.workshop.tools.database.read(lambda tx: tx.execute(count).scalar_one()))

    with queue.working() as store:
        upload = store.upload(queue.account, product.id, make_zip("1.1.0"))
        wait(lambda: queue.state(upload) == OperationState.SUCCEEDED)
        wait(lambda: not rows("pgqueuer"))
        assert rows("pgqueuer_log")
        queue.parts[0].stop()
        hour_is_over = sa.text("UPDATE pgqueuer_schedules SET next_run = now() - interval '1 minute'")
        queue.workshop.tools.database.run(lambda tx: tx.execute(hour_is_over))
        queue.carrier()

        wait(lambda: not rows("pgqueuer_log"))


def test_an_engine_that_stops_ends_the_look_under_way_and_begins_no_other(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def look_at(product_id: str) -> None:
        looked_at.append(product_id)
        begun.set()
        go_on.wait()

    monkeypatch.setattr(workshop, "look_at", look_at)
    engine = InlineEngine(workshop, threads=1)
    engine.start()
    engine.submit("first")
    begun.wait()
    engine.submit("second")

    assert not engine.stop(timeout_seconds=0)
    go_on.set()
    assert engine.stop(timeout_seconds=PATIENCE_SECONDS)

    assert looked_at == ["first"]
