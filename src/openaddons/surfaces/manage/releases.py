"""Releases: signed versions, who is offered them, and which rings get the next first."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.store.modules import text_up_to
from openaddons.store.offers import (
    list_rings,
    offer_to_all,
    offer_to_rings,
    set_first_rings,
    withdraw_release,
)
from openaddons.store.products import find_product
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
from openaddons.surfaces.manage.fields import text, texts
from openaddons.surfaces.manage.submissions import REASON_CHARACTERS, SUBMISSION, describe_submission

_VERSION_CHARACTERS: Final = 40
_RINGS_LIMIT: Final = 100
_RING_CHARACTERS: Final = 40

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
RINGS: Final = Shape("Rings", {"rings": list_of(TEXT), "first": list_of(TEXT)})


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
    return call.database.read(_all, call)


def _all(tx: Transaction, call: Call) -> dict[str, Any]:
    found = list_standings(tx, product_id=call.path["product_id"])
    return {"releases": [_describe(each) for each in found]}


def _version(call: Call) -> str:
    version: str = text_up_to(_VERSION_CHARACTERS)("version", call.path["version"])
    return version


def _offer(call: Call) -> dict[str, Any]:
    return call.run(_offered, call)


def _offered(tx: Transaction, call: Call) -> dict[str, Any]:
    product_id, version, actor = call.path["product_id"], _version(call), call.principal.actor
    names = call.given["rings"]
    if names is None:
        offer_to_all(tx, product_id=product_id, version=version, actor=actor)
    else:
        offer_to_rings(tx, product_id=product_id, version=version, names=names, actor=actor)
    return _all(tx, call)


def _withdraw(call: Call) -> dict[str, Any]:
    return call.run(_withdrawn, call)


def _withdrawn(tx: Transaction, call: Call) -> dict[str, Any]:
    withdraw_release(
        tx,
        product_id=call.path["product_id"],
        version=_version(call),
        reason=call.given["reason"],
        actor=call.principal.actor,
    )
    return _all(tx, call)


def _show_rings(call: Call) -> dict[str, Any]:
    return call.database.read(_rings, call)


def _rings(tx: Transaction, call: Call) -> dict[str, Any]:
    product = find_product(tx, id_or_crx_id=call.path["product_id"])
    return {"rings": [each.name for each in list_rings(tx)], "first": list(product.first_rings)}


def _set_first(call: Call) -> dict[str, Any]:
    return call.run(_first_set, call)


def _first_set(tx: Transaction, call: Call) -> dict[str, Any]:
    set_first_rings(
        tx,
        product_id=call.path["product_id"],
        names=call.given["first"],
        instead_of=call.given["insteadOf"],
        actor=call.principal.actor,
    )
    return _rings(tx, call)


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


_ONE: Final = "/products/{product_id}/releases/{version}"
_RINGS_PATH: Final = "/products/{product_id}/rings"

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
        "offerRelease",
        "POST",
        _ONE + "/offer",
        "Offer a release to rings, or to all when none are named",
        _offer,
        RELEASES,
        takes=(texts("rings", most=_RINGS_LIMIT, limit=_RING_CHARACTERS),),
        refuses=(409,),
    ),
    Endpoint(
        "withdrawRelease",
        "POST",
        _ONE + "/withdraw",
        "Offer a release no longer, to anybody",
        _withdraw,
        RELEASES,
        takes=(text("reason", limit=REASON_CHARACTERS, required=True),),
        refuses=(409,),
    ),
    Endpoint(
        "getRings",
        "GET",
        _RINGS_PATH,
        "List the store's rings, and those that get a product's next releases first",
        _show_rings,
        RINGS,
    ),
    Endpoint(
        "setFirstRings",
        "PUT",
        _RINGS_PATH,
        "Choose the rings that get a product's next releases first",
        _set_first,
        RINGS,
        takes=(
            texts("first", most=_RINGS_LIMIT, limit=_RING_CHARACTERS, required=True),
            texts("insteadOf", most=_RINGS_LIMIT, limit=_RING_CHARACTERS),
        ),
        refuses=(409,),
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
