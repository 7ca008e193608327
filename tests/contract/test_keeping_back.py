"""Products that an administrator keeps back, on both databases."""

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.store import schema
from openaddons.store.events import list_events
from openaddons.store.keeping_back import (
    REASON_CHARACTERS_LIMIT,
    KeptBack,
    block_product,
    lift_quarantine,
    list_kept_back,
    quarantine_product,
    unblock_product,
)
from openaddons.store.offered import read_offered
from openaddons.store.products import Product, find_product
from openaddons.store.session import Database
from openaddons.store.states import ProductState
from openaddons.work.creating import put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_published, make_zip

MIGRATIONS = Path(schema.__file__).parent / "migrations"


@pytest.fixture
def database(workshop: Workshop) -> Database:
    return workshop.tools.database


@pytest.fixture
def account(workshop: Workshop) -> Account:
    return make_account(workshop)


@pytest.fixture
def product(workshop: Workshop, account: Account) -> Product:
    return make_published(workshop, account)


def _offered(database: Database) -> list[str]:
    """The versions that browsers are offered."""
    found = database.read(lambda tx: list(read_offered(tx, since=-1)))
    return [release.version for each in found for release in each.releases.values()]


def test_what_is_released_in_quarantine_is_offered_when_it_is_lifted(
    workshop: Workshop, account: Account, product: Product, database: Database
) -> None:
    database.run(quarantine_product, product_id=product.id, reason=" It phones home. ", actor="eve")
    during = _offered(database)
    path = workshop.tools.settings.data / "next.zip"
    path.write_bytes(make_zip("2.0.0"))
    put_package(workshop, product=product, publisher=account.publisher, path=path, actor="test")
    submit(workshop, product_id=product.id, notes="", actor="test")
    still = _offered(database)
    lifted = database.run(lift_quarantine, product_id=product.id, actor="eve")

    assert (during, still, _offered(database)) == ([], [], ["2.0.0"])
    assert (lifted.state, lifted.quarantined, lifted.kept_back_reason) == (ProductState.IN_STORE, False, None)
    lift, *_, begin = [
        each
        for each in database.read(list_events, product_id=product.id)
        if each.verb.startswith("product.quarantine")
    ]
    assert (lift.verb, lift.actor, begin.verb, begin.facts) == (
        "product.quarantine-lifted",
        "eve",
        "product.quarantined",
        {"reason": "It phones home."},
    )


def test_a_product_is_kept_back_once_and_a_block_ends_a_quarantine(
    product: Product, database: Database
) -> None:
    def refused(verb: object, **facts: str) -> str:
        with pytest.raises(TransitionRefused) as refusal:
            database.run(verb, product_id=product.id, actor="test", **facts)  # type: ignore[arg-type]
        return refusal.value.message.partition(" is ")[2]

    assert (
        refused(lift_quarantine) == "“In the store” and not in quarantine; lift quarantine needs one that is."
    )
    database.run(quarantine_product, product_id=product.id, reason="Odd.", actor="test")
    again = refused(quarantine_product, reason="Odder.")
    blocked = database.run(block_product, product_id=product.id, reason="Harmful.", actor="test")
    while_blocked = refused(quarantine_product, reason="Odder.")
    refused(lift_quarantine)
    unblocked = database.run(unblock_product, product_id=product.id, actor="test")

    assert again == "in quarantine; quarantine needs one that is not kept back."
    assert while_blocked == "“Blocked”; quarantine needs one that is not kept back."
    assert (blocked.quarantined, blocked.kept_back_reason) == (False, "Harmful.")
    assert (unblocked.kept_back_time, unblocked.served) == (None, True)


@pytest.mark.parametrize("verb", [block_product, quarantine_product])
@pytest.mark.parametrize("reason", ["", " \n", "x" * (REASON_CHARACTERS_LIMIT + 1)])
def test_nothing_is_kept_back_without_a_reason_of_some_length(
    product: Product, database: Database, verb: object, reason: str
) -> None:
    with pytest.raises(ValueRefused, match="say why"):
        database.run(verb, product_id=product.id, reason=reason, actor="test")  # type: ignore[arg-type]

    assert database.read(find_product, id_or_crx_id=product.id) == product


def test_what_is_kept_back_is_listed_the_oldest_first(
    workshop: Workshop, account: Account, product: Product, database: Database
) -> None:
    other = make_published(workshop, account, name="Other")
    make_published(workshop, account, name="Third")
    kept = [
        database.run(quarantine_product, product_id=other.id, reason="Odd.", actor="test"),
        database.run(block_product, product_id=product.id, reason="Harmful.", actor="test"),
    ]

    assert database.read(list_kept_back, limit=10) == [
        KeptBack(each.id, each.name, "Acme", each.state, each.kept_back_time, each.kept_back_reason)  # type: ignore[arg-type]
        for each in kept
    ]
    assert len(database.read(list_kept_back, limit=1)) == 1


def test_a_product_that_was_blocked_before_the_upgrade_says_since_when_and_why(
    product: Product, database: Database
) -> None:
    blocked = database.run(block_product, product_id=product.id, reason="Harmful.", actor="test")

    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE products SET kept_back_time = NULL, kept_back_reason = NULL")
        with Operations.context(MigrationContext.configure(connection)):
            ScriptDirectory(str(MIGRATIONS)).get_revision("0010").module._fill(connection)

    assert database.read(find_product, id_or_crx_id=product.id) == blocked
