"""Where products stand, as their publishers see it: on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest

from openaddons.policies import Requirement
from openaddons.store.keeping_back import block_product
from openaddons.store.overview import (
    PAGE_PRODUCTS,
    OverviewPage,
    ProductSheet,
    read_overview,
    read_product_sheet,
)
from openaddons.store.products import (
    SigningKey,
    create_product,
    find_product,
    new_product_id,
    set_certification,
)
from openaddons.store.releasing import unpublish_product
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import Database
from openaddons.store.submissions import Submission, reject_submission
from openaddons.work.creating import put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_draft, make_zip


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.tools.database


@pytest.fixture
def account(workshop: Workshop) -> Account:
    return make_account(workshop)


def create(database: Database, account: Account, name: str) -> str:
    """A product whose submissions wait for a person; its key signs nothing."""
    product_id = new_product_id()
    key = SigningKey(crx_id=product_id.replace("-", ""), sealed=b"", sealed_by="")
    database.run(
        create_product,
        publisher=account.publisher,
        product_id=product_id,
        name=name,
        key=key,
        actor="test",
    )
    database.run(set_certification, product_id=product_id, policy="manual", delay_seconds=None, actor="test")
    return product_id


Upload = Callable[[str, str], None]


@pytest.fixture
def upload(workshop: Workshop, account: Account, tmp_path: Path) -> Upload:
    def put(product_id: str, version: str) -> None:
        path = tmp_path / "package.zip"
        path.write_bytes(make_zip(version))
        product = workshop.tools.database.read(find_product, id_or_crx_id=product_id)
        put_package(workshop, product=product, publisher=account.publisher, path=path, actor="test")

    return put


def submitted(workshop: Workshop, product_id: str) -> str:
    made = submit(workshop, product_id=product_id, notes="", actor="test")
    assert isinstance(made, Submission), made
    return made.id


def publish(workshop: Workshop, account: Account, upload: Upload) -> str:
    """A product that is in the store with version 1.0."""
    product = make_draft(workshop, account)
    upload(product.id, "1.0")
    submitted(workshop, product.id)
    return product.id


def overview(database: Database, account: Account, *words: str, page: int = 1) -> OverviewPage:
    return database.read(read_overview, publisher_ids=[account.publisher.id], words=words, page=page)


def sheet(database: Database, product_id: str) -> ProductSheet:
    return database.read(read_product_sheet, product_id=product_id, require=Requirement.PACKAGE)


def waits(database: Database, account: Account, product_id: str) -> tuple[str, bool]:
    """What the product waits for, and whether its draft was never submitted: its page and the list say the same."""
    (found,) = overview(database, account).products
    assert found.standing == sheet(database, product_id).standing
    return found.standing.words, found.unsubmitted


def test_a_product_says_what_it_waits_for_from_its_first_day_to_its_last(
    workshop: Workshop, database: Database, account: Account, upload: Upload
) -> None:
    product_id = create(database, account, "Sample")
    assert waits(database, account, product_id) == ("its publisher to submit it", False)

    upload(product_id, "1.0")
    assert waits(database, account, product_id) == ("its publisher to submit it", True)

    submission_id = submitted(workshop, product_id)
    assert waits(database, account, product_id) == ("a reviewer's decision", False)

    database.run(reject_submission, submission_id=submission_id, reason="It is empty.", actor="test")
    assert waits(database, account, product_id) == ("its publisher to submit again", False)

    upload(product_id, "1.1")
    assert waits(database, account, product_id) == ("its publisher to submit again", True)

    database.run(block_product, product_id=product_id, reason="It leaks.", actor="test")
    assert waits(database, account, product_id)[0] == "the store's administrator, who blocked it"


def test_a_product_that_is_in_the_store_waits_for_nothing_and_tells_of_a_newer_draft(
    workshop: Workshop, account: Account, upload: Upload
) -> None:
    database = workshop.tools.database
    product_id = publish(workshop, account, upload)
    assert waits(database, account, product_id) == ("nothing", False)

    upload(product_id, "1.1")
    assert waits(database, account, product_id) == ("nothing", True)

    database.run(unpublish_product, product_id=product_id, actor="test")
    assert waits(database, account, product_id) == ("the store to take it out", True)


def test_the_sheet_has_what_is_live_in_review_and_drafted_side_by_side(
    workshop: Workshop, account: Account, upload: Upload
) -> None:
    database = workshop.tools.database
    product_id = publish(workshop, account, upload)
    database.run(set_certification, product_id=product_id, policy="manual", delay_seconds=None, actor="test")
    upload(product_id, "2.0")
    update_id = submitted(workshop, product_id)
    upload(product_id, "3.0")

    found = sheet(database, product_id)

    versions = [
        each and each.version
        for each in (
            found.live,
            found.live_package,
            found.update,
            found.update_package,
            found.draft,
            found.draft_package,
        )
    ]
    assert versions == ["1.0", "1.0", "2.0", "2.0", "3.0", "3.0"]
    assert found.update is not None
    assert (found.update.id, found.current) == (update_id, found.update)
    (listed,) = overview(database, account).products
    assert (listed.publisher, listed.live_version, listed.draft_version, listed.unsubmitted) == (
        account.publisher.name,
        "1.0",
        "3.0",
        True,
    )

    database.run(block_product, product_id=product_id, reason="It leaks.", actor="test")
    (listed,) = overview(database, account).products
    assert (listed.live_version, sheet(database, product_id).live) == (None, None)


def test_a_roll_back_is_told_beside_what_is_in_review(
    workshop: Workshop, account: Account, upload: Upload
) -> None:
    database = workshop.tools.database
    product_id = publish(workshop, account, upload)
    upload(product_id, "2.0")
    submitted(workshop, product_id)
    asked = database.run(roll_back, product_id=product_id, reason="2.0 is broken.", actor="test")

    found = sheet(database, product_id)

    assert found.roll_back is not None
    assert (found.roll_back.id, found.update) == (asked.id, None)
    assert found.standing.words == "the store to sign and release it"


def test_an_overview_is_sorted_by_name_whatever_its_case_and_has_pages(
    database: Database, account: Account
) -> None:
    names = [f"{'add' if number % 2 else 'ADD'}-on {number:02}" for number in range(PAGE_PRODUCTS + 1)]
    for name in reversed(names):
        create(database, account, name)

    first, second, third = (overview(database, account, page=page) for page in (1, 2, 3))

    assert [each.product.name for each in (*first.products, *second.products)] == names
    assert (len(first.products), first.more, second.more) == (PAGE_PRODUCTS, True, False)
    assert third == OverviewPage((), more=False)


@pytest.mark.parametrize("words", [("straße",), ("STRASSE",), ("öffner", "straßen")])
def test_words_are_found_whatever_their_case(
    database: Database, account: Account, words: tuple[str, ...]
) -> None:
    wanted = create(database, account, "Straßen-Öffner")
    create(database, account, "Another")

    assert [each.product.id for each in overview(database, account, *words).products] == [wanted]


@pytest.mark.parametrize("word", ["%", "_", "\\", "O'Brien"])
def test_what_means_something_to_a_database_is_a_word_like_others(
    database: Database, account: Account, word: str
) -> None:
    create(database, account, "Sample")

    assert overview(database, account, word).products == ()


def test_a_product_is_found_by_its_ids(database: Database, account: Account) -> None:
    wanted = create(database, account, "Sample")
    create(database, account, "Another")
    (found,) = overview(database, account, wanted.upper()).products

    assert (found.product.id, overview(database, account, found.product.crx_id).products) == (
        wanted,
        (found,),
    )


def test_products_of_others_are_not_in_an_overview_but_in_that_of_all(
    workshop: Workshop, database: Database, account: Account
) -> None:
    other = make_account(workshop, "Other")
    own, foreign = create(database, account, "Own"), create(database, other, "Foreign")

    everything = database.read(read_overview, publisher_ids=None, words=(), page=1)

    assert [each.product.id for each in overview(database, account).products] == [own]
    assert [each.product.id for each in everything.products] == [foreign, own]
    assert database.read(read_overview, publisher_ids=[], words=(), page=1).products == ()
