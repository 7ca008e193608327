"""The sweep of orphan bytes: what an upload or a signing stored and no row names.

Keys are never shared between rows and never given again (docs/decisions/0003), so bytes that are older than
the longest upload and that no row names will never be named by one.
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
import structlog

from openaddons.store.session import Transaction
from openaddons.store.tables import images, operations, packages, releases
from openaddons.work.tools import Tools

log = structlog.get_logger()

_PERIOD_SECONDS: Final = 3600.0
_GRACE: Final = timedelta(hours=1)
_PAGE: Final = 500


class ObjectSweeper:
    """Removes orphan bytes, at the start and then every hour."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="openaddons-objects", daemon=True)

    def start(self) -> None:
        """Begin to sweep in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the object that is being looked at."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                sweep_objects(self._tools, grace=_GRACE, stopping=self._stopping)
            except Exception:
                log.exception("objects.sweep-failed")
            self._stopping.wait(_PERIOD_SECONDS)


def sweep_objects(tools: Tools, *, grace: timedelta, stopping: threading.Event | None = None) -> int:
    """Remove the bytes that no row names and that are older than ``grace``. Returns how many were removed."""
    # The time by which disks stamp files, whatever clock the store goes by.
    before = datetime.now(UTC) - grace
    removed = tools.objects.sweep_incoming(before)
    page: list[str] = []
    for entry in tools.objects.entries():
        if stopping is not None and stopping.is_set():
            return removed
        if entry.modified < before:
            page.append(entry.key)
        if len(page) >= _PAGE:
            removed += _remove(tools, page)
            page = []
    removed += _remove(tools, page)
    if removed:
        log.info("objects.swept", removed=removed)
    return removed


def _remove(tools: Tools, keys: list[str]) -> int:
    if not keys:
        return 0
    named = tools.database.read(_named, keys=keys)
    orphans = [key for key in keys if key not in named]
    for key in orphans:
        tools.objects.delete(key)
    return len(orphans)


def _named(tx: Transaction, *, keys: list[str]) -> set[str]:
    columns = [table.c.object_key for table in (images, operations, packages, releases)]
    queries = [sa.select(column).where(column.in_(keys)) for column in (*columns, releases.c.icon_key)]
    return set(tx.execute(sa.union(*queries)).scalars())
