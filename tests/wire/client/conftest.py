"""Fixtures of the tests of the client: clients of the running store."""

from collections.abc import Iterator

import pytest

from openaddons.client import ApiKey, EdgeAddons
from tests.stores import Account, RunningStore
from tests.wire.client.line import plain


@pytest.fixture
def credentials(account: Account) -> ApiKey:
    """The API key of the account."""
    return ApiKey(account.publisher.client_id, account.api_key)


@pytest.fixture(params=["plain", "httpx2"])
def addons(request: pytest.FixtureRequest, store: RunningStore, credentials: ApiKey) -> Iterator[EdgeAddons]:
    """A client of the running store, by either way to send."""
    transport = plain() if request.param == "httpx2" else None
    with EdgeAddons(credentials, base_url=store.url, transport=transport) as opened:
        yield opened
