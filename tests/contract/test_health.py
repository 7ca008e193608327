"""What an administrator is told of how the store does, on both databases."""

from datetime import timedelta

import pytest

from openaddons.ids import new_guid
from openaddons.policies import CertificationPolicy
from openaddons.store import schema
from openaddons.store.health import (
    FAULTS_PERIOD,
    Waiting,
    Work,
    list_faults,
    read_database,
    read_work,
)
from openaddons.store.operations import (
    Claim,
    OperationKind,
    Outcome,
    accept_operation,
    claim_operation,
    end_operation,
)
from openaddons.store.products import Product, set_certification
from openaddons.store.session import Database, Transaction
from openaddons.store.states import OperationState
from openaddons.store.submissions import Submission, approve_submission, hold_submission
from openaddons.work.creating import put_package, submit
from openaddons.work.outcomes import generic_failure, submission_created, unexpected_failure
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_draft, make_zip

NOBODY = Waiting(0, None)
LEASE = timedelta(minutes=1)


class Scene:
    """A store at a moment that the test chooses."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.database: Database = workshop.tools.database
        self.account: Account = make_account(workshop)
        self.now = self.database.clock.now()

    def product(self) -> Product:
        return make_draft(self.workshop, self.account)

    def accept(self, product: Product) -> str:
        return self.database.run(
            accept_operation,
            kind=OperationKind.PUBLISH,
            product_id=product.id,
            publisher_id=product.publisher_id,
            actor="test",
            correlation_id=new_guid(),
        )

    def claim(self, product: Product) -> Claim:
        claim = self.database.run(claim_operation, product_id=product.id, lease=LEASE)
        assert claim is not None
        return claim

    def end(self, product: Product, outcome: Outcome | None = None) -> Claim:
        """Accept an operation and end it, if nothing else is said by a fault of ours."""
        self.accept(product)
        claim = self.claim(product)
        self.database.run(end_operation, claim=claim, outcome=outcome or unexpected_failure(claim, self.now))
        return claim

    def submit(self, *, approved: bool = False, held: bool = False) -> None:
        product = self.product()
        self.database.run(
            set_certification,
            product_id=product.id,
            policy=CertificationPolicy.MANUAL,
            delay_seconds=None,
            actor="test",
        )
        path = self.workshop.tools.settings.data / "package.zip"
        path.write_bytes(make_zip())
        put_package(self.workshop, product=product, publisher=self.account.publisher, path=path, actor="test")
        made = submit(self.workshop, product_id=product.id, notes="", actor="test")
        assert isinstance(made, Submission)
        if held:
            self.database.run(hold_submission, submission_id=made.id, held=True, actor="test")
        if approved:
            self.database.run(approve_submission, submission_id=made.id, actor="test")

    def work(self, *, later: timedelta = timedelta()) -> Work:
        """What there is to do, as it is read after that time."""
        with self.database.engine.connect() as connection:
            return read_work(Transaction(connection, self.database.clock.now() + later))


@pytest.fixture
def scene(workshop: Workshop) -> Scene:
    return Scene(workshop)


def test_a_store_at_rest_has_nothing_to_do(scene: Scene) -> None:
    scene.end(scene.product(), submission_created("1"))

    assert scene.work() == Work(
        operations=NOBODY,
        leased=0,
        attempts=0,
        faults=0,
        in_review=NOBODY,
        held=NOBODY,
        approved=NOBODY,
        deliveries=NOBODY,
    )


def test_operations_are_counted_with_who_has_them_and_since_when_the_oldest_waits(scene: Scene) -> None:
    products = [scene.product() for _ in range(3)]
    for each in products:
        scene.accept(each)
    scene.claim(products[1])

    work = scene.work()
    after_the_lease = scene.work(later=2 * LEASE)

    assert (work.operations.count, work.leased, work.attempts) == (3, 1, 1)
    assert work.operations.oldest_time is not None
    assert work.operations.oldest_time >= scene.now
    assert (after_the_lease.operations.count, after_the_lease.leased) == (3, 0)


def test_submissions_are_counted_by_what_they_wait_for(scene: Scene) -> None:
    scene.submit()
    scene.submit(held=True)
    scene.submit(approved=True, held=True)
    scene.submit(approved=True)

    work = scene.work()

    assert (work.in_review.count, work.held.count, work.approved.count) == (2, 1, 1)
    assert work.in_review.oldest_time is not None
    assert work.approved.oldest_time is not None
    assert scene.now < work.in_review.oldest_time < work.approved.oldest_time


def test_faults_of_ours_are_counted_for_a_day_and_listed_the_newest_first(scene: Scene) -> None:
    product = scene.product()
    first = scene.end(product)
    scene.end(
        product, Outcome(OperationState.FAILED, "The draft is not valid.", error_code="NoModulesUpdated")
    )
    second = scene.end(product, generic_failure(first))

    assert scene.work().faults == 2
    assert scene.work(later=FAULTS_PERIOD).faults == 0
    found = scene.database.read(list_faults, limit=10)
    assert [(each.id, each.correlation_id) for each in found] == [
        (each.id, each.correlation_id) for each in (second, first)
    ]
    assert len(scene.database.read(list_faults, limit=1)) == 1


def test_the_database_says_what_it_is_and_how_large(scene: Scene, database_kind: str) -> None:
    scene.product()

    facts = scene.database.read(read_database)

    assert facts.kind.lower() == database_kind
    assert facts.version[0].isdigit()
    assert facts.size_bytes > 100_000
    assert (facts.schema, facts.products) == (schema.HEAD, 1)
