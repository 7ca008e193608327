"""What PostgreSQL needs and SQLite does not: word to other processes that an operation has ended."""

from typing import Final

import sqlalchemy as sa

from openaddons.store.session import Changes

ENDED_CHANNEL: Final = "openaddons_operation_ended"


def send_word(connection: sa.Connection, changes: Changes) -> None:
    """Notify, as part of the transaction: PostgreSQL delivers it after the commit and not without."""
    for operation_id in changes.operations_ended:
        connection.execute(sa.select(sa.func.pg_notify(ENDED_CHANNEL, operation_id)))
