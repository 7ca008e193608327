"""A serving process hears what others change, and goes on from its last snapshot while the database is away."""

from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa

from openaddons.clock import SystemClock
from openaddons.store.keeping_back import block_product, unblock_product
from openaddons.store.offers import create_ring
from openaddons.store.products import Product
from openaddons.store.session import Database, database
from tests.stores import RunningStore, make_published
from tests.wire.conftest import OpenStore, new_account
from tests.wire.updates.asking import asked, check, offer_of


def others(store: RunningStore) -> AbstractContextManager[Database]:
    """The database as another process has it: nobody here hears of its commits."""
    url = store.workshop.tools.settings.database_url
    return database(url, SystemClock())


def test_what_another_process_changes_is_told(store: RunningStore, published: Product) -> None:
    offer_of(store, published.crx_id)
    with others(store) as other:
        other.run(block_product, product_id=published.id, reason="Malware.", actor="test")
        store.wait_for(lambda: b"restricted" in store.http.get(check(asked(published.crx_id))).content)
        other.run(unblock_product, product_id=published.id, actor="test")
        offer_of(store, published.crx_id)
        other.run(create_ring, name=f"their-{published.crx_id[:8]}", actor="test")
        store.wait_for(lambda: store.http.get(f"/updates/their-{published.crx_id[:8]}").status_code == 200)


# SQLite is a file in the store's own folder: it is not lost alone.
@pytest.mark.parametrize("open_own_store", ["postgresql"], indirect=True)
def test_a_lost_database_leaves_the_last_snapshot(open_own_store: OpenStore) -> None:
    with open_own_store() as store:
        product = make_published(store.workshop, new_account(store))
        before = offer_of(store, product.crx_id)
        url = sa.make_url(store.workshop.tools.settings.database_url)
        server = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with server.connect() as administrator:
            administrator.execute(sa.text(f"ALTER DATABASE {url.database} WITH ALLOW_CONNECTIONS false"))
            gone = administrator.execute(
                sa.text(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :name"
                ),
                {"name": url.database},
            ).scalar_one()
            assert gone > 0
            assert store.http.get(check(asked(product.crx_id))).content == before
            administrator.execute(sa.text(f"ALTER DATABASE {url.database} WITH ALLOW_CONNECTIONS true"))
        server.dispose()

        with others(store) as other:
            other.run(block_product, product_id=product.id, reason="Malware.", actor="test")
        store.wait_for(lambda: b"restricted" in store.http.get(check(asked(product.crx_id))).content)
