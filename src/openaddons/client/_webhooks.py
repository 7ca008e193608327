"""The calls of the management API about webhooks and what was delivered to them."""

from collections.abc import Iterable
from typing import Any

from openaddons.client._calls import Call, Fields, Page, given, list_call, page_call, segment
from openaddons.client.webhooks import Delivery, DeliveryTry, NewWebhook, Webhook


def webhooks() -> Call[tuple[Webhook, ...]]:
    """The webhooks of the publisher, the oldest first."""
    return list_call("the question about webhooks", "/webhooks", "webhooks", read=_webhook)


def create_webhook(url: str, *, types: Iterable[str]) -> Call[NewWebhook]:
    """A new webhook."""
    body = {"url": url, "types": list(types)}
    return Call("the request for a webhook", "POST", "/webhooks", _new_webhook, body)


def change_webhook(
    webhook_id: str, *, url: str | None, types: Iterable[str] | None, enabled: bool | None
) -> Call[Webhook]:
    """A webhook with another URL, other types, disabled or enabled."""
    body = given(url=url, types=None if types is None else list(types), enabled=enabled)
    return Call("the change of a webhook", "PATCH", _path(webhook_id), _webhook, body)


def rotate_webhook_secret(webhook_id: str, *, overlap_hours: int) -> Call[NewWebhook]:
    """A new secret of a webhook; the former one signs too for a while."""
    path = f"{_path(webhook_id)}/rotate"
    return Call("the rotation of a secret", "POST", path, _new_webhook, {"overlapHours": overlap_hours})


def try_webhook(webhook_id: str) -> Call[str]:
    """The id of the delivery of a test event."""
    return Call("the test of a webhook", "POST", f"{_path(webhook_id)}/test", _id, {})


def deliveries(webhook_id: str, *, after: str | None) -> Call[Page[Delivery]]:
    """A page of the deliveries to a webhook, the newest first."""
    return page_call(
        "the question about deliveries",
        f"{_path(webhook_id)}/deliveries",
        "deliveries",
        read=_delivery,
        cursor="after",
        at=after,
    )


def redeliver(webhook_id: str, delivery_id: str) -> Call[str]:
    """The id of the delivery of an event that is posted once more."""
    path = f"{_path(webhook_id)}/deliveries/{segment('delivery_id', delivery_id)}/redeliver"
    return Call("the redelivery", "POST", path, _id, {})


def delete_webhook(webhook_id: str) -> Call[None]:
    """A webhook that is forgotten, with its log."""
    return Call("the removal of a webhook", "DELETE", _path(webhook_id), lambda _fields: None)


def _path(webhook_id: str) -> str:
    return f"/webhooks/{segment('webhook_id', webhook_id)}"


def _id(fields: Fields) -> str:
    return fields.text("id")


def _webhook_values(fields: Fields) -> dict[str, Any]:
    return {
        "id": fields.text("id"),
        "url": fields.text("url"),
        "types": fields.texts("types"),
        "enabled": fields.flag("enabled"),
        "disabled_reason": fields.maybe_text("disabledReason"),
        "former_secret_until_time": fields.moment("formerSecretUntil"),
        "last_success_time": fields.moment("lastSuccessTime"),
        "created_time": fields.moment("createdTime"),
    }


def _webhook(fields: Fields) -> Webhook:
    return Webhook(**_webhook_values(fields))


def _new_webhook(fields: Fields) -> NewWebhook:
    return NewWebhook(**_webhook_values(fields), secret=fields.text("secret"))


def _delivery(fields: Fields) -> Delivery:
    return Delivery(
        id=fields.text("id"),
        type=fields.text("type"),
        state=fields.text("state"),
        attempt=fields.number("attempt"),
        status=fields.maybe_number("status"),
        answer=fields.maybe_text("answer"),
        created_time=fields.moment("createdTime"),
        tried_time=fields.moment("triedTime"),
        next_time=fields.moment("nextTime"),
        tries=fields.each("tries", _try),
    )


def _try(fields: Fields) -> DeliveryTry:
    return DeliveryTry(
        attempt=fields.number("attempt"),
        ended_time=fields.moment("endedTime"),
        duration_milliseconds=fields.number("durationMilliseconds"),
        status=fields.maybe_number("status"),
        answer=fields.text("answer"),
    )
