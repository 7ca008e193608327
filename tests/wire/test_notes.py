"""Notes for certification in every form that clients send (clients.md section 5), read back from the submission."""

import pytest
import sqlalchemy as sa

from openaddons.store.events import list_events
from openaddons.store.products import Product
from openaddons.store.tables import operations, submissions
from tests.stores import Account, RunningStore, make_zip
from tests.wire.conftest import new_account, new_product

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
TEXT = 'Log in as „test“ + "quote" & 50% \\ done'


@pytest.fixture(scope="module")
def account(store: RunningStore) -> Account:
    """One publisher for all tests of this module: a product's signing key takes its time."""
    return new_account(store)


@pytest.fixture(scope="module")
def product(store: RunningStore, account: Account) -> Product:
    return new_product(store, account)


def accepted_notes(
    store: RunningStore, account: Account, product: Product, body: bytes, **headers: str
) -> str:
    """What the store kept of the notes of a publish request."""
    answer = store.http.post(
        f"/v1/products/{product.id}/submissions",
        content=body,
        headers=account.headers | {name.replace("_", "-"): value for name, value in headers.items()},
    )
    assert answer.status_code == 202, answer.text
    query = sa.select(operations.c.notes).where(operations.c.id == answer.headers["location"])
    return str(store.workshop.tools.database.read(lambda tx: tx.execute(query).scalar_one()))


@pytest.mark.parametrize(
    ("content_type", "body", "notes"),
    [
        (JSON, b"{}", ""),
        (JSON, b'{"notes":"See the login."}', "See the login."),
        (FORM, b'{ "notes"="See the login." }', "See the login."),
        (FORM, b"See the login.", "See the login."),
        (FORM, b"notes=See+the%20login%2E", "See the login."),
        ("text/plain", b"See the login.", "See the login."),
        ("application/zip", b"notes=See+the%20login%2E", "See the login."),
        (None, b"See the login.", "See the login."),
        (None, b"", ""),
    ],
)
def test_the_notes_of_every_client_reach_the_submission(
    store: RunningStore,
    account: Account,
    published: Product,
    content_type: str | None,
    body: bytes,
    notes: str,
) -> None:
    upload = store.upload(account, published.id, make_zip("1.1.0"))
    store.status(account, published.id, upload, kind="upload")
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = store.http.post(
        f"/v1/products/{published.id}/submissions", content=body, headers=account.headers | headers
    )
    status = store.status(account, published.id, answer.headers["location"])

    query = sa.select(submissions.c.notes).where(submissions.c.id == status["message"].split()[-1])
    assert store.workshop.tools.database.read(lambda tx: tx.execute(query).scalar_one()) == notes


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        (b"\xef\xbb\xbfWith a BOM.", "With a BOM."),
        (b'\xef\xbb\xbf{"notes":"With a BOM."}', "With a BOM."),
        (b"\xff\xfe undecodable \x80", "\ufffd\ufffd undecodable \ufffd"),
        (b'{"notes":"\xff"}', "\ufffd"),
        (b"a\x00b", "a\ufffdb"),
        (b'{"notes":"a\\u0000b"}', "a\ufffdb"),
        (b"notes=a%00b", "a\ufffdb"),
        (b'{"notes":"half a pair: \\ud800"}', "half a pair: ?"),
        (b'{"notes":null}', ""),
        (b'{"notes":["a","b"]}', '["a", "b"]'),
        (b'{"note":"another key"}', ""),
        (b'{"notes":"unfinished', '{"notes":"unfinished'),
        (b'{ "notes"="he said "no" twice" }', 'he said "no" twice'),
        (b'\n { "notes"="line\nbreak" } \n', "line\nbreak"),
        (b"[1, 2]", "[1, 2]"),
        (b'"quoted"', '"quoted"'),
        (b"notes=", ""),
        (b"notes=a&b=c", "a&b=c"),
        (b"notes = not a form", "notes = not a form"),
        (b" \r\n\t ", ""),
        ('{"notes":' + "[" * 100_000, None),
        ('{"notes":' + "[" * 900 + "]" * 900 + "}", "[" * 900 + "]" * 900),
        (b"PK\x03\x04 a package, sent to the wrong path", "PK\x03\x04 a package, sent to the wrong path"),
    ],
)
def test_notes_are_read_by_their_content_and_never_refused(
    store: RunningStore, account: Account, product: Product, body: bytes | str, notes: str | None
) -> None:
    """None stands for the body itself, as far as it is kept."""
    sent = body.encode() if isinstance(body, str) else body

    kept = accepted_notes(store, account, product, sent)

    assert kept == (sent.decode()[:10_000] if notes is None else notes)


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", "application/zip", "nonsense", ""])
def test_the_content_type_of_notes_means_nothing(
    store: RunningStore, account: Account, product: Product, content_type: str
) -> None:
    kept = accepted_notes(store, account, product, TEXT.encode(), Content_Type=content_type)

    assert kept == TEXT


@pytest.mark.parametrize(
    ("characters", "kept", "cut"), [(10_000, 10_000, None), (10_001, 10_000, 1), (200_000, 10_000, 190_000)]
)
def test_notes_beyond_the_limit_are_cut_and_the_events_say_so(
    store: RunningStore, account: Account, product: Product, characters: int, kept: int, cut: int | None
) -> None:
    """Characters, not bytes."""
    found = accepted_notes(store, account, product, ("ü" * characters).encode())

    assert found == "ü" * kept
    events = store.workshop.tools.database.read(list_events, product_id=product.id)
    newest = next(each for each in events if each.verb == "publish.accepted")
    assert newest.facts.get("notes_cut_characters") == cut


def test_a_body_that_nobody_could_have_written_is_not_refused_either(
    store: RunningStore, account: Account, product: Product
) -> None:
    assert accepted_notes(store, account, product, b"x" * 3_000_000) == "x" * 10_000
