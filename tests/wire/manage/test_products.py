"""A product that is made by its publisher's key: what a build gets, and what it is refused."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.stores import Account, RunningStore
from tests.wire.manage.asking import ask, refused, told

LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def test_a_product_is_made_in_draft_by_the_request_that_asked_for_it(
    store: RunningStore, account: Account
) -> None:
    answer = ask(store, "POST", "/products", account, json={"name": " Tab Tally "})
    made = answer.json()
    (event,) = told(store, "GET", f"/products/{made['id']}/events", account)["events"]

    assert (answer.status_code, made["name"], made["state"]) == (201, "Tab Tally", "In draft")
    assert (made["live"], made["submission"], made["draft"]["version"]) == (None, None, None)
    assert told(store, "GET", f"/products/{made['id']}", account) == made
    assert (event["verb"], event["correlationId"]) == ("product.created", answer.headers["x-correlation-id"])


def test_a_product_keeps_the_crx_id_of_the_key_that_it_brings(store: RunningStore, account: Account) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    body = {"name": "Tab Tally", "key": pem}

    made = told(store, "POST", "/products", account, json=body)
    again = ask(store, "POST", "/products", account, json=body)

    assert made["crxId"] == hashlib.sha256(public).hexdigest()[:32].translate(LETTERS)
    refused(again, 400, "ValueRefused", f"key: there is a product with it already: {made['crxId']}.")
    assert "PRIVATE KEY" not in again.text


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "name: it is required."),
        ({"name": " "}, "name: must have 1 to 200 characters."),
        ({"name": "n" * 201}, "name: at most 200 characters can be stored."),
        ({"name": "a\x00b"}, "name: it holds control characters. Remove them."),
        ({"name": "Tab Tally", "key": "no key"}, "key: it is no private key in PEM."),
        ({"name": "Tab Tally", "key": "k" * 16_385}, "key: at most 16,384 characters can be stored."),
    ],
)
def test_a_product_that_cannot_be_made_is_refused_with_the_reason(
    store: RunningStore, account: Account, body: dict[str, str], detail: str
) -> None:
    before = told(store, "GET", "/products", account)

    refused(ask(store, "POST", "/products", account, json=body), 400, "ValueRefused", detail)

    assert told(store, "GET", "/products", account) == before
