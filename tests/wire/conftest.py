"""Fixtures of the wire tests: one store on each database for all of them, and a publisher for each test."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import pytest

from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.surfaces.edge.waiting import Waiting
from tests.stores import (
    Account,
    RunningStore,
    fresh_database,
    make_account,
    make_draft,
    make_published,
    running_store,
)

OpenStore = Callable[..., AbstractContextManager[RunningStore]]


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def open_own_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenStore:
    """Opens a store with settings of its own, on either database."""

    @contextmanager
    def opened(**chosen: Any) -> Iterator[RunningStore]:
        database: AbstractContextManager[str | None] = nullcontext()
        if request.param == "postgresql":
            url, template = (request.getfixturevalue(name) for name in ("postgres_url", "postgres_template"))
            database = fresh_database(url, template=template)
        with database as url:
            given: dict[str, Any] = {"engine": "inline", "status_wait_seconds": 20} | chosen
            settings = Settings(data=tmp_path_factory.mktemp("store"), database=url, **given)
            with running_store(settings) as running:
                yield running

    return opened


@pytest.fixture(scope="package")
def store(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """The running store that the tests share: each has a publisher of its own."""
    with open_own_store(
        uploads_per_minute=10_000, publishes_per_minute=10_000, webhook_private_addresses=True
    ) as running:
        yield running


@pytest.fixture(scope="package")
def strict_store(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """A store whose limits are soon reached."""
    with open_own_store(
        package_bytes_limit=100_000,
        upload_idle_seconds=0.5,
        upload_total_seconds=1.5,
        header_seconds=0.5,
        uploads_per_minute=3,
        publishes_per_minute=3,
        tokens_per_minute=3,
        uploads_at_once=2,
    ) as running:
        yield running


def new_account(store: RunningStore) -> Account:
    """A publisher whom no other test knows."""
    return make_account(store.workshop, f"Acme {uuid.uuid4()}")


def new_product(store: RunningStore, account: Account) -> Product:
    """A product that has no package yet."""
    return make_draft(store.workshop, account)


@pytest.fixture
def account(store: RunningStore) -> Account:
    """A publisher of the shared store."""
    return new_account(store)


@pytest.fixture
def product(store: RunningStore, account: Account) -> Product:
    """A product of the publisher that has no package yet."""
    return new_product(store, account)


@pytest.fixture
def published(store: RunningStore, account: Account) -> Product:
    """A product of the publisher that is in the store with version 1.0.0."""
    return make_published(store.workshop, account)


def waiting_of(store: RunningStore) -> Waiting:
    """The status requests that the store holds: to wait until one is really held."""
    owners = (getattr(hook, "__self__", None) for hook in store.workshop.tools.database.after_commit)
    return next(owner for owner in owners if isinstance(owner, Waiting))
