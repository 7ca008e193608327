"""Every call of the management API: what the client is asked, what it sends, and what it makes of the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from openaddons.client import (
    Delivery,
    DeliveryTry,
    Draft,
    DraftContent,
    DraftModule,
    EdgeAddons,
    Event,
    Image,
    KeptBack,
    Key,
    KeyKind,
    ListingLanguage,
    LiveVersion,
    ModuleContent,
    NewKey,
    NewWebhook,
    Operation,
    OperationKind,
    OperationStatus,
    Place,
    ProductState,
    Question,
    Release,
    ReviewRecord,
    Rings,
    Standing,
    Submission,
    Webhook,
)

from .managed import (
    DELIVERY,
    SUBMISSION,
    WEBHOOK,
    answer,
    delivery,
    event,
    image,
    key,
    language,
    module,
    product,
    publishes,
    release,
    submission,
    webhook,
)
from .scripted import OPERATION, PRODUCT

CHANGED_TIME = datetime(2026, 11, 26, 11, 0, 2, tzinfo=UTC)
A_STANDING = Standing(
    waits_for="reviewer",
    words="a reviewer's decision",
    since=datetime(2026, 11, 26, 11, 0, 1, tzinfo=UTC),
    until=datetime(2026, 12, 7, 11, 0, 0, tzinfo=UTC),
    place=Place(3, 12),
    reviews=ReviewRecord(40, 18_000, 259_200),
    next="A reviewer approves it.",
)
A_SUBMISSION = Submission(
    id=SUBMISSION,
    version="1.2.0",
    state="In review",
    operation_id=OPERATION,
    held=False,
    waits_for="a reviewer's decision",
    standing=A_STANDING,
    due_time=None,
    reason=None,
    policies=("1.1.3",),
    questions=(
        Question("What are the tabs read for?", datetime(2026, 11, 26, 11, 0, 1, tzinfo=UTC), None, None),
    ),
    notes="Hello",
    restores=None,
    created_time=datetime(2026, 11, 26, 11, 0, 0, tzinfo=UTC),
    last_updated_time=datetime(2026, 11, 26, 11, 0, 1, tzinfo=UTC),
)
A_PRODUCT = ProductState(
    id=PRODUCT,
    name="Tab Tally",
    crx_id="abcdefghijklmnopabcdefghijklmnop",
    state="In the store + update in review",
    kept_back=KeptBack("It is looked at.", CHANGED_TIME),
    live=LiveVersion("1.1.0", "ab" * 32, 1234, CHANGED_TIME),
    draft=Draft("1.2.0", (DraftModule("LISTING", valid=False, problems=("Description: it is missing.",)),)),
    standing=A_STANDING,
    submission=A_SUBMISSION,
    last_updated_time=CHANGED_TIME,
)
A_RELEASE = Release(
    version="1.1.0",
    live=True,
    rings=("early",),
    content_of=None,
    sha256="ab" * 32,
    size_bytes=1234,
    created_time=CHANGED_TIME,
    withdrawn_time=None,
    withdrawn_reason=None,
)
AN_OPERATION = Operation(
    OperationKind.PUBLISH,
    "0f1e2d3c-4b5a-6978-8796-000000000000",
    OperationStatus.IN_PROGRESS,
    created_time=datetime(2026, 11, 26, 11, 59, 59, tzinfo=UTC),
)
AN_EVENT = Event(7, CHANGED_TIME, "release.created", "store", PRODUCT, "7", None, {"version": "1.1.0"})
A_MODULE = ModuleContent("AVAILABILITY", True, (), "2240e058b32c0d86", {"a": [1]})
A_LANGUAGE = ListingLanguage("en", False, ("No.",), "9cbff6b6", {"a": 1})
AN_IMAGE = Image("2cf8.1c27", 300, 200, "ab" * 32, 913, CHANGED_TIME)
KEY_FACTS: dict[str, Any] = {
    "id": "k-1",
    "kind": "apiKey",
    "client_id": "client-1",
    "hint": "oak_ab…wxyz",
    "product_id": None,
    "created_time": datetime(2026, 11, 26, 11, 0, 0, tzinfo=UTC),
    "expires_time": datetime(2027, 2, 6, 11, 0, 0, tzinfo=UTC),
    "revoked_time": None,
    "last_used_time": None,
}
A_NEW_KEY = NewKey(**KEY_FACTS, secret="new")
WEBHOOK_FACTS: dict[str, Any] = {
    "id": WEBHOOK,
    "url": "https://ci.example.com/add-ons",
    "types": ("release.created",),
    "enabled": True,
    "disabled_reason": None,
    "former_secret_until_time": None,
    "last_success_time": None,
    "created_time": CHANGED_TIME,
}
A_WEBHOOK = Webhook(**WEBHOOK_FACTS)
A_NEW_WEBHOOK = NewWebhook(**WEBHOOK_FACTS, secret="whsec_new")
A_DELIVERY = Delivery(
    id=DELIVERY,
    type="webhook.tested",
    state="Pending",
    attempt=1,
    status=500,
    answer="Oops.",
    created_time=datetime(2026, 11, 26, 11, 0, 0, tzinfo=UTC),
    tried_time=CHANGED_TIME,
    next_time=None,
    tries=(
        DeliveryTry(attempt=1, ended_time=CHANGED_TIME, duration_milliseconds=38, status=500, answer="Oops."),
    ),
)


@dataclass(frozen=True, slots=True)
class Managed:
    """One call."""

    verb: Callable[[EdgeAddons], Any]
    request: str
    """Method, path below ``/manage/v1``, and query."""
    answered: httpx2.Response
    result: Any
    body: Any = None


_PRODUCT = f"/products/{PRODUCT}"
_SUBMISSION = f"{_PRODUCT}/submissions/{SUBMISSION}"
_WEBHOOK = f"/webhooks/{WEBHOOK}"
_EMPTY = httpx2.Response(204)

CALLS = (
    # Products, submissions, releases
    Managed(lambda a: a.product(PRODUCT), f"GET {_PRODUCT}", answer(product()), A_PRODUCT),
    Managed(
        lambda a: list(a.products()),
        "GET /products?limit=100",
        answer({"products": [product()], "next": None}),
        [A_PRODUCT],
    ),
    Managed(
        lambda a: a.operations(PRODUCT),
        f"GET {_PRODUCT}/operations",
        publishes(1),
        (AN_OPERATION,),
    ),
    Managed(
        lambda a: a.operations(PRODUCT, kind=OperationKind.PUBLISH),
        f"GET {_PRODUCT}/operations?kind=publish",
        publishes(1),
        (AN_OPERATION,),
    ),
    Managed(
        lambda a: a.submissions(PRODUCT),
        f"GET {_PRODUCT}/submissions",
        answer({"submissions": [submission()]}),
        (A_SUBMISSION,),
    ),
    Managed(
        lambda a: a.submission(PRODUCT, SUBMISSION), f"GET {_SUBMISSION}", answer(submission()), A_SUBMISSION
    ),
    Managed(
        lambda a: a.cancel(PRODUCT, SUBMISSION, reason="too early"),
        f"POST {_SUBMISSION}/cancel",
        answer(submission()),
        A_SUBMISSION,
        {"reason": "too early"},
    ),
    Managed(
        lambda a: a.hold(PRODUCT, SUBMISSION),
        f"POST {_SUBMISSION}/hold",
        answer(submission()),
        A_SUBMISSION,
        {},
    ),
    Managed(
        lambda a: a.release(PRODUCT, SUBMISSION),
        f"POST {_SUBMISSION}/release",
        answer(submission()),
        A_SUBMISSION,
        {},
    ),
    Managed(
        lambda a: a.answer(PRODUCT, SUBMISSION, "To count them."),
        f"POST {_SUBMISSION}/answer",
        answer(submission()),
        A_SUBMISSION,
        {"answer": "To count them."},
    ),
    Managed(
        lambda a: a.roll_back(PRODUCT, reason="it leaks"),
        f"POST {_PRODUCT}/rollback",
        answer(submission(), 202),
        A_SUBMISSION,
        {"reason": "it leaks"},
    ),
    Managed(
        lambda a: a.roll_back(PRODUCT, reason="it leaks", to="1.0", as_version="1.3"),
        f"POST {_PRODUCT}/rollback",
        answer(submission(), 202),
        A_SUBMISSION,
        {"to": "1.0", "as": "1.3", "reason": "it leaks"},
    ),
    Managed(
        lambda a: a.unpublish(PRODUCT), f"POST {_PRODUCT}/unpublish", answer(product(), 202), A_PRODUCT, {}
    ),
    Managed(
        lambda a: a.releases(PRODUCT),
        f"GET {_PRODUCT}/releases",
        answer({"releases": [release()]}),
        (A_RELEASE,),
    ),
    Managed(
        lambda a: a.offer(PRODUCT, "1.1.0"),
        f"POST {_PRODUCT}/releases/1.1.0/offer",
        answer({"releases": [release()]}),
        (A_RELEASE,),
        {},
    ),
    Managed(
        lambda a: a.offer(PRODUCT, "1.1.0", rings=["early"]),
        f"POST {_PRODUCT}/releases/1.1.0/offer",
        answer({"releases": [release()]}),
        (A_RELEASE,),
        {"rings": ["early"]},
    ),
    Managed(
        lambda a: a.withdraw(PRODUCT, "1.1.0", reason="it leaks"),
        f"POST {_PRODUCT}/releases/1.1.0/withdraw",
        answer({"releases": [release()]}),
        (A_RELEASE,),
        {"reason": "it leaks"},
    ),
    Managed(
        lambda a: a.rings(PRODUCT),
        f"GET {_PRODUCT}/rings",
        answer({"rings": ["early", "late"], "first": ["early"]}),
        Rings(("early", "late"), ("early",)),
    ),
    Managed(
        lambda a: a.set_first_rings(PRODUCT, [], instead_of=["early"]),
        f"PUT {_PRODUCT}/rings",
        answer({"rings": ["early"], "first": []}),
        Rings(("early",), ()),
        {"first": [], "insteadOf": ["early"]},
    ),
    Managed(
        lambda a: list(a.events()),
        "GET /events?limit=100",
        answer({"events": [event(7)], "next": None}),
        [AN_EVENT],
    ),
    Managed(
        lambda a: list(a.events(PRODUCT)),
        f"GET {_PRODUCT}/events?limit=100",
        answer({"events": [event(7)], "next": None}),
        [AN_EVENT],
    ),
    # Drafts
    Managed(
        lambda a: a.draft(PRODUCT),
        f"GET {_PRODUCT}/draft",
        answer({"version": "1.2.0", "modules": [module()]}),
        DraftContent("1.2.0", (A_MODULE,)),
    ),
    *(
        Managed(
            lambda a, name=name: a.set_module(PRODUCT, name, {"b": None}),  # type: ignore[misc]
            f"PUT {_PRODUCT}/draft/{name.lower()}",
            answer(module()),
            A_MODULE,
            {"content": {"b": None}},
        )
        for name in ("AVAILABILITY", "properties", "privacy")
    ),
    Managed(
        lambda a: a.language(PRODUCT, "en"),
        f"GET {_PRODUCT}/draft/listing/en",
        answer(language()),
        A_LANGUAGE,
    ),
    Managed(
        lambda a: a.set_language(PRODUCT, "pt-BR", {"b": 1}, if_tag="9cbff6b6"),
        f"PUT {_PRODUCT}/draft/listing/pt-BR",
        answer(language()),
        A_LANGUAGE,
        {"content": {"b": 1}, "ifTag": "9cbff6b6"},
    ),
    Managed(
        lambda a: a.remove_language(PRODUCT, "en"),
        f"DELETE {_PRODUCT}/draft/listing/en",
        _EMPTY,
        None,
    ),
    Managed(
        lambda a: a.add_image(PRODUCT, b"\x89PNG"),
        f"POST {_PRODUCT}/draft/images",
        answer(image(), 201),
        AN_IMAGE,
        b"\x89PNG",
    ),
    Managed(
        lambda a: a.create_product("Tab Tally"),
        "POST /products",
        answer(product(), 201),
        A_PRODUCT,
        {"name": "Tab Tally"},
    ),
    Managed(
        lambda a: a.create_product("Tab Tally", key="-----BEGIN"),
        "POST /products",
        answer(product(), 201),
        A_PRODUCT,
        {"name": "Tab Tally", "key": "-----BEGIN"},
    ),
    # Keys
    Managed(lambda a: a.keys(), "GET /keys", answer({"keys": [key()]}), (Key(**KEY_FACTS),)),
    Managed(
        lambda a: a.create_key(),
        "POST /keys",
        answer(key(secret="new"), 201),
        A_NEW_KEY,
        {"kind": "apiKey"},
    ),
    Managed(
        lambda a: a.create_key(kind=KeyKind.CLIENT_SECRET, days=7, product_id=PRODUCT),
        "POST /keys",
        answer(key(secret="new"), 201),
        A_NEW_KEY,
        {"kind": "clientSecret", "days": 7, "productId": PRODUCT},
    ),
    Managed(lambda a: a.revoke_key("k-1"), "DELETE /keys/k-1", _EMPTY, None),
    Managed(
        lambda a: a.rotate_key("k-1", overlap_hours=2),
        "POST /keys/k-1/rotate",
        answer(key(secret="new"), 201),
        A_NEW_KEY,
        {"overlapHours": 2},
    ),
    # Webhooks
    Managed(lambda a: a.webhooks(), "GET /webhooks", answer({"webhooks": [webhook()]}), (A_WEBHOOK,)),
    Managed(
        lambda a: a.create_webhook("https://ci.example.com/add-ons", types=["release.created"]),
        "POST /webhooks",
        answer(webhook(secret="whsec_new"), 201),
        A_NEW_WEBHOOK,
        {"url": "https://ci.example.com/add-ons", "types": ["release.created"]},
    ),
    Managed(
        lambda a: a.change_webhook(WEBHOOK, types=(), enabled=False),
        f"PATCH {_WEBHOOK}",
        answer(webhook()),
        A_WEBHOOK,
        {"types": [], "enabled": False},
    ),
    Managed(
        lambda a: a.rotate_webhook_secret(WEBHOOK, overlap_hours=0),
        f"POST {_WEBHOOK}/rotate",
        answer(webhook(secret="whsec_new")),
        A_NEW_WEBHOOK,
        {"overlapHours": 0},
    ),
    Managed(
        lambda a: a.try_webhook(WEBHOOK),
        f"POST {_WEBHOOK}/test",
        answer({"id": DELIVERY}, 202),
        DELIVERY,
        {},
    ),
    Managed(
        lambda a: list(a.deliveries(WEBHOOK)),
        f"GET {_WEBHOOK}/deliveries?limit=100",
        answer({"deliveries": [delivery()], "next": None}),
        [A_DELIVERY],
    ),
    Managed(
        lambda a: a.redeliver(WEBHOOK, DELIVERY),
        f"POST {_WEBHOOK}/deliveries/{DELIVERY}/redeliver",
        answer({"id": DELIVERY}, 202),
        DELIVERY,
        {},
    ),
    Managed(lambda a: a.delete_webhook(WEBHOOK), f"DELETE {_WEBHOOK}", _EMPTY, None),
)
