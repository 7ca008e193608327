"""Fixtures of the dashboard's tests: people who are signed in, and what their browsers do."""

import re
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from openaddons.store.people.sessions import IDLE
from openaddons.store.people.visitors import Role
from openaddons.store.publishers import digest_of
from openaddons.store.session import Transaction
from openaddons.store.tables import memberships, people, sessions
from tests.stores import Account, RunningStore
from tests.wire.conftest import new_account

SESSION_COOKIE = "openaddons-session"
_FOLLOWER = ("offering.generation", "offered_generation")
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


class Browser:
    """Somebody's browser: it keeps cookies, and sends the forms of the pages that it was shown."""

    def __init__(self, store: RunningStore, session: str = "") -> None:
        cookies = {SESSION_COOKIE: session} if session else {}
        # No connection is kept: nobody would close it.
        self.http = httpx2.Client(
            base_url=store.url, cookies=cookies, timeout=60, headers={"Connection": "close"}
        )

    def get(self, path: str, status: int = 200) -> httpx2.Response:
        """Open a page."""
        answer = self.http.get(path)
        assert answer.status_code == status, f"{answer.status_code} {answer.headers} {answer.text}"
        return answer

    def proof(self, page: str) -> str:
        """What the forms of a page hold."""
        found = _CSRF.search(self.get(page).text)
        assert found is not None, f"{page} has no form"
        return found[1]

    def send(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        page: str | None = None,
        status: int = 303,
        files: Any = None,
    ) -> httpx2.Response:
        """Send a form of ``page`` (by default the page at the same path) to ``path``."""
        given = {"csrf": self.proof(page or path), **(fields or {})}
        answer = self.http.post(
            path, data=given, files=files, headers={"Origin": str(self.http.base_url).rstrip("/")}
        )
        assert answer.status_code == status, f"{answer.status_code} {answer.headers} {answer.text}"
        return answer


def sign_in(
    store: RunningStore,
    *,
    account: Account | None = None,
    role: Role = Role.OWNER,
    reviewer: bool = False,
    administrator: bool = False,
) -> Browser:
    """A new person's browser: a member of the account's publisher, or of none. Signed in without the page for it."""
    session = secrets.token_urlsafe(32)

    def add(tx: Transaction) -> None:
        person_id = str(uuid.uuid4())
        tx.execute(
            people.insert(),
            {
                "id": person_id,
                "email": f"{person_id}@example.com",
                "name": "Somebody",
                "recovery_digests": [],
                "reviewer": reviewer,
                "administrator": administrator,
                "created_time": tx.now,
            },
        )
        if account is not None:
            tx.execute(
                memberships.insert(),
                {
                    "person_id": person_id,
                    "publisher_id": account.publisher.id,
                    "role": role.name.lower(),
                    "created_time": tx.now,
                },
            )
        tx.execute(
            sessions.insert(),
            {
                "id": str(uuid.uuid4()),
                "digest": digest_of(session),
                "person_id": person_id,
                "created_time": tx.now,
                "last_seen_time": tx.now,
                "expires_time": tx.now + IDLE,
                "user_agent": "test",
                "address": "127.0.0.1",
            },
        )

    store.workshop.tools.database.run(add)
    return Browser(store, session)


@pytest.fixture
def owner(store: RunningStore, account: Account) -> Browser:
    """An owner of the test's publisher."""
    return sign_in(store, account=account)


@pytest.fixture
def stranger(store: RunningStore) -> Browser:
    """An owner of another publisher."""
    return sign_in(store, account=new_account(store))


@pytest.fixture
def reviewer(store: RunningStore) -> Browser:
    """Somebody who decides about submissions."""
    return sign_in(store, reviewer=True)


@pytest.fixture
def administrator(store: RunningStore) -> Browser:
    """Somebody who runs the store."""
    return sign_in(store, administrator=True)


@contextmanager
def counting_queries(store: RunningStore) -> Iterator[list[str]]:
    """The statements with which pages ask the store's database meanwhile: open one page at a time.

    What the store does beside them is left out: its own threads, by which all is written, and what looks whether
    browsers are offered something else.
    """
    statements: list[str] = []

    def note(*call: Any) -> None:
        statement, thread = str(call[2]), threading.current_thread().name
        if not thread.startswith("openaddons-") and not any(each in statement for each in _FOLLOWER):
            statements.append(statement)

    engine = store.workshop.tools.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
