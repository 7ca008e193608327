"""The few reads that every request makes, written by hand (decision 2 of the house).

On SQLite a read by primary key takes 8 µs and never waits for the writer, so it runs on the event loop itself;
a hop to a thread would cost five times that. On PostgreSQL they go over one kept connection, prepared.
"""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote

import asyncpg

from openaddons.store.offered import SERVED, OfferedPackage
from openaddons.store.operations import STATUS_COLUMNS, Operation, OperationKind
from openaddons.store.publishers import Principal
from openaddons.store.session import sqlite_pragmas
from openaddons.store.states import OperationState
from openaddons.store.tables import moment

_OPERATION: Final = f"SELECT {', '.join(STATUS_COLUMNS)} FROM operations WHERE id = $1"  # noqa: S608 - our own names
# OperatorInterventionError: the server shuts down, or a backend was ended (class 57).
_CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    OSError,
)
_GENERATION: Final = "SELECT generation FROM offering WHERE id = $1"
_OWNER: Final = "SELECT publisher_id FROM products WHERE id = $1"
# Not of versions that were withdrawn, nor of products that browsers do not get (as `IS_SERVED`).
_SERVED: Final = ", ".join(f"'{state}'" for state in SERVED)
_PACKAGE: Final = (
    "SELECT releases.object_key, releases.size_bytes"  # noqa: S608 - our own names
    " FROM releases JOIN products ON products.id = releases.product_id"
    " WHERE products.crx_id = $1 AND releases.digest = $2 AND releases.withdrawn_time IS NULL"
    f" AND products.state IN ({_SERVED}) AND products.kept_back_time IS NULL"
)
_CREDENTIAL: Final = (
    "SELECT clients.publisher_id, credentials.client_id, credentials.id, credentials.product_id,"
    " credentials.expires_time, credentials.revoked_time, credentials.kind"
    " FROM credentials JOIN clients ON clients.id = credentials.client_id WHERE credentials."
)


class FoundCredential:
    """A credential as the database has it: whether it may be used is for the gate to say."""

    __slots__ = ("kind", "principal", "revoked")

    def __init__(self, row: Sequence[Any]) -> None:
        self.principal = Principal(
            publisher_id=row[0],
            client_id=row[1],
            credential_id=row[2],
            scope_product_id=row[3],
            expires_time=moment(row[4]),
        )
        self.revoked = row[5] is not None
        self.kind: str = row[6]


def _operation(row: Sequence[Any]) -> Operation:
    values = dict(zip(STATUS_COLUMNS, row, strict=True))
    errors = values["errors"]
    return Operation(
        **values
        | {
            "kind": OperationKind(values["kind"]),
            "state": OperationState(values["state"]),
            "created_time": moment(values["created_time"]),
            "last_updated_time": moment(values["last_updated_time"]),
            "errors": None if errors is None else json.loads(errors),
            "unexpected": bool(values["unexpected"]),
        }
    )


class HotReads(Protocol):
    """What a request must know before anything else."""

    async def operation(self, operation_id: str) -> Operation | None:
        """An operation by its id."""
        ...

    async def owner(self, product_id: str) -> str | None:
        """The publisher of a product."""
        ...

    async def credential(self, *, column: str, value: str) -> FoundCredential | None:
        """A credential by its ``digest`` or ``id``."""
        ...

    async def offered_generation(self) -> int:
        """How often anything changed that browsers are offered."""
        ...

    async def offered_package(self, *, crx_id: str, digest: str) -> OfferedPackage | None:
        """A product's signed package by its SHA-256, unless it may not be downloaded."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


class SqliteHotReads:
    """One read-only connection of the event loop's thread."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(path)}", uri=True, isolation_level=None, check_same_thread=False
        )
        sqlite_pragmas(self._connection)
        self._connection.execute("PRAGMA query_only=ON")

    def _row(self, statement: str, *values: object) -> Any | None:
        return self._connection.execute(statement.replace("$", "?"), values).fetchone()

    async def operation(self, operation_id: str) -> Operation | None:
        """An operation by its id."""
        row = self._row(_OPERATION, operation_id)
        return None if row is None else _operation(row)

    async def owner(self, product_id: str) -> str | None:
        """The publisher of a product."""
        row = self._row(_OWNER, product_id)
        return None if row is None else row[0]

    async def credential(self, *, column: str, value: str) -> FoundCredential | None:
        """A credential by its ``digest`` or ``id``."""
        row = self._row(f"{_CREDENTIAL}{column} = $1", value)
        return None if row is None else FoundCredential(row)

    async def offered_generation(self) -> int:
        """How often anything changed that browsers are offered."""
        row = self._row(_GENERATION, 1)
        assert row is not None
        return int(row[0])

    async def offered_package(self, *, crx_id: str, digest: str) -> OfferedPackage | None:
        """A product's signed package by its SHA-256, unless it may not be downloaded."""
        row = self._row(_PACKAGE, crx_id, digest)
        return None if row is None else OfferedPackage(*row)

    async def close(self) -> None:
        """End the connection."""
        self._connection.close()


class PostgresHotReads:
    """One kept connection; asyncpg prepares each statement once. A lost connection is made anew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def _row(self, statement: str, *values: object) -> Sequence[Any] | None:
        async with self._lock:
            try:
                return await self._fetch(statement, *values)
            except _CONNECTION_LOST:
                self._connection = None
                return await self._fetch(statement, *values)

    async def _fetch(self, statement: str, *values: object) -> Sequence[Any] | None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
        row = await self._connection.fetchrow(statement, *values)
        return None if row is None else tuple(row)

    async def operation(self, operation_id: str) -> Operation | None:
        """An operation by its id."""
        row = await self._row(_OPERATION, operation_id)
        return None if row is None else _operation(row)

    async def owner(self, product_id: str) -> str | None:
        """The publisher of a product."""
        row = await self._row(_OWNER, product_id)
        return None if row is None else row[0]

    async def credential(self, *, column: str, value: str) -> FoundCredential | None:
        """A credential by its ``digest`` or ``id``."""
        row = await self._row(f"{_CREDENTIAL}{column} = $1", value)
        return None if row is None else FoundCredential(row)

    async def offered_generation(self) -> int:
        """How often anything changed that browsers are offered."""
        row = await self._row(_GENERATION, 1)
        assert row is not None
        return int(row[0])

    async def offered_package(self, *, crx_id: str, digest: str) -> OfferedPackage | None:
        """A product's signed package by its SHA-256, unless it may not be downloaded."""
        row = await self._row(_PACKAGE, crx_id, digest)
        return None if row is None else OfferedPackage(*row)

    async def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            await self._connection.close()
