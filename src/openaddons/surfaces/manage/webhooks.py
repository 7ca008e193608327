"""Webhooks: where the caller's publisher is told what happens, and how the telling went."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.errors import NotFound, NotKnown
from openaddons.ids import read_guid
from openaddons.store.modules import text_up_to
from openaddons.store.session import Transaction
from openaddons.store.telling.deliveries import EndedTry, Logged, deliver_again, page_of_deliveries
from openaddons.store.telling.outbox import TYPES, DeliveryState, type_of
from openaddons.store.telling.webhooks import (
    URL_CHARACTERS,
    Webhook,
    change_webhook,
    create_webhook,
    delete_webhook,
    list_webhooks,
    read_webhook,
    rotate_secret,
    try_webhook,
)
from openaddons.surfaces.manage.endpoints import (
    FLAG,
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
from openaddons.surfaces.manage.fields import Field, choices, flag, guid, number

_WEBHOOK: Final = {
    "id": GUID,
    "url": TEXT,
    "types": list_of(TEXT),
    "enabled": FLAG,
    "disabledReason": or_null(TEXT),
    "formerSecretUntil": or_null(TIME),
    "lastSuccessTime": or_null(TIME),
    "createdTime": TIME,
}
WEBHOOK: Final = Shape("Webhook", _WEBHOOK)
WEBHOOKS: Final = Shape("Webhooks", {"webhooks": list_of(WEBHOOK)})
NEW_WEBHOOK: Final = Shape("NewWebhook", _WEBHOOK | {"secret": TEXT})
TRY: Final = Shape(
    "Try",
    {
        "attempt": NUMBER,
        "endedTime": TIME,
        "durationMilliseconds": NUMBER,
        "status": or_null(NUMBER),
        "answer": TEXT,
    },
)
DELIVERY: Final = Shape(
    "Delivery",
    {
        "id": GUID,
        "type": TEXT,
        "state": {"type": "string", "enum": [each.value for each in DeliveryState]},
        "attempt": NUMBER,
        "status": or_null(NUMBER),
        "answer": or_null(TEXT),
        "createdTime": TIME,
        "triedTime": or_null(TIME),
        "nextTime": or_null(TIME),
        "tries": list_of(TRY),
    },
)
DELIVERIES: Final = Shape("Deliveries", {"deliveries": list_of(DELIVERY), "next": or_null(GUID)})
QUEUED: Final = Shape("QueuedDelivery", {"id": GUID})

_OVERLAP_HOURS: Final = 24
_OVERLAP_HOURS_LIMIT: Final = 720
_PAGE_LIMIT: Final = 100
_PAGE_DEFAULT: Final = 50


def _describe(webhook: Webhook) -> dict[str, Any]:
    until, last = webhook.former_secret_until, webhook.last_success_time
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": webhook.types,
        "enabled": webhook.disabled_time is None,
        "disabledReason": webhook.disabled_reason,
        "formerSecretUntil": until and wire_time(until),
        "lastSuccessTime": last and wire_time(last),
        "createdTime": wire_time(webhook.created_time),
    }


def _describe_delivery(logged: Logged) -> dict[str, Any]:
    delivery = logged.delivery
    pending = delivery.state is DeliveryState.PENDING
    return {
        "id": delivery.id,
        "type": type_of(logged.verb),
        "state": delivery.state.value,
        "attempt": delivery.attempt,
        "status": delivery.status,
        "answer": delivery.answer,
        "createdTime": wire_time(delivery.created_time),
        "triedTime": delivery.tried_time and wire_time(delivery.tried_time),
        "nextTime": wire_time(delivery.due_time) if pending else None,
        "tries": [_describe_try(each) for each in delivery.tries],
    }


def _describe_try(ended: EndedTry) -> dict[str, Any]:
    return {
        "attempt": ended.attempt,
        "endedTime": wire_time(ended.ended_time),
        "durationMilliseconds": ended.duration_milliseconds,
        "status": ended.status,
        "answer": ended.answer,
    }


def _own(tx: Transaction, call: Call) -> Webhook:
    """The webhook in the path. Raises `KeyScoped` or `NotFound`."""
    publisher_id, webhook_id = call.unscoped_publisher_id(), read_guid(call.path["webhook_id"])
    if webhook_id is None:
        raise NotFound
    try:
        return read_webhook(tx, publisher_id=publisher_id, webhook_id=webhook_id)
    except NotKnown:
        raise NotFound from None


def _list(call: Call) -> dict[str, Any]:
    found = call.database.read(list_webhooks, publisher_id=call.unscoped_publisher_id())
    return {"webhooks": [_describe(each) for each in found]}


def _create(call: Call) -> dict[str, Any]:
    webhook, secret = call.run(
        create_webhook,
        publisher_id=call.unscoped_publisher_id(),
        url=call.given["url"],
        types=call.given["types"] or [],
        private_addresses=call.settings.webhook_private_addresses,
        master_key=call.master_key,
        actor=call.principal.actor,
    )
    return _describe(webhook) | {"secret": secret}


def _change(call: Call) -> dict[str, Any]:
    return call.run(_changed, call)


def _changed(tx: Transaction, call: Call) -> dict[str, Any]:
    changed = change_webhook(
        tx,
        webhook=_own(tx, call),
        url=call.given["url"],
        types=call.given["types"],
        enabled=call.given["enabled"],
        private_addresses=call.settings.webhook_private_addresses,
        actor=call.principal.actor,
    )
    return _describe(changed)


def _delete(call: Call) -> None:
    call.run(_deleted, call)


def _deleted(tx: Transaction, call: Call) -> None:
    delete_webhook(tx, webhook=_own(tx, call), actor=call.principal.actor)


def _rotate(call: Call) -> dict[str, Any]:
    return call.run(_rotated, call)


def _rotated(tx: Transaction, call: Call) -> dict[str, Any]:
    hours = call.given["overlapHours"]
    secret = rotate_secret(
        tx,
        webhook=_own(tx, call),
        overlap=timedelta(hours=_OVERLAP_HOURS if hours is None else hours),
        master_key=call.master_key,
        actor=call.principal.actor,
    )
    return _describe(_own(tx, call)) | {"secret": secret}


def _try(call: Call) -> dict[str, Any]:
    return call.run(_tried, call)


def _tried(tx: Transaction, call: Call) -> dict[str, Any]:
    return {"id": try_webhook(tx, webhook=_own(tx, call), actor=call.principal.actor)}


def _log(call: Call) -> dict[str, Any]:
    return call.database.read(_page, call)


def _page(tx: Transaction, call: Call) -> dict[str, Any]:
    limit = call.given["limit"] or _PAGE_DEFAULT
    # One more than asked for says whether there is a next page.
    found = page_of_deliveries(tx, webhook_id=_own(tx, call).id, after=call.given["after"], limit=limit + 1)
    page = found[:limit]
    return {
        "deliveries": [_describe_delivery(each) for each in page],
        "next": page[-1].delivery.id if len(found) > limit else None,
    }


def _redeliver(call: Call) -> dict[str, Any]:
    return call.run(_redelivered, call)


def _redelivered(tx: Transaction, call: Call) -> dict[str, Any]:
    webhook, delivery_id = _own(tx, call), read_guid(call.path["delivery_id"])
    if delivery_id is None:
        raise NotFound
    return {"id": deliver_again(tx, webhook=webhook, delivery_id=delivery_id)}


_ONE: Final = "/webhooks/{webhook_id}"
_URL: Final = Field(
    "url",
    text_up_to(URL_CHARACTERS),
    {"type": "string", "format": "uri", "maxLength": URL_CHARACTERS},
)
_TYPES: Final = choices("types", TYPES)

ENDPOINTS: Final = (
    Endpoint(
        "listWebhooks",
        "GET",
        "/webhooks",
        "List your webhooks, oldest first",
        _list,
        WEBHOOKS,
        refuses=(403,),
    ),
    Endpoint(
        "createWebhook",
        "POST",
        "/webhooks",
        "Make a webhook; its secret is shown this once",
        _create,
        NEW_WEBHOOK,
        status=201,
        takes=(replace(_URL, required=True), _TYPES),
        refuses=(403,),
    ),
    Endpoint(
        "changeWebhook",
        "PATCH",
        _ONE,
        "Change a webhook, disable it, or enable it again",
        _change,
        WEBHOOK,
        takes=(_URL, _TYPES, flag("enabled")),
        refuses=(403,),
    ),
    Endpoint(
        "rotateWebhookSecret",
        "POST",
        _ONE + "/rotate",
        "Make a new secret; the former one signs too for a while",
        _rotate,
        NEW_WEBHOOK,
        takes=(number("overlapHours", least=0, most=_OVERLAP_HOURS_LIMIT),),
        refuses=(403,),
    ),
    Endpoint(
        "tryWebhook",
        "POST",
        _ONE + "/test",
        "Post a test event to a webhook",
        _try,
        QUEUED,
        status=202,
        refuses=(403, 409),
    ),
    Endpoint(
        "listDeliveries",
        "GET",
        _ONE + "/deliveries",
        "List the deliveries to a webhook, newest first",
        _log,
        DELIVERIES,
        takes=(guid("after"), number("limit", least=1, most=_PAGE_LIMIT)),
        refuses=(403,),
    ),
    Endpoint(
        "redeliver",
        "POST",
        _ONE + "/deliveries/{delivery_id}/redeliver",
        "Post an event once more, or now if it is pending",
        _redeliver,
        QUEUED,
        status=202,
        refuses=(403, 409),
    ),
    Endpoint(
        "deleteWebhook",
        "DELETE",
        _ONE,
        "Forget a webhook and its log",
        _delete,
        None,
        status=204,
        refuses=(403,),
    ),
)
