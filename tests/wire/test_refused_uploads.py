"""400, 408 and 413: uploads that are refused, of which nothing is kept."""

import json
from collections.abc import Iterator

import httpx2
import pytest
import sqlalchemy as sa

from openaddons.store.products import Product
from openaddons.store.tables import operations
from tests.stores import Account, RunningStore, make_zip, wait_until
from tests.wire.calls import ZIP, call, error
from tests.wire.conftest import new_account, new_product
from tests.wire.raw import Answer, Connection, head

EMPTY = "The request has no package. Send the .zip as the request body with Content-Type: application/zip."
NO_ZIP = "The request body is not a zip file. Zip the extension's folder and send the bytes as they are."
WRONG_TYPE = (
    "The Content-Type header is missing or its value is not application/zip. "
    "Send Content-Type: application/zip."
)
TIMED_OUT = (
    "The upload took longer than the server was prepared to wait. Nothing of it was kept; send it again."
)
TOO_LARGE = "The package is larger than the limit of 100000 bytes. Remove unneeded files and send it again."


@pytest.fixture
def account(strict_store: RunningStore) -> Account:
    """A publisher of the store with small limits: 100,000 bytes, 0.5 seconds idle, 1.5 seconds in all."""
    return new_account(strict_store)


@pytest.fixture
def product(strict_store: RunningStore, account: Account) -> Iterator[Product]:
    """A product of which nothing is kept: no bytes, no unfinished file, no operation."""

    def kept() -> list[str]:
        query = sa.select(operations.c.id).where(operations.c.product_id == made.id)
        unfinished = (tools.settings.data / "objects" / "incoming").iterdir()
        return [
            *tools.database.read(lambda tx: list(tx.execute(query).scalars())),
            *(path.name for path in unfinished),
            *(entry.key for entry in tools.objects.entries()),
        ]

    tools = strict_store.workshop.tools
    made = new_product(strict_store, account)
    before = kept()
    yield made
    wait_until(lambda: kept() == before)


def put(store: RunningStore, account: Account, product: Product, **request: object) -> httpx2.Response:
    headers = account.headers | request.pop("headers", {})  # type: ignore[operator]
    return store.http.post(call("upload", product.id).path, headers=headers, **request)  # type: ignore[arg-type]


def upload_head(account: Account, product: Product, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return head("POST", call("upload", product.id).path, account.headers | ZIP | named)


def refused(answer: httpx2.Response | Answer, status: int, message: str) -> None:
    body = answer.body if isinstance(answer, Answer) else answer.content
    code = answer.status if isinstance(answer, Answer) else answer.status_code
    assert (code, json.loads(body)) == (status, error(status, message))


def test_an_upload_without_a_body_is_refused(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    refused(put(strict_store, account, product, headers=ZIP), 400, EMPTY)
    refused(put(strict_store, account, product, headers=ZIP, content=b""), 400, EMPTY)
    refused(put(strict_store, account, product, headers=ZIP, content=iter([])), 400, EMPTY)


@pytest.mark.parametrize(
    "body", [b"P", b"PK\x03", b"not a zip file at all", b"Cr24" + make_zip(), b"\n" + make_zip()]
)
def test_a_body_that_does_not_begin_as_a_zip_file_is_refused(
    strict_store: RunningStore, account: Account, product: Product, body: bytes
) -> None:
    refused(put(strict_store, account, product, headers=ZIP, content=body), 400, NO_ZIP)
    pieces = (body[at : at + 1] for at in range(len(body)))
    refused(put(strict_store, account, product, headers=ZIP, content=pieces), 400, NO_ZIP)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/octet-stream", "application/x-zip-compressed", "application/zipped"],
)
def test_a_content_type_that_is_missing_or_wrong_is_refused(
    strict_store: RunningStore, account: Account, product: Product, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}

    refused(put(strict_store, account, product, headers=headers, content=make_zip()), 400, WRONG_TYPE)


def test_the_content_type_is_looked_at_before_the_body(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    refused(put(strict_store, account, product), 400, WRONG_TYPE)


def test_an_upload_that_stalls_is_ended(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(upload_head(account, product, Content_Length="1000") + make_zip()[:200])

        refused(connection.read(), 408, TIMED_OUT)
        assert connection.is_closed()


def test_an_upload_of_which_nothing_comes_is_ended(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(upload_head(account, product, Content_Length="1000"))

        refused(connection.read(), 408, TIMED_OUT)


def test_an_upload_that_drips_is_ended_when_its_whole_time_is_up(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    """Each byte comes well before the upload would count as stalled."""
    package = make_zip(files={"a": bytes(10_000)})
    with Connection(strict_store.url) as connection:
        connection.send(upload_head(account, product, Transfer_Encoding="chunked"))
        sent = 0
        while connection.is_silent(seconds=0.05):
            connection.send(b"1\r\n%s\r\n" % package[sent : sent + 1])
            sent += 1

        refused(connection.read(), 408, TIMED_OUT)
        assert 10 < sent < 100


def test_a_package_that_says_it_is_too_large_is_refused_before_it_is_sent(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(upload_head(account, product, Content_Length="100001"))

        refused(connection.read(), 413, TOO_LARGE)


def test_a_package_that_says_it_is_too_large_gets_no_100_continue(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    with Connection(strict_store.url) as connection:
        connection.send(upload_head(account, product, Content_Length="100001", Expect="100-continue"))

        refused(connection.read(), 413, TOO_LARGE)
        assert connection.is_closed()


def test_a_package_that_grows_too_large_is_refused(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    """Chunked, so nobody knows beforehand; the client still gets to see why."""
    beginning = make_zip(files={"a": b"a" * 1000})
    pieces = iter([beginning, *[b"x" * 10_000] * 100])

    refused(put(strict_store, account, product, headers=ZIP, content=pieces), 413, TOO_LARGE)


def test_a_package_as_large_as_the_limit_is_taken(strict_store: RunningStore, account: Account) -> None:
    product = new_product(strict_store, account)
    package = make_zip().ljust(100_000, b"\0")

    answer = put(strict_store, account, product, headers=ZIP, content=package)

    assert answer.status_code == 202


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
    strict_store: RunningStore, account: Account, product: Product
) -> None:
    for framing in ({"Content_Length": "50000"}, {"Transfer_Encoding": "chunked"}):
        with Connection(strict_store.url) as connection:
            connection.send(upload_head(account, product, Expect="100-continue", **framing))
            assert connection.read().status == 100  # the server is at it
            package = make_zip()
            body = package if "Content_Length" in framing else b"%x\r\n%s\r\n" % (len(package), package)
            connection.send(body)
