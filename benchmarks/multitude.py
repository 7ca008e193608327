"""A store full of products: copies of its first one, each with an id, a CRX ID and a package of its own."""

import hashlib
import sqlite3
from pathlib import Path
from typing import Final

from openaddons.store.tables import metadata

VERSION: Final = "1.2.3"

# In the order in which rows refer to others. The rest of a copied row is as in the first product's.
_COPIED: Final = {
    "products": {"id": "guid(n)", "crx_id": "crx_id(n)", "live_release_id": "guid(n)"},
    "packages": {"id": "guid(n)", "product_id": "guid(n)"},
    "drafts": {"product_id": "guid(n)", "package_id": "guid(n)"},
    "submissions": {
        "id": "printf('%019d', n)",
        "product_id": "guid(n)",
        "operation_id": "NULL",
        "package_id": "guid(n)",
    },
    "releases": {
        "id": "guid(n)",
        "product_id": "guid(n)",
        "submission_id": "printf('%019d', n)",
        "version": f"'{VERSION}'",
        "digest": "digest(n)",
    },
}


def crx_id(number: int) -> str:
    """The CRX ID of a copy: 32 letters of which none is more frequent than others."""
    return digest(number)[:32].translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))


def digest(number: int) -> str:
    """The digest of its package, which is not there: update checks do not look."""
    return hashlib.sha256(b"%d" % number).hexdigest()


def fill(data: Path, *, count: int) -> None:
    """Add that many products to the one that is in the store at ``data``."""
    connection = sqlite3.connect(data / "openaddons.sqlite3")
    for name, function in (("guid", _guid), ("crx_id", crx_id), ("digest", digest)):
        connection.create_function(name, 1, function, deterministic=True)
    with connection:
        for table, changed in _COPIED.items():
            columns = metadata.tables[table].columns.keys()
            values = ", ".join(changed.get(column, f"first.{column}") for column in columns)
            connection.execute(
                "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
                f"INSERT INTO {table} ({', '.join(columns)}) "
                f"SELECT {values} FROM numbers, (SELECT * FROM {table} LIMIT 1) AS first",
                (count,),
            )
    connection.close()


def _guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"
