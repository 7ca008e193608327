"""How the store does, on one page: what needs attention, what waits, the database and the disk."""

import platform
from typing import Any, Final

from openaddons import __version__
from openaddons.store.health import list_faults, read_database, read_work
from openaddons.store.keeping_back import list_kept_back
from openaddons.store.schema import HEAD
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.admin.attention import concerns
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who

_FAULTS_SHOWN: Final = 10
_KEPT_BACK_SHOWN: Final = 20


def _look(tx: Transaction) -> dict[str, Any]:
    return {
        "work": read_work(tx),
        "database": read_database(tx),
        "faults": list_faults(tx, limit=_FAULTS_SHOWN),
        "kept_back": list_kept_back(tx, limit=_KEPT_BACK_SHOWN),
    }


def _overview(visit: Visit) -> Html:
    found = visit.read(_look)
    free_bytes = visit.objects.free_bytes()
    concerned = concerns(
        work=found["work"],
        database=found["database"],
        free_bytes=free_bytes,
        settings=visit.settings,
        now=visit.database.clock.now(),
    )
    return Html(
        "admin/overview.html",
        found
        | {
            "concerns": tuple(concerned),
            "free_bytes": free_bytes,
            "schema_needed": HEAD,
            "version": __version__,
            "python": platform.python_version(),
            "engine": visit.settings.engine_kind,
        },
    )


PAGES: Final = (Page("administration", "GET", "/admin", Who.ADMINISTRATOR, _overview),)
