"""Products: a new one; what is true of one now, in one call; the list of them; unpublishing."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.policies import Requirement
from openaddons.store.certification.standing import standing_of_product
from openaddons.store.drafts import read_draft
from openaddons.store.products import (
    NAME_CHARACTERS_LIMIT,
    Product,
    find_product,
    page_of_products,
)
from openaddons.store.publishers import read_publisher
from openaddons.store.releases import read_release
from openaddons.store.releasing import unpublish_product
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.submissions import current_submission
from openaddons.surfaces.manage.drafts import MODULE, describe_module
from openaddons.surfaces.manage.endpoints import (
    GUID,
    NUMBER,
    TEXT,
    TIME,
    Call,
    Endpoint,
    Shape,
    list_of,
    or_null,
)
from openaddons.surfaces.manage.fields import guid, number, text
from openaddons.surfaces.manage.submissions import (
    STANDING,
    SUBMISSION,
    describe_standing,
    describe_submission,
)
from openaddons.work.creating import make_product
from openaddons.work.tools import Tools

_PAGE_LIMIT: Final = 100
_PAGE_DEFAULT: Final = 50
_KEY_CHARACTERS: Final = 16_384
"""The largest key that browsers take has some 6,500 in PEM."""

LIVE: Final = Shape(
    "LiveVersion", {"version": TEXT, "sha256": TEXT, "sizeBytes": NUMBER, "releasedTime": TIME}
)
KEPT_BACK: Final = Shape("KeptBack", {"reason": TEXT, "sinceTime": TIME})
DRAFT: Final = Shape("Draft", {"version": or_null(TEXT), "modules": list_of(MODULE)})
PRODUCT: Final = Shape(
    "Product",
    {
        "id": GUID,
        "name": TEXT,
        "crxId": TEXT,
        "state": {"type": "string", "enum": [each.value for each in ProductState]},
        "keptBack": or_null(KEPT_BACK),
        "live": or_null(LIVE),
        "draft": DRAFT,
        "standing": STANDING,
        "submission": or_null(SUBMISSION),
        "lastUpdatedTime": TIME,
    },
)
PRODUCTS: Final = Shape("Products", {"products": list_of(PRODUCT), "next": or_null(GUID)})


def describe_product(tx: Transaction, *, product_id: str, require: Requirement) -> dict[str, Any]:
    """What is true of a product now: what all are offered, what the draft holds, where its submission stands."""
    # The product is read after its submission: what that one says has happened, it shows already.
    submission = current_submission(tx, product_id=product_id)
    draft = read_draft(tx, product_id=product_id, require=require)
    product = find_product(tx, id_or_crx_id=product_id)
    return {
        "id": product.id,
        "name": product.name,
        "crxId": product.crx_id,
        "state": product.state.value,
        "keptBack": product.kept_back_time
        and {"reason": product.kept_back_reason, "sinceTime": wire_time(product.kept_back_time)},
        "live": _live(tx, product),
        "draft": {
            "version": draft.version,
            "modules": [describe_module(each) for each in draft.modules],
        },
        "standing": describe_standing(standing_of_product(tx, product=product)),
        "submission": submission and describe_submission(tx, submission=submission),
        "lastUpdatedTime": wire_time(product.last_updated_time),
    }


def _live(tx: Transaction, product: Product) -> dict[str, Any] | None:
    """The release that all are offered; while a product is kept back they are offered none."""
    if product.live_release_id is None or not product.served:
        return None
    release = read_release(tx, release_id=product.live_release_id)
    assert release.offered_to_all_time is not None
    return {
        "version": release.version,
        "sha256": release.digest,
        "sizeBytes": release.size_bytes,
        "releasedTime": wire_time(release.offered_to_all_time),
    }


def _show(call: Call) -> dict[str, Any]:
    return call.database.read(
        describe_product, product_id=call.path["product_id"], require=call.settings.required_fields
    )


def _list(call: Call) -> dict[str, Any]:
    return call.database.read(_page, call)


def _page(tx: Transaction, call: Call) -> dict[str, Any]:
    limit = call.given["limit"] or _PAGE_DEFAULT
    # One more than asked for says whether there is a next page.
    found = page_of_products(
        tx,
        publisher_id=call.principal.publisher_id,
        product_id=call.principal.scope_product_id,
        after=call.given["after"],
        limit=limit + 1,
    )
    page = found[:limit]
    require = call.settings.required_fields
    return {
        "products": [describe_product(tx, product_id=each, require=require) for each in page],
        "next": page[-1] if len(found) > limit else None,
    }


def _create(call: Call) -> dict[str, Any]:
    call.unscoped_publisher_id()
    key = call.given["key"]
    made = make_product(
        Tools(call.database, call.objects, call.master_key, call.settings),
        publisher=call.database.read(read_publisher, client_id=call.principal.client_id),
        name=call.given["name"],
        actor=call.principal.actor,
        pem=None if key is None else key.encode(),
        correlation_id=call.correlation_id,
    )
    return call.database.read(describe_product, product_id=made.id, require=call.settings.required_fields)


def _unpublish(call: Call) -> dict[str, Any]:
    return call.run(_unpublished, call)


def _unpublished(tx: Transaction, call: Call) -> dict[str, Any]:
    product_id = call.path["product_id"]
    unpublish_product(tx, product_id=product_id, actor=call.principal.actor)
    return describe_product(tx, product_id=product_id, require=call.settings.required_fields)


ENDPOINTS: Final = (
    Endpoint(
        "listProducts",
        "GET",
        "/products",
        "List your products, oldest first",
        _list,
        PRODUCTS,
        takes=(guid("after"), number("limit", least=1, most=_PAGE_LIMIT)),
    ),
    Endpoint(
        "createProduct",
        "POST",
        "/products",
        "Make a product in draft; with a signing key of yours (PEM) it keeps the CRX ID that it has in the field",
        _create,
        PRODUCT,
        status=201,
        takes=(
            text("name", limit=NAME_CHARACTERS_LIMIT, required=True),
            text("key", limit=_KEY_CHARACTERS),
        ),
        refuses=(403,),
    ),
    Endpoint("getProduct", "GET", "/products/{product_id}", "Show a product", _show, PRODUCT),
    Endpoint(
        "unpublishProduct",
        "POST",
        "/products/{product_id}/unpublish",
        "Take a product out of the store",
        _unpublish,
        PRODUCT,
        status=202,
        refuses=(409,),
    ),
)
