"""What callers give, in queries and bodies, is read strictly: by name, by type, within limits."""

from typing import Any

import pytest

from openaddons.store.products import Product
from tests.stores import Account, RunningStore
from tests.wire.conftest import new_account, new_product
from tests.wire.manage.asking import ask, refused


@pytest.fixture(scope="module")
def account(store: RunningStore) -> Account:
    """One publisher and one product for all tests of this module, which change neither."""
    return new_account(store)


@pytest.fixture(scope="module")
def product(store: RunningStore, account: Account) -> Product:
    return new_product(store, account)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limt=3", "limt: it is not known here. Known are after, limit."),
        ("x" * 100, f"{'x' * 64}: it is not known here. Known are after, limit."),
        ("limit=0", "limit: a whole number from 1 to 100 is needed."),
        ("limit=101", "limit: a whole number from 1 to 100 is needed."),
        ("limit=" + "9" * 5000, "limit: a whole number from 1 to 100 is needed."),
        ("limit=1e1", "limit: a whole number from 1 to 100 is needed."),
        ("limit=%D9%A3", "limit: a whole number from 1 to 100 is needed."),
        ("limit=", "limit: a whole number from 1 to 100 is needed."),
        ("limit=1&limit=1", "limit: it is there twice."),
        ("after=%00", "after: a GUID is needed."),
        ("&".join(f"a{number}=" for number in range(40)), "query: at most 32 parameters are read."),
        (
            "after=00000000-0000-0000-0000-000000000000",
            "after: it is not the “next” of a page of this list.",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_a_query_that_is_not_understood_is_refused(
    store: RunningStore, account: Account, query: str, detail: str
) -> None:
    refused(ask(store, "GET", f"/products?{query}", account), 400, "ValueRefused", detail)


def cancelling(product: Product) -> str:
    """A path that takes a body, which is read before anything is looked up."""
    return f"/products/{product.id}/submissions/{'1' * 19}/cancel"


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"\xff\xfe{\x00}\x00",
        b'{"reason": "\xff"}',
        b'{"reason": "\\ud800"}',
        b'{"reason": NaN}',
        b'{"reason": 1e999}',
        b'{"reason": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: str(body[:12]),
)
def test_a_body_that_is_no_json_object_is_refused(
    store: RunningStore, account: Account, product: Product, body: bytes
) -> None:
    refused(
        ask(store, "POST", cancelling(product), account, content=body),
        400,
        "BodyNotJson",
        "The request body is not a JSON object. Send one, encoded in UTF-8, or no body at all.",
    )


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"reson": "typo"}, "reson: it is not known here. Known are reason."),
        ({"": ""}, ": it is not known here. Known are reason."),
        ({"reason": 1}, "reason: a text is needed."),
        ({"reason": ["a"]}, "reason: a text is needed."),
        ({"reason": "x" * 2001}, "reason: at most 2,000 characters can be stored."),
        ({"reason": "a\0b"}, "reason: it holds control characters. Remove them."),
    ],
)
def test_a_body_with_what_is_not_understood_is_refused(
    store: RunningStore, account: Account, product: Product, body: dict[str, Any], detail: str
) -> None:
    refused(ask(store, "POST", cancelling(product), account, json=body), 400, "ValueRefused", detail)


def test_an_endpoint_that_takes_nothing_says_so(
    store: RunningStore, account: Account, product: Product
) -> None:
    refused(
        ask(store, "POST", cancelling(product).replace("cancel", "hold"), account, json={"held": True}),
        400,
        "ValueRefused",
        "held: it is not known here. Nothing is to be given here.",
    )


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'\xef\xbb\xbf{"reason": null}', b'{"reason": "\xf0\x9f\x98\x80"}']
)
def test_a_good_body_goes_on_to_the_submission(
    store: RunningStore, account: Account, product: Product, body: bytes
) -> None:
    answer = ask(store, "POST", cancelling(product), account, content=body)

    refused(answer, 404, "NotFound", "Resource not found.")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(
    store: RunningStore, account: Account, product: Product, chunked: bool
) -> None:
    body = b'{"reason": "' + b"x" * 65_536 + b'"}'

    answer = ask(store, "POST", cancelling(product), account, content=iter([body]) if chunked else body)

    message = "The request body is larger than the limit of 65536 bytes. Send a smaller one."
    refused(answer, 413, "BodyTooLarge", message)
