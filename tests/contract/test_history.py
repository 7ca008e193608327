"""What was done with a product, read back page by page: on both databases."""

from pathlib import Path

import pytest

from openaddons.errors import NotKnown
from openaddons.ids import new_guid
from openaddons.store.events import list_events
from openaddons.store.operations import OperationKind, accept_operation, find_operation, list_operations
from openaddons.store.products import Product, find_product, set_certification
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    cancel_submission,
    current_submissions,
    hold_submission,
    list_submissions,
    read_submission,
)
from openaddons.work.creating import put_package, submit
from openaddons.work.publishing import submit_by_hand
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_draft, make_zip


@pytest.fixture
def account(workshop: Workshop) -> Account:
    return make_account(workshop)


@pytest.fixture
def product(workshop: Workshop, account: Account) -> Product:
    """A product every submission of which waits for a person."""
    made = make_draft(workshop, account)
    return workshop.tools.database.run(
        set_certification, product_id=made.id, policy="manual", delay_seconds=None, actor="test"
    )


def upload(workshop: Workshop, account: Account, product: Product, folder: Path) -> None:
    path = folder / "package.zip"
    path.write_bytes(make_zip())
    put_package(workshop, product=product, publisher=account.publisher, path=path, actor="test")


def submitted(workshop: Workshop, product: Product) -> str:
    made = submit(workshop, product_id=product.id, notes="", actor="test")
    assert isinstance(made, Submission), made
    return made.id


def test_submissions_follow_one_another_page_by_page(
    workshop: Workshop, account: Account, product: Product, tmp_path: Path
) -> None:
    database = workshop.tools.database
    upload(workshop, account, product, tmp_path)
    made = []
    for _ in range(3):
        made.append(submitted(workshop, product))
        database.run(cancel_submission, submission_id=made[-1], actor="test")

    first = database.read(list_submissions, product_id=product.id, limit=2)
    rest = database.read(list_submissions, product_id=product.id, before=first[-1].id, limit=2)
    unknown = database.read(list_submissions, product_id=product.id, before="1" * 19)

    assert (made[:0:-1], made[:1]) == ([each.id for each in first], [each.id for each in rest])
    assert unknown == []


def test_the_current_submissions_of_many_products_are_one_question(
    workshop: Workshop, account: Account, product: Product, tmp_path: Path
) -> None:
    database, never, other = workshop.tools.database, *(make_draft(workshop, account) for _ in range(2))
    for each in (product, other):
        upload(workshop, account, each, tmp_path)
    database.run(cancel_submission, submission_id=submitted(workshop, product), actor="test")
    expected = {each.id: submitted(workshop, each) for each in (product, other)}

    found = database.read(current_submissions, product_ids=[product.id, never.id, other.id])

    assert expected == {product_id: each.id for product_id, each in found.items()}


def test_operations_say_who_asked_and_follow_one_another_page_by_page(
    workshop: Workshop, account: Account, product: Product
) -> None:
    database, correlation_ids = workshop.tools.database, [new_guid() for _ in range(3)]
    for each in correlation_ids:
        database.run(
            accept_operation,
            kind=OperationKind.PUBLISH,
            product_id=product.id,
            publisher_id=account.publisher.id,
            actor="ada@example.com",
            correlation_id=each,
        )

    first = database.read(list_operations, product_id=product.id, limit=2)
    rest = database.read(list_operations, product_id=product.id, before=first[-1].number, limit=2)

    found = [(each.number, each.actor, each.correlation_id) for each in (*first, *rest)]
    assert [(n, "ada@example.com", correlation_ids[n - 1]) for n in (3, 2, 1)] == found


def test_an_operation_is_found_by_its_own_product_alone(
    workshop: Workshop, account: Account, product: Product, tmp_path: Path
) -> None:
    database, other = workshop.tools.database, make_draft(workshop, account)
    upload(workshop, account, product, tmp_path)
    (made,) = database.read(list_operations, product_id=product.id, limit=1)

    assert made == database.read(find_operation, product_id=product.id, operation_id=made.operation.id)
    with pytest.raises(NotKnown):
        database.read(find_operation, product_id=other.id, operation_id=made.operation.id)


def test_events_are_chosen_by_what_they_are_about_and_paged_by_number(
    workshop: Workshop, account: Account, product: Product, tmp_path: Path
) -> None:
    database = workshop.tools.database
    upload(workshop, account, product, tmp_path)
    made = submitted(workshop, product)
    (uploaded,) = database.read(list_operations, product_id=product.id, limit=1)

    def verbs(**given: object) -> list[str]:
        return [each.verb for each in database.read(list_events, **given)]  # type: ignore[arg-type]

    assert verbs(product_id=product.id, subject=made) == ["submission.created"]
    assert verbs(correlation_id=uploaded.correlation_id) == ["upload.succeeded", "upload.accepted"]
    assert verbs(product_id=product.id, noun="product") == ["product.certification-set", "product.created"]
    newest, *others = database.read(list_events, publisher_id=account.publisher.id)
    assert others == database.read(list_events, publisher_id=account.publisher.id, before=newest.number)


def test_what_is_submitted_held_is_not_in_the_store_before_it_is_released(
    workshop: Workshop, account: Account, tmp_path: Path
) -> None:
    database, product = workshop.tools.database, make_draft(workshop, account)
    upload(workshop, account, product, tmp_path)
    made = database.run(
        submit_by_hand,
        product_id=product.id,
        notes="",
        held=True,
        actor="test",
        settings=workshop.tools.settings,
    )
    assert isinstance(made, Submission), made
    workshop.finish(product.id)

    approved = database.read(read_submission, submission_id=made.id)
    assert (approved.state, approved.held) == (SubmissionState.APPROVED, True)

    database.run(hold_submission, submission_id=made.id, held=False, actor="test")
    workshop.finish(product.id)
    assert database.read(find_product, id_or_crx_id=product.id).state is ProductState.IN_STORE
