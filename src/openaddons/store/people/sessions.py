"""Sessions: the browsers in which somebody is signed in. A cookie holds the token; the store keeps its SHA-256."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from openaddons.ids import new_guid
from openaddons.store.people.visitors import Person
from openaddons.store.publishers import digest_of
from openaddons.store.session import Transaction
from openaddons.store.tables import sessions

IDLE: Final = timedelta(hours=12)
"""A session in which nothing is asked for so long ends."""
ABSOLUTE: Final = timedelta(days=30)
"""Every session ends after that."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when a session was last seen: not every page writes."""
_USER_AGENT_CHARACTERS_LIMIT: Final = 300
_ADDRESS_CHARACTERS_LIMIT: Final = 64


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    id: str
    created_time: datetime
    last_seen_time: datetime
    expires_time: datetime
    user_agent: str
    address: str


def begin_session(tx: Transaction, *, person: Person, user_agent: str, address: str) -> str:
    """The token of a new session. Nothing that the browser had before becomes part of it."""
    tx.execute(sessions.delete().where(sessions.c.expires_time <= tx.now))
    token, session_id = secrets.token_urlsafe(32), new_guid()
    tx.execute(
        sessions.insert(),
        {
            "id": session_id,
            "digest": digest_of(token),
            "person_id": person.id,
            "created_time": tx.now,
            "last_seen_time": tx.now,
            "expires_time": tx.now + IDLE,
            "user_agent": user_agent[:_USER_AGENT_CHARACTERS_LIMIT].replace("\0", ""),
            "address": address[:_ADDRESS_CHARACTERS_LIMIT],
        },
    )
    tx.record("session.begun", actor=person.email, subject=person.id, address=address)
    return token


def see_session(tx: Transaction, *, session_id: str) -> None:
    """Note that the session is in use: it goes on for `IDLE` from now, at most until `ABSOLUTE`."""
    begun = tx.execute(
        sa.select(sessions.c.created_time).where(sessions.c.id == session_id)
    ).scalar_one_or_none()
    if begun is not None:
        tx.execute(
            sessions.update()
            .where(sessions.c.id == session_id, sessions.c.expires_time > tx.now)
            .values(last_seen_time=tx.now, expires_time=min(tx.now + IDLE, begun + ABSOLUTE))
        )


def list_sessions(tx: Transaction, *, person_id: str) -> list[Session]:
    """The sessions of a person that have not ended, the one in use last first."""
    query = sa.select(*(sessions.c[name] for name in Session.__slots__)).where(
        sessions.c.person_id == person_id, sessions.c.expires_time > tx.now
    )
    rows = tx.execute(query.order_by(sessions.c.last_seen_time.desc(), sessions.c.id))
    return [Session(**row) for row in rows.mappings()]


def end_session(tx: Transaction, *, person: Person, session_id: str) -> None:
    """End one of the person's sessions. Ending one that has ended already changes nothing."""
    ended = tx.execute(
        sessions.delete().where(sessions.c.id == session_id, sessions.c.person_id == person.id)
    )
    if ended.rowcount:
        tx.record("session.ended", actor=person.email, subject=person.id)


def end_other_sessions(tx: Transaction, *, person: Person, session_id: str) -> None:
    """End the person's sessions, all but that one."""
    if ended := end_sessions(tx, person_id=person.id, but=session_id):
        tx.record(
            "session.others-ended",
            actor=person.email,
            subject=person.id,
            ended=ended,
        )


def end_sessions(tx: Transaction, *, person_id: str, but: str | None) -> int:
    """End the person's sessions, all but that one. Returns how many."""
    query = sessions.delete().where(sessions.c.person_id == person_id)
    if but is not None:
        query = query.where(sessions.c.id != but)
    return tx.execute(query).rowcount
