"""The emulator tells webhooks as the store does, and at addresses of the same machine too."""

import json

from standardwebhooks import Webhook

from openaddons.testing import EdgeStore
from tests.receivers import receiver
from tests.stores import wait_until
from tests.wire.emulator.asking import headers, publish_version


def test_a_test_suite_receives_what_a_publish_tells_until_the_reset(edge: EdgeStore) -> None:
    with receiver() as there:
        made = edge.http.post(
            "/manage/v1/webhooks",
            json={"url": there.url, "types": ["publish.succeeded", "release.created"]},
            headers=headers(edge),
        )
        publish_version(edge, "2.0")

        told = []
        for _ in range(2):
            posted = there.next()
            told.append(Webhook(made.json()["secret"]).verify(posted.body, posted.headers))
        assert [each["type"] for each in told] == ["publish.succeeded", "release.created"]
        assert {each["data"]["version"] for each in told} == {"2.0"}
        edge.reset()
        assert edge.http.get("/manage/v1/webhooks", headers=headers(edge)).json() == {"webhooks": []}


def test_a_retry_is_due_by_the_emulators_clock(edge: EdgeStore) -> None:
    with receiver() as there:
        there.answer = lambda _: (500, {}, b"")
        edge.freeze_clock()
        hook = edge.http.post("/manage/v1/webhooks", json={"url": there.url}, headers=headers(edge)).json()
        path = f"/manage/v1/webhooks/{hook['id']}"
        edge.http.post(f"{path}/test", headers=headers(edge))
        first = there.next()
        wait_until(
            lambda: (
                edge.http.get(f"{path}/deliveries", headers=headers(edge)).json()["deliveries"][0]["status"]
                == 500
            )
        )
        there.answer = lambda _: (204, {}, b"")

        edge.advance_clock(5)

        second = there.next()
        assert second.headers["webhook-id"] == first.headers["webhook-id"]
        assert json.loads(second.body)["type"] == "webhook.tested"
