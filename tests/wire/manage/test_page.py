"""The examples of docs/management.md, typed in their order, are answered as it shows."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from openaddons.errors import Refusal
from openaddons.store.certification.questions import ask_publisher
from openaddons.store.products import has_work
from openaddons.store.telling.deliveries import page_of_deliveries
from openaddons.store.telling.outbox import DeliveryState
from openaddons.surfaces.manage.app import ENDPOINTS, PREFIX, REFUSED_BY_THE_STORE
from tests.pictures import picture
from tests.receivers import receiver
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.manage.asking import do, manually, offered, put_up, told

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "management.md"
_HOOK = "https://ci.example.com/add-ons"
_TRANSCRIPT = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^\$ curl (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
# What is different in every store. Sizes are those of signatures and of what zlib makes.
_DIFFERENT = re.compile(
    r"(?<=\"lastUsedTime\": )(?:null|\"[^\"]*\")|"
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9]{19}\b|\b[0-9a-f]{64}(\.[0-9a-f]{8})?\b|\b[a-p]{32}\b"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z|oa[ks]_\w+(…\w+)?|whsec_[\w+/=…]+|(?<=\"sizeBytes\": )\d+"
    r"|(?<=\"durationMilliseconds\": )\d+"
    r"|(?<=/)[0-9a-f]{8}(?=\")|(?<=\"number\": )\d+|(?<=\"next\": )\d+|(?<=\"tag\": \")[0-9a-f]{16}"
    # Other tests share the store, its queue and its rings.
    r"|(?<=\"rings\": )\[[^\]]*\](?=, \"first\")"
    r"|(?<=\"total\": )\d+|(?<=\"reviews\": )(null|\{[^}]*\})"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A call as it is typed, and what the page shows as its answer."""

    method: str
    url: str
    body: str | None
    shown: str


def examples(page: str) -> Iterator[Example]:
    for transcript in _TRANSCRIPT.findall(page):
        for typed, shown in _EXAMPLE.findall(transcript):
            words = iter(shlex.split(typed))
            method, url, body = "GET", "", None
            for word in words:
                if word == "-X":
                    method = next(words)
                elif word in {"-d", "--data-binary"}:
                    method, body = "POST" if method == "GET" else method, next(words)
                elif word == "-H":
                    assert next(words) == "@auth"
                elif word != "-i":
                    url = word
            yield Example(method, url, body, shown)


def same(text: str) -> Any:
    """An answer without what is different in every store."""
    try:
        return json.loads(_DIFFERENT.sub("1", json.dumps(json.loads(text), ensure_ascii=False)))
    except ValueError:
        return text.strip()


def answers(store: RunningStore, account: Account, page: str) -> Iterator[tuple[Example, str]]:
    """Each example with what the store answers."""
    product = make_published(store.workshop, account, make_zip(name="Tab Tally"), name="Tab Tally")
    put_up(store, account, product, "1.1.0", name="Tab Tally")
    store.wait_for(lambda: offered(store, product) == "1.1.0")
    manually(store, product)
    put_up(store, account, product, "1.2.0", name="Tab Tally")
    submission = told(store, "GET", f"/products/{product.id}", account)["submission"]
    read = store.workshop.tools.database.read
    known = {"$STORE": "", "$PRODUCT": product.id, "$SUBMISSION": submission["id"]}
    files = {"@logo.png": picture(300, 300)}
    with receiver() as there:
        known[_HOOK] = there.url
        for example in examples(page):
            url, body = example.url, example.body or ""
            for name, value in known.items():
                url, body = url.replace(name, value), body.replace(name, value)
            if url.endswith("/answer"):
                do(
                    store,
                    ask_publisher,
                    submission_id=submission["id"],
                    text="What are the tabs read for?",
                    review_days=7,
                )
            content = files.get(body, body.encode())
            answer = store.http.request(example.method, url, headers=account.headers, content=content)
            made = answer.json() if answer.text else {}
            if "secret" in made:
                known["$WEBHOOK" if "url" in made else "$KEY"] = made["id"]
            if answer.status_code == 202 and "$WEBHOOK" in example.url:
                known["$DELIVERY"] = made["id"]
                store.wait_for(lambda: taken(store, known["$WEBHOOK"]))
            elif answer.status_code == 202:
                store.wait_for(lambda: not read(has_work, product_id=product.id))
            shown = answer.text.replace(there.url, _HOOK)
            yield example, shown or f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"


def taken(store: RunningStore, webhook_id: str) -> bool:
    """Whether a webhook has taken all that it was told."""
    found = store.workshop.tools.database.read(page_of_deliveries, webhook_id=webhook_id, limit=100)
    return all(each.delivery.state is DeliveryState.DELIVERED for each in found)


def test_the_examples_are_answered_as_the_page_shows(store: RunningStore, account: Account) -> None:
    for example, answer in answers(store, account, PAGE.read_text(encoding="utf-8")):
        assert same(answer) == same(example.shown), example.url


def test_every_endpoint_has_an_example() -> None:
    shown = {
        (each.method, urlsplit(each.url).path.removeprefix(f"$STORE{PREFIX}"))
        for each in examples(PAGE.read_text(encoding="utf-8"))
    }
    names = {
        "product_id": "$PRODUCT",
        "submission_id": "$SUBMISSION",
        "key_id": "$KEY",
        "webhook_id": "$WEBHOOK",
        "delivery_id": "$DELIVERY",
        "language": "en",
        "version": "1.1.0",
    }

    assert shown == {(each.method, each.path.format_map(names)) for each in ENDPOINTS}


@pytest.mark.parametrize("refusal", REFUSED_BY_THE_STORE)
def test_what_the_stores_verbs_refuse_is_in_the_table(refusal: type[Refusal]) -> None:
    row = f"| {REFUSED_BY_THE_STORE[refusal]} | `{refusal.code}` | "

    assert row in PAGE.read_text(encoding="utf-8")
