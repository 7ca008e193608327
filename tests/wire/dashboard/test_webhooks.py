"""The pages of webhooks: made, tried, changed, and the log of what was posted."""

import json
import re
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook as ThirdParty

from openaddons.store.telling.webhooks import Webhook, list_webhooks
from tests.receivers import Receiver, receiver
from tests.stores import Account, RunningStore
from tests.wire.calls import NOBODYS_GUID
from tests.wire.conftest import new_account
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in

SECRET = re.compile(r'<code id="new-secret">(whsec_[\w+/]+=*)</code>')
FOREIGN = "<script>alert(1)</script>"


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def page(account: Account, *path: str) -> str:
    return "/".join(("/dashboard/publishers", account.publisher.id, "webhooks", *path))


def webhooks(store: RunningStore, account: Account) -> list[Webhook]:
    return store.workshop.tools.database.read(list_webhooks, publisher_id=account.publisher.id)


def create(
    store: RunningStore, account: Account, owner: Browser, there: Receiver, *types: str
) -> tuple[Webhook, str]:
    made = owner.send(page(account), {"url": there.url, "types": list(types)}, status=200)
    secret = SECRET.search(made.text)
    assert secret is not None, made.text
    return webhooks(store, account)[-1], secret[1]


def test_a_webhook_is_made_tried_and_signs_with_the_secret_that_was_shown_once(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    webhook, secret = create(store, account, owner, there, "release.created")

    owner.send(page(account, webhook.id, "test"), page=page(account, webhook.id))

    posted = there.next()
    assert ThirdParty(secret).verify(posted.body, posted.headers)["type"] == "webhook.tested"
    store.wait_for(lambda: "Delivered" in owner.get(page(account, webhook.id)).text)
    assert secret not in owner.get(page(account, webhook.id)).text
    assert webhooks(store, account)[-1].types == ["release.created"]


def test_what_a_receiver_answers_stands_in_the_log_and_does_nothing_there(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    there.answer = lambda _: (500, {}, FOREIGN.encode())
    webhook, _ = create(store, account, owner, there)
    owner.send(page(account, webhook.id, "test"), page=page(account, webhook.id))
    there.next()
    store.wait_for(lambda: "alert(1)" in owner.get(page(account, webhook.id)).text)

    text = owner.get(page(account, webhook.id)).text

    assert FOREIGN not in text
    assert 'class="number">500</td>' in text
    assert "Pending" in text
    assert re.search(
        r"<summary>1 try</summary>\s*<ol>\s*<li value=\"1\">.+ ms · 500 · <bdi>&lt;script&gt;", text
    )


def test_a_delivery_is_posted_again_by_hand_with_its_id(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    webhook, _ = create(store, account, owner, there)
    owner.send(page(account, webhook.id, "test"), page=page(account, webhook.id))
    first = there.next()
    store.wait_for(lambda: "Delivered" in owner.get(page(account, webhook.id)).text)
    text = owner.get(page(account, webhook.id)).text
    again = re.search(r'action="(/dashboard/[^"]+/deliveries/[^"]+)"', text)
    assert again is not None

    owner.send(again[1], page=page(account, webhook.id))

    second = there.next()
    assert second.headers["webhook-id"] == first.headers["webhook-id"]
    assert json.loads(second.body) == json.loads(first.body)


def test_a_new_secret_is_shown_once_and_the_former_goes_on_for_a_day(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    webhook, old = create(store, account, owner, there)

    rotated = owner.send(page(account, webhook.id, "rotate"), page=page(account, webhook.id), status=200)

    new = SECRET.search(rotated.text)
    assert new is not None
    owner.send(page(account, webhook.id, "test"), page=page(account, webhook.id))
    posted = there.next()
    for secret in (old, new[1]):
        ThirdParty(secret).verify(posted.body, posted.headers)


def test_a_webhook_is_changed_disabled_enabled_and_deleted(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    webhook, _ = create(store, account, owner, there)
    here = page(account, webhook.id)

    owner.send(here, {"url": f"{there.url}/other", "types": ["product.blocked"]})
    (changed,) = webhooks(store, account)
    assert (changed.url, changed.types) == (f"{there.url}/other", ["product.blocked"])

    owner.send(f"{here}/enabled", {"enabled": "no"}, page=here)
    (disabled,) = webhooks(store, account)
    assert disabled.disabled_reason == "its publisher disabled it"
    owner.send(f"{here}/test", page=here, status=409)

    owner.send(f"{here}/enabled", {"enabled": "yes"}, page=here)
    assert webhooks(store, account)[0].disabled_time is None

    owner.send(f"{here}/delete", page=here)
    assert webhooks(store, account) == []
    owner.get(here, 404)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": ""}, "it must begin with https://."),
        ({"url": "javascript:alert(1)"}, "it must begin with https://."),
        ({"url": 'https:///"><b>'}, "a host is needed"),
        ({"url": "https://example.org/", "types": ["<b>"]}, "there is no type"),
    ],
)
def test_what_cannot_be_is_told_beside_the_form_and_what_was_typed_stays(
    store: RunningStore, account: Account, owner: Browser, fields: dict[str, str], problem: str
) -> None:
    answer = owner.send(page(account), fields, status=400)

    assert problem in answer.text
    assert "<b>" not in answer.text
    assert webhooks(store, account) == []


def test_a_webhook_of_somebody_else_is_not_there(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    other = new_account(store)
    foreign, _ = create(store, other, sign_in(store, account=other), there)

    owner.get(page(account, foreign.id), 404)
    for verb in ("", "enabled", "rotate", "test", f"deliveries/{NOBODYS_GUID}", "delete"):
        path = page(account, foreign.id, verb).rstrip("/")
        owner.send(path, {"url": there.url}, page=page(account), status=404)

    assert webhooks(store, other) == [foreign]


def test_a_page_that_follows_nothing_is_refused(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    webhook, _ = create(store, account, owner, there)

    for after in ("%00", NOBODYS_GUID, "%F0%9F%98%80"):
        owner.get(f"{page(account, webhook.id)}?after={after}", 400)


def test_the_pages_ask_as_often_for_many_as_for_few(
    store: RunningStore, account: Account, owner: Browser, there: Receiver
) -> None:
    def asked(path: str) -> int:
        with counting_queries(store) as statements:
            owner.get(path)
        return len(statements)

    webhook, _ = create(store, account, owner, there)
    paths = (page(account), page(account, webhook.id))
    few = [asked(path) for path in paths]
    for _ in range(5):
        create(store, account, owner, there, "product.blocked")
        owner.send(page(account, webhook.id, "test"), page=page(account, webhook.id))
    for _ in range(5):
        there.next()
    store.wait_for(lambda: owner.get(page(account, webhook.id)).text.count(">Delivered<") == 5)

    assert [asked(path) for path in paths] == few
