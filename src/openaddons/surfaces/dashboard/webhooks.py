"""Webhooks of a publisher: where it is told what happens, the log of that, and the secret that signs it."""

from datetime import timedelta
from typing import Final

from openaddons.errors import ValueRefused
from openaddons.ids import NOBODYS_GUID, read_guid
from openaddons.store.session import Transaction
from openaddons.store.telling.deliveries import Logged, deliver_again, page_of_deliveries
from openaddons.store.telling.outbox import TOPICS, DeliveryState, type_of
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
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.signing_in import problems

_PAGE: Final = 50
_OVERLAP: Final = timedelta(days=1)
_TYPES: Final = {type_of(verb): topic.meaning for verb, topic in TOPICS.items()}


def _publisher_id(visit: Visit) -> str:
    assert visit.publisher is not None
    return visit.publisher.id


def _at(visit: Visit, *path: str) -> str:
    return "/".join(("/dashboard/publishers", _publisher_id(visit), "webhooks", *path))


def _show_all(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    values = {
        "webhooks": visit.read(list_webhooks, publisher_id=_publisher_id(visit)),
        "types": _TYPES,
        "url_characters": URL_CHARACTERS,
        "typed": {"url": visit.form["url"], "types": visit.form.all("types")},
        "problems": problems(refused),
    }
    return Html("webhooks/all.html", values, 200 if refused is None else 400)


def _create(visit: Visit) -> Answer:
    try:
        webhook, secret = visit.run(
            create_webhook,
            publisher_id=_publisher_id(visit),
            url=visit.form["url"],
            types=visit.form.all("types"),
            private_addresses=visit.settings.webhook_private_addresses,
            master_key=visit.master_key,
            actor=visit.actor,
        )
    except ValueRefused as refused:
        return _show_all(visit, refused=refused)
    return _page(visit, webhook.id, secret=secret)


def _own(tx: Transaction, visit: Visit) -> Webhook:
    """The webhook in the path. Raises `NotKnown`."""
    return read_webhook(tx, publisher_id=_publisher_id(visit), webhook_id=visit.path["webhook_id"])


def _read(
    tx: Transaction, *, publisher_id: str, webhook_id: str, after: str | None
) -> tuple[Webhook, list[Logged]]:
    webhook = read_webhook(tx, publisher_id=publisher_id, webhook_id=webhook_id)
    return webhook, page_of_deliveries(tx, webhook_id=webhook.id, after=after, limit=_PAGE + 1)


def _show(visit: Visit) -> Html:
    return _page(visit, visit.path["webhook_id"])


def _page(
    visit: Visit, webhook_id: str, *, secret: str | None = None, refused: ValueRefused | None = None
) -> Html:
    given = visit.query.get("after")
    after = None if given is None else read_guid(given) or NOBODYS_GUID
    webhook, found = visit.read(_read, publisher_id=_publisher_id(visit), webhook_id=webhook_id, after=after)
    values = {
        "webhook": webhook,
        "secret": secret,
        "shown": found[:_PAGE],
        "after": found[_PAGE - 1].delivery.id if len(found) > _PAGE else None,
        "later": after is not None,
        "type_of": type_of,
        "pending": DeliveryState.PENDING,
        "types": _TYPES,
        "url_characters": URL_CHARACTERS,
        "typed": {"url": webhook.url, "types": webhook.types}
        if refused is None
        else {"url": visit.form["url"], "types": visit.form.all("types")},
        "problems": problems(refused),
    }
    return Html("webhooks/one.html", values, 200 if refused is None else 400)


def _change(visit: Visit) -> Answer:
    try:
        visit.run(_changed, visit=visit)
    except ValueRefused as refused:
        return _page(visit, visit.path["webhook_id"], refused=refused)
    return Redirect(_at(visit, visit.path["webhook_id"]), notice="saved")


def _changed(tx: Transaction, *, visit: Visit) -> None:
    change_webhook(
        tx,
        webhook=_own(tx, visit),
        url=visit.form["url"],
        types=visit.form.all("types"),
        private_addresses=visit.settings.webhook_private_addresses,
        actor=visit.actor,
    )


def _switch(visit: Visit) -> Answer:
    enabled = visit.form["enabled"] == "yes"
    visit.run(_switched, visit=visit, enabled=enabled)
    notice = "webhook-enabled" if enabled else "webhook-disabled"
    return Redirect(_at(visit, visit.path["webhook_id"]), notice=notice)


def _switched(tx: Transaction, *, visit: Visit, enabled: bool) -> None:
    change_webhook(
        tx,
        webhook=_own(tx, visit),
        enabled=enabled,
        private_addresses=visit.settings.webhook_private_addresses,
        actor=visit.actor,
    )


def _rotate(visit: Visit) -> Answer:
    return _page(visit, visit.path["webhook_id"], secret=visit.run(_rotated, visit=visit))


def _rotated(tx: Transaction, *, visit: Visit) -> str:
    webhook = _own(tx, visit)
    return rotate_secret(
        tx, webhook=webhook, overlap=_OVERLAP, master_key=visit.master_key, actor=visit.actor
    )


def _try(visit: Visit) -> Answer:
    visit.run(_tried, visit=visit)
    return Redirect(_at(visit, visit.path["webhook_id"]), notice="webhook-posting")


def _tried(tx: Transaction, *, visit: Visit) -> None:
    try_webhook(tx, webhook=_own(tx, visit), actor=visit.actor)


def _redeliver(visit: Visit) -> Answer:
    visit.run(_redelivered, visit=visit)
    return Redirect(_at(visit, visit.path["webhook_id"]), notice="webhook-posting")


def _redelivered(tx: Transaction, *, visit: Visit) -> None:
    deliver_again(tx, webhook=_own(tx, visit), delivery_id=visit.path["delivery_id"])


def _delete(visit: Visit) -> Answer:
    visit.run(_deleted, visit=visit)
    return Redirect(_at(visit), notice="webhook-deleted")


def _deleted(tx: Transaction, *, visit: Visit) -> None:
    delete_webhook(tx, webhook=_own(tx, visit), actor=visit.actor)


_ALL: Final = "/publishers/{publisher_id}/webhooks"
_ONE: Final = _ALL + "/{webhook_id}"

PAGES: Final = (
    Page("webhooks", "GET", _ALL, Who.OWNER, _show_all),
    Page("create webhook", "POST", _ALL, Who.OWNER, _create),
    Page("webhook", "GET", _ONE, Who.OWNER, _show),
    Page("change webhook", "POST", _ONE, Who.OWNER, _change),
    Page("switch webhook", "POST", _ONE + "/enabled", Who.OWNER, _switch),
    Page("rotate webhook secret", "POST", _ONE + "/rotate", Who.OWNER, _rotate),
    Page("try webhook", "POST", _ONE + "/test", Who.OWNER, _try),
    Page("redeliver", "POST", _ONE + "/deliveries/{delivery_id}", Who.OWNER, _redeliver),
    Page("delete webhook", "POST", _ONE + "/delete", Who.OWNER, _delete),
)
