"""Releases: signed versions and who is offered them."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.store.releases import Standing, list_standings
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


ENDPOINTS: Final = (
    Endpoint(
        "listReleases",
        "GET",
        "/products/{product_id}/releases",
        "List a product's releases, newest first, and who is offered each",
        _list,
        RELEASES,
    ),
)
