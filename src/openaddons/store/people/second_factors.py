"""The second factor of a person: one-time codes, each good once, and recovery codes, each good once."""

from collections.abc import Iterable

import sqlalchemy as sa

from openaddons.store.people.one_time_codes import recovery_digest
from openaddons.store.people.visitors import Person
from openaddons.store.session import Transaction
from openaddons.store.tables import people


def set_second_factor(
    tx: Transaction,
    *,
    person: Person,
    sealed_secret: bytes,
    step: int,
    recovery_codes: Iterable[str],
) -> None:
    """Ask the person for one-time codes from now on. ``step`` is of the code with which they showed they have it."""
    tx.execute(
        people.update()
        .where(people.c.id == person.id)
        .values(
            totp_secret=sealed_secret,
            totp_last_step=step,
            recovery_digests=[recovery_digest(code) for code in recovery_codes],
        )
    )
    tx.record("person.second-factor-set", actor=person.email, subject=person.id)


def renew_recovery_codes(tx: Transaction, *, person: Person, recovery_codes: Iterable[str]) -> None:
    """Put new recovery codes in the place of those that are left. Without a second factor nothing happens."""
    changed = tx.execute(
        people.update()
        .where(people.c.id == person.id, people.c.totp_secret.is_not(None))
        .values(recovery_digests=[recovery_digest(code) for code in recovery_codes])
    )
    if changed.rowcount:
        tx.record(
            "person.recovery-codes-renewed",
            actor=person.email,
            subject=person.id,
        )


def remove_second_factor(tx: Transaction, *, person: Person, actor: str) -> None:
    """Ask the person for the password alone from now on."""
    tx.execute(
        people.update()
        .where(people.c.id == person.id)
        .values(totp_secret=None, totp_last_step=None, recovery_digests=[])
    )
    tx.record("person.second-factor-removed", actor=actor, subject=person.id)


def use_step(tx: Transaction, *, person_id: str, step: int) -> bool:
    """Use up the code of that step, and all before it. False when it was used already."""
    used = tx.execute(
        people.update()
        .where(people.c.id == person_id, people.c.totp_last_step < step)
        .values(totp_last_step=step)
    )
    return bool(used.rowcount)


def use_recovery_code(tx: Transaction, *, person: Person, code: str) -> bool:
    """Use up a recovery code. False when it is none of the person's, or was used already."""
    # An update is a lock: of two who use one code at once, the second finds it used.
    tx.execute(people.update().where(people.c.id == person.id).values(email=person.email))
    kept = tx.execute(sa.select(people.c.recovery_digests).where(people.c.id == person.id)).scalar_one()
    digest = recovery_digest(code)
    if digest not in kept:
        return False
    left = [each for each in kept if each != digest]
    tx.execute(people.update().where(people.c.id == person.id).values(recovery_digests=left))
    tx.record(
        "person.recovery-code-used",
        actor=person.email,
        subject=person.id,
        left=len(left),
    )
    return True
