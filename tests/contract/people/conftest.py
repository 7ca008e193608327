"""People on both databases: those whom a test needs, and two who do something at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from openaddons.app import open_store
from openaddons.clock import SettableClock
from openaddons.errors import LinkInvalid, TooManyAttempts, TransitionRefused, ValueRefused
from openaddons.settings import Settings
from openaddons.store.events import Event, list_events
from openaddons.store.people.attempts import Allowance
from openaddons.store.people.invitations import invite_person
from openaddons.store.people.one_time_codes import make_recovery_codes, make_totp_secret
from openaddons.store.people.second_factors import set_second_factor
from openaddons.store.people.visitors import Person, Role, Visitor, read_visitor
from openaddons.store.publishers import Publisher, digest_of
from openaddons.store.session import Database, Transaction
from openaddons.work.signing_in import (
    Browser,
    SecondFactorAsked,
    SignedIn,
    finish_sign_in,
    join,
    seal_totp_secret,
    sign_in,
)
from openaddons.work.workshop import Workshop
from tests.stores import make_account, wait_until

PASSWORD = "several words of mine"
BROWSER = Browser(
    address="192.0.2.7", user_agent="A browser", correlation_id="00000000-0000-4000-8000-000000000000"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A store with a publisher, whose clock stands still until a test moves it."""

    workshop: Workshop
    clock: SettableClock
    publisher: Publisher

    @property
    def database(self) -> Database:
        return self.workshop.tools.database

    def joins(
        self, email: str, role: Role | None = None, *, reviewer: bool = False, administrator: bool = False
    ) -> Person:
        """Somebody who was invited and has accepted; a reviewer, where nothing else is said."""
        publisher_id = None if role is None else self.publisher.id
        _, token = self.database.run(
            invite_person,
            email=email,
            publisher_id=publisher_id,
            role=role,
            reviewer=reviewer or (role is None and not administrator),
            administrator=administrator,
            actor="test",
        )
        came = join(
            self.workshop.tools, token=token, email="", name="Somebody", password=PASSWORD, browser=BROWSER
        )
        assert isinstance(came, SignedIn)
        return came.person

    def signs_in(
        self, email: str, password: str = PASSWORD, browser: Browser = BROWSER
    ) -> SignedIn | SecondFactorAsked:
        return sign_in(self.workshop.tools, email=email, password=password, browser=browser)

    def visitor(self, came: SignedIn | SecondFactorAsked) -> Visitor | None:
        assert isinstance(came, SignedIn)
        return self.database.read(read_visitor, digest=digest_of(came.token))

    def has_second_factor(self, person: Person) -> tuple[TOTP, list[str]]:
        """Give a person one; the code of the time step before this one was used for that."""
        secret, codes = make_totp_secret(), make_recovery_codes()
        self.database.run(
            set_second_factor,
            person=person,
            sealed_secret=seal_totp_secret(self.workshop.tools, secret=secret, person=person),
            step=int(self.clock.now().timestamp()) // 30 - 1,
            recovery_codes=codes,
        )
        return TOTP(secret, 6, SHA1(), 30), codes

    def code(self, totp: TOTP) -> str:
        return totp.generate(self.clock.now().timestamp()).decode()

    def finishes(self, asked: SignedIn | SecondFactorAsked, code: str) -> SignedIn:
        assert isinstance(asked, SecondFactorAsked)
        return finish_sign_in(self.workshop.tools, token=asked.token, code=code, browser=BROWSER)

    def event(self, verb: str) -> Event:
        return next(each for each in self.database.read(list_events) if each.verb == verb)


@pytest.fixture
def scene(settings: Settings) -> Iterator[Scene]:
    clock = SettableClock()
    clock.freeze()
    clock.set(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    with open_store(settings, clock) as workshop:
        yield Scene(workshop, clock, make_account(workshop).publisher)


def exhaust(attempt: Callable[[], object], allowance: Allowance) -> int:
    """Try until it is too much, which must be when the allowance says; returns for how many seconds."""
    for _ in range(allowance.at_once):
        with pytest.raises(ValueRefused):
            attempt()
    with pytest.raises(TooManyAttempts) as refused:
        attempt()
    return int(dict(refused.value.headers)[b"retry-after"])


def interleaved(
    scene: Scene, first: Callable[[Transaction], object], second: Callable[[Transaction], object]
) -> list[bool]:
    """Whether each is allowed when the second begins before the first is committed.

    On SQLite, where one thread writes, it begins after that.
    """
    database = scene.database
    if database.engine.dialect.name == "sqlite":
        return [_allowed(partial(database.run, verb)) for verb in (first, second)]
    with database.engine.connect() as connection, ThreadPoolExecutor(1) as threads:
        with connection.begin():
            allowed = _allowed(partial(first, Transaction(connection, scene.clock.now())))
            later = threads.submit(_allowed, partial(database.run, second))
            wait_until(lambda: later.done() or _somebody_waits(database))
        return [allowed, later.result()]


def _allowed(verb: Callable[[], object]) -> bool:
    try:
        return verb() is not False
    except (LinkInvalid, TransitionRefused, ValueRefused):
        return False


def _somebody_waits(database: Database) -> bool:
    """Whether a transaction of this database waits for another's lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return database.read(lambda tx: tx.execute(sa.text(query)).first() is not None)
