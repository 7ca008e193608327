"""Releases: signed versions and who is offered them."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.store.releases import Standing, list_standings
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import Transaction
from openaddons.surfaces.manage.endpoints import (
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    Call,
    Endpoint,
    Shape,
    list_of,
    or_null,
)
from openaddons.surfaces.manage.fields import text
from openaddons.surfaces.manage.submissions import REASON_CHARACTERS, SUBMISSION, describe_submission

_VERSION_CHARACTERS: Final = 40

RELEASE: Final = Shape(
    "Release",
    {
        "version": TEXT,
        "live": FLAG,
        "rings": list_of(TEXT),
        "contentOf": or_null(TEXT),
        "sha256": TEXT,
        "sizeBytes": NUMBER,
        "createdTime": TIME,
        "withdrawnTime": or_null(TIME),
        "withdrawnReason": or_null(TEXT),
    },
)
RELEASES: Final = Shape("Releases", {"releases": list_of(RELEASE)})


def _describe(standing: Standing) -> dict[str, Any]:
    release = standing.release
    return {
        "version": release.version,
        "live": standing.live,
        "rings": list(standing.rings),
        "contentOf": standing.content_of,
        "sha256": release.digest,
        "sizeBytes": release.size_bytes,
        "createdTime": wire_time(release.created_time),
        "withdrawnTime": release.withdrawn_time and wire_time(release.withdrawn_time),
        "withdrawnReason": release.withdrawn_reason,
    }


def _list(call: Call) -> dict[str, Any]:
    found = call.database.read(list_standings, product_id=call.path["product_id"])
    return {"releases": [_describe(each) for each in found]}


def _roll_back(call: Call) -> dict[str, Any]:
    return call.run(_rolled_back, call)


def _rolled_back(tx: Transaction, call: Call) -> dict[str, Any]:
    asked = roll_back(
        tx,
        product_id=call.path["product_id"],
        to_version=call.given["to"],
        as_version=call.given["as"],
        reason=call.given["reason"],
        actor=call.principal.actor,
    )
    return describe_submission(tx, submission=asked)


ENDPOINTS: Final = (
    Endpoint(
        "listReleases",
        "GET",
        "/products/{product_id}/releases",
        "List a product's releases, newest first, and who is offered each",
        _list,
        RELEASES,
    ),
    Endpoint(
        "rollBack",
        "POST",
        "/products/{product_id}/rollback",
        "Bring earlier content back, for all, under a higher number and without a review",
        _roll_back,
        SUBMISSION,
        status=202,
        takes=(
            text("to", limit=_VERSION_CHARACTERS),
            text("as", limit=_VERSION_CHARACTERS),
            text("reason", limit=REASON_CHARACTERS, required=True),
        ),
        refuses=(409,),
    ),
)
