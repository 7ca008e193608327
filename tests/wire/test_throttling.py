"""429: over the rate, or too many at a time; Retry-After and the only number in the message are the same."""

import re
from typing import Any

import pytest

from openaddons.store.products import Product
from tests.stores import Account, RunningStore, make_zip
from tests.wire.calls import ZIP, call, error, make, token_form, token_path
from tests.wire.conftest import new_account, new_product
from tests.wire.raw import Connection, head


@pytest.fixture
def account(strict_store: RunningStore) -> Account:
    """A publisher of the store that takes three of each kind in a minute, and two uploads at a time."""
    return new_account(strict_store)


@pytest.fixture
def product(strict_store: RunningStore, account: Account) -> Product:
    return new_product(strict_store, account)


def throttled(answer: Any) -> None:
    seconds = answer.headers["retry-after"]
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    assert (answer.status_code, answer.json()) == (429, error(429, message))
    assert re.findall(r"\d+", message) == [seconds]
    assert 1 <= int(seconds) <= 60


@pytest.mark.parametrize("name", ["upload", "publish"])
def test_the_request_over_the_rate_is_refused(
    strict_store: RunningStore, account: Account, product: Product, name: str
) -> None:
    asked = call(name, product.id)

    statuses = [make(strict_store, asked, account.headers).status_code for _ in range(3)]

    assert statuses == [202, 202, 202]
    throttled(make(strict_store, asked, account.headers))


def test_the_rate_of_one_client_is_not_that_of_another(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    other = new_account(strict_store)
    others = new_product(strict_store, other)
    for _ in range(4):
        last = make(strict_store, call("publish", product.id), account.headers)

    throttled(last)
    assert make(strict_store, call("publish", others.id), other.headers).status_code == 202


def test_status_requests_are_not_throttled(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    asked = call("publish status", product.id, strict_store.publish(account, product.id))

    statuses = {make(strict_store, asked, account.headers).status_code for _ in range(100)}

    assert statuses == {200}


def test_too_many_uploads_at_a_time_are_refused_until_one_ends(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    path, package = call("upload", product.id).path, make_zip()
    asked = head(
        "POST",
        path,
        account.headers | ZIP | {"Content-Length": str(len(package)), "Expect": "100-continue"},
    )
    with Connection(strict_store.url) as first, Connection(strict_store.url) as second:
        for connection in (first, second):
            connection.send(asked)
            assert connection.read().status == 100  # under way now

        throttled(make(strict_store, call("upload", product.id), account.headers))
        for connection in (first, second):
            connection.send(package)
            assert connection.read().status == 202


def test_the_place_of_an_upload_that_was_broken_off_is_free_again(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    asked = head(
        "POST",
        call("upload", product.id).path,
        account.headers | ZIP | {"Content-Length": "1000", "Expect": "100-continue"},
    )
    for _ in range(2):
        with Connection(strict_store.url) as connection:
            connection.send(asked)
            assert connection.read().status == 100

    assert make(strict_store, call("upload", product.id), account.headers).status_code == 202


def test_token_requests_over_the_rate_are_refused_in_the_form_of_oauth(
    strict_store: RunningStore, account: Account
) -> None:
    path, form = token_path(account), token_form(account)
    capitals = form | {"client_id": form["client_id"].upper()}  # the same client

    answers = [strict_store.http.post(path, data=each) for each in (form, capitals, form, capitals)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    refusal = answers[-1].json()
    seconds = answers[-1].headers["retry-after"]
    assert refusal["error"] == "temporarily_unavailable"
    assert refusal["error_description"].startswith(
        f"AADSTS50196: Rate limit is exceeded. Try again in {seconds} seconds."
    )
