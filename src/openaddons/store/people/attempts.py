"""Attempts to prove who one is: so many at once, and then one each so often. Nobody is locked out for ever.

They are counted in the database, so that it does not matter which process of the store is asked. A row has the
moment at which everything that was counted is forgiven (the "generic cell rate algorithm": one number for each).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from openaddons.errors import TooManyAttempts
from openaddons.store.session import Transaction
from openaddons.store.tables import attempts


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many attempts at once, then one in every ``each``."""

    at_once: int
    each: timedelta


FOR_ACCOUNT: Final = Allowance(10, timedelta(minutes=1))
"""Passwords for one e-mail address, whether it has an account or not."""
FOR_ADDRESS: Final = Allowance(50, timedelta(seconds=10))
"""Whatever comes from one network address; behind it may be a whole office."""
FOR_MAIL: Final = Allowance(3, timedelta(hours=1))
"""Mails with a link for a new password, to one e-mail address."""
FOR_CODE: Final = Allowance(5, timedelta(minutes=5))
"""Second factors of one person, by somebody who knows the password: of a million codes three are good."""

# One statement, so that of attempts at the same moment each is counted. No row comes back: too many.
_COUNT: Final = sa.text(
    """
    INSERT INTO attempts (key, forgiven_time) VALUES (:key, :now + :each)
    ON CONFLICT (key) DO UPDATE SET forgiven_time = :each
        + CASE WHEN attempts.forgiven_time < :now THEN :now ELSE attempts.forgiven_time END
    WHERE attempts.forgiven_time <= :latest
    RETURNING forgiven_time
    """
).bindparams(
    sa.bindparam("now", type_=attempts.c.forgiven_time.type),
    sa.bindparam("latest", type_=attempts.c.forgiven_time.type),
    sa.bindparam("each", type_=sa.BigInteger),
)


def count_attempt(tx: Transaction, *, allowances: Mapping[str, Allowance]) -> None:
    """Count an attempt for each of these subjects. Raises `TooManyAttempts`, and then counts none."""
    for subject, allowance in sorted(allowances.items()):
        latest = tx.now + allowance.each * (allowance.at_once - 1)
        values = {
            "key": _key(subject),
            "now": tx.now,
            "latest": latest,
            "each": allowance.each // timedelta(microseconds=1),
        }
        if tx.execute(_COUNT, values).first() is None:
            row = tx.execute(sa.select(attempts.c.forgiven_time).where(attempts.c.key == _key(subject))).one()
            seconds = math.ceil((row.forgiven_time - latest).total_seconds())
            raise TooManyAttempts(retry_after_seconds=max(1, seconds))


def forgive_attempts(tx: Transaction, *, subject: str) -> None:
    """Forget what was counted for it, and for others whose time has come."""
    tx.execute(
        attempts.delete().where(sa.or_(attempts.c.key == _key(subject), attempts.c.forgiven_time < tx.now))
    )


def _key(subject: str) -> str:
    """Not the text itself: people type passwords where an e-mail address belongs."""
    return sha256(subject.encode("utf-8", "replace")).hexdigest()
