"""The module Packages: uploads by form, hostile ones too, what became of them, and downloads."""

import socket
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest

from openaddons.store.operations import OperationKind, PastOperation, list_operations
from openaddons.store.people.visitors import Role
from openaddons.store.products import Product
from openaddons.store.states import OperationState
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import OpenStore, new_account, new_product
from tests.wire.dashboard.conftest import SESSION_COOKIE, Browser, sign_in
from tests.wire.dashboard.test_products import FOREIGN, SHOWN, at, database_of, manually, upload

LIMIT_BYTES = 50_000


def send_package(browser: Browser, product: Product, *packages: Any, status: int = 303) -> Any:
    files = [("package", package) for package in packages]
    return browser.send(at(product, "packages"), files=files, status=status)


def newest_upload(store: RunningStore, product: Product) -> PastOperation | None:
    found = database_of(store).read(
        list_operations, product_id=product.id, kind=OperationKind.UPLOAD, limit=1
    )
    return next(iter(found), None)


def ended(store: RunningStore, product: Product) -> PastOperation:
    """The product's newest upload once it has ended."""

    def has_ended() -> bool:
        found = newest_upload(store, product)
        return found is not None and found.operation.state is not OperationState.IN_PROGRESS

    store.wait_for(has_ended)
    found = newest_upload(store, product)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def small_store(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """A store that takes small packages alone, and soon gives an upload up."""
    with open_own_store(
        package_bytes_limit=LIMIT_BYTES, upload_idle_seconds=0.5, upload_total_seconds=20
    ) as running:
        yield running


@pytest.fixture
def small(small_store: RunningStore) -> tuple[Browser, Product]:
    """A browser and a product of the small store."""
    account = new_account(small_store)
    return sign_in(small_store, account=account), new_product(small_store, account)


def test_an_upload_is_the_same_operation_as_one_by_the_api(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    package = make_zip("1.2.0", name="Tab Tally")

    answer = send_package(owner, product, ("C:\\fakepath\\x.zip", package, "application/zip"))

    found = ended(store, product)
    assert answer.headers["location"] == at(product, "operations", found.operation.id)
    assert found.correlation_id == answer.headers["x-correlation-id"]
    assert store.status(account, product.id, found.operation.id, kind="upload")["message"] == (
        "Successfully updated package to tab_tally_1.2.0.zip"
    )
    page = owner.get(answer.headers["location"]).text
    assert "Successfully updated package to tab_tally_1.2.0.zip" in page
    assert ("hx-get" in page, f'href="{at(product, "submit")}"' in page) == (False, True)


def test_the_page_of_an_operation_in_progress_asks_again_with_and_without_script(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    with store.workshop.paused():
        path = send_package(owner, product, ("x.zip", make_zip())).headers["location"]
        page = owner.get(path).text

    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert f'hx-get="{path}" hx-trigger="load delay:500ms"' in page
    assert f'<a href="{path}">Look again</a>' in page


def test_what_is_wrong_with_a_package_is_told_with_file_line_and_help(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    package = make_zip(background={"service_worker": "missing.js"}, name="x" * 80)
    path = send_package(owner, product, ("x.zip", package)).headers["location"]
    codes = {each["code"] for each in ended(store, product).operation.errors or ()}

    page = owner.get(path).text

    assert codes
    for code in codes:
        assert f'href="/dashboard/rules/{code}">{code}</a>' in page
        assert "What to do" in owner.get(f"/dashboard/rules/{code}").text
    assert "<code><bdi>manifest.json</bdi>" in page
    owner.get("/dashboard/rules/NoSuchRule", 404)


def test_the_warnings_of_the_check_stand_by_the_drafts_package(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    upload(store, account, product, "1.0", files={"tally.js": b"\n\neval('1')"})

    page = owner.get(at(product, "packages")).text

    assert "of the check</h3>" in page
    assert "<code><bdi>tally.js</bdi>:3</code>" in page
    assert 'href="/dashboard/rules/DynamicCode"' in page


def test_text_of_a_package_is_shown_as_text(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    upload(store, account, product, "1.0", name=FOREIGN, files={"&quot;&#60;img&#62;.js": b"eval('1')"})

    page = owner.get(at(product, "packages")).text

    assert f"<bdi>{SHOWN}</bdi>" in page
    assert "<code><bdi>&amp;quot;&amp;#60;img&amp;#62;.js</bdi>:1</code>" in page
    assert "<b onclick" not in page


@pytest.mark.parametrize(
    ("packages", "problem"),
    [
        ([], "none was sent, or an empty one."),
        ([("", b"", "application/octet-stream")], "none was sent, or an empty one."),
        ([("x.zip", b"")], "none was sent, or an empty one."),
        ([("a.zip", make_zip()), ("b.zip", make_zip())], "Choose one .zip file: 2 were sent."),
    ],
)
def test_a_form_without_the_one_package_is_told_beside_its_field(
    store: RunningStore, owner: Browser, product: Product, packages: list[Any], problem: str
) -> None:
    files = [("package", each) for each in packages] or {"other": ("x.zip", b"PK")}

    answer = owner.send(at(product, "packages"), files=files, status=400)

    assert problem in answer.text
    assert newest_upload(store, product) is None


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (("x.zip", b"no zip", "application/zip"), "PackageNotZip"),
        (("x.exe", b"MZ" + bytes(1000), "application/x-msdownload"), "PackageNotZip"),
        (("x.svg", b"<svg onload='x'/>", "image/svg+xml"), "PackageNotZip"),
    ],
)
def test_what_is_no_package_fails_with_the_reason(
    store: RunningStore, owner: Browser, product: Product, file: Any, code: str
) -> None:
    path = send_package(owner, product, file).headers["location"]
    operation = ended(store, product).operation

    assert operation.state is OperationState.FAILED
    assert [each["code"] for each in operation.errors or ()] == [code]
    assert code in owner.get(path).text


def test_what_a_browser_calls_the_file_and_its_type_does_not_matter(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    send_package(owner, product, ("../../etc/passwd\r\nX: y", make_zip(), "text/html; charset=x"))

    assert ended(store, product).operation.state is OperationState.SUCCEEDED


def objects_of(store: RunningStore) -> int:
    return sum(1 for _ in store.workshop.tools.objects.entries())


def test_a_package_that_is_too_large_is_refused_and_nothing_of_it_is_kept(
    small_store: RunningStore, small: tuple[Browser, Product]
) -> None:
    browser, product = small
    before = objects_of(small_store)

    answer = send_package(browser, product, ("x.zip", bytes(20 * LIMIT_BYTES)), status=413)

    assert f"larger than the limit of {LIMIT_BYTES} bytes" in answer.text
    assert (newest_upload(small_store, product), objects_of(small_store)) == (None, before)


def head_of_upload(store: RunningStore, browser: Browser, product: Product, *, size_bytes: int) -> bytes:
    """The beginning of a request that uploads a package of a length that it says."""
    fields = (
        f'--edge\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{browser.proof(at(product, "packages"))}'
        '\r\n--edge\r\nContent-Disposition: form-data; name="package"; filename="x.zip"\r\n\r\n'
    )
    lines = (
        f"POST {at(product, 'packages')} HTTP/1.1",
        f"Host: {urlsplit(store.url).netloc}",
        f"Cookie: {SESSION_COOKIE}={browser.http.cookies[SESSION_COOKIE]}",
        "Content-Type: multipart/form-data; boundary=edge",
        f"Content-Length: {len(fields) + size_bytes}",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + fields).encode()


def connect(store: RunningStore) -> socket.socket:
    address = urlsplit(store.url)
    return socket.create_connection((str(address.hostname), address.port or 0), timeout=60)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def test_an_upload_that_stops_is_given_up_and_nothing_of_it_is_kept(
    small_store: RunningStore, small: tuple[Browser, Product]
) -> None:
    browser, product = small
    before = objects_of(small_store)

    with connect(small_store) as connection:
        connection.sendall(head_of_upload(small_store, browser, product, size_bytes=9_000) + b"PK\x03\x04")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert (newest_upload(small_store, product), objects_of(small_store)) == (None, before)


def test_a_person_has_few_uploads_under_way_and_others_are_not_kept_waiting(
    open_own_store: OpenStore,
) -> None:
    with open_own_store(uploads_at_once=1) as store:
        account = new_account(store)
        product = new_product(store, account)
        first, other = (sign_in(store, account=account) for _ in range(2))
        incoming = store.workshop.tools.settings.data / "objects"
        with connect(store) as connection:
            connection.sendall(head_of_upload(store, first, product, size_bytes=2_000_000) + bytes(1_500_000))
            store.wait_for(lambda: any(each.stat().st_size for each in incoming.rglob("*") if each.is_file()))

            answer = send_package(first, product, ("x.zip", make_zip()), status=429)
            send_package(other, product, ("x.zip", make_zip()))

        assert "Rate limit is exceeded. Try again in 1 seconds." in answer.text


def test_an_upload_that_is_cut_off_leaves_nothing_behind(
    small_store: RunningStore, small: tuple[Browser, Product]
) -> None:
    browser, product = small
    before = objects_of(small_store)

    with connect(small_store) as connection:
        connection.sendall(head_of_upload(small_store, browser, product, size_bytes=9_000) + b"PK\x03\x04")
    send_package(browser, product, ("x.zip", make_zip()))
    ended(small_store, product)

    assert [each.number for each in operations_of(small_store, product)] == [1]
    assert objects_of(small_store) == before + 1


def operations_of(store: RunningStore, product: Product) -> list[PastOperation]:
    return database_of(store).read(list_operations, product_id=product.id, limit=10)


def test_a_form_that_ends_before_its_last_boundary_is_refused(
    small_store: RunningStore, small: tuple[Browser, Product]
) -> None:
    browser, product = small

    with connect(small_store) as connection:
        connection.sendall(head_of_upload(small_store, browser, product, size_bytes=4) + b"PK\x03\x04")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"FormUnreadable" in answer
    assert newest_upload(small_store, product) is None


# ---- downloads


def test_the_packages_of_draft_review_and_store_are_downloaded_as_they_were_uploaded(
    store: RunningStore, account: Account, owner: Browser, published: Product
) -> None:
    manually(store, published)
    upload(store, account, published, "1.1")
    store.status(account, published.id, store.publish(account, published.id))
    drafted = make_zip("1.2")
    operation_id = store.upload(account, published.id, drafted)
    store.status(account, published.id, operation_id, kind="upload")

    page = owner.get(at(published, "packages")).text
    paths = [part.split('"')[0] for part in page.split('<dd><a href="')[1:]]
    answers = [owner.get(path) for path in paths]

    digests = [sha256(answer.content).hexdigest() for answer in answers]
    assert digests[0] == sha256(drafted).hexdigest()
    assert [digest in page for digest in digests] == [True, True, True]
    headers = answers[0].headers
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''sample_1.2.zip"
    assert (headers["content-type"], headers["x-content-type-options"]) == ("application/zip", "nosniff")
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_package_is_downloaded_by_members_and_reviewers_and_of_its_own_product_alone(
    store: RunningStore,
    account: Account,
    owner: Browser,
    stranger: Browser,
    reviewer: Browser,
    published: Product,
) -> None:
    path = owner.get(at(published, "packages")).text.split('<dd><a href="')[1].split('"')[0]
    viewer = sign_in(store, account=account, role=Role.VIEWER)
    other = make_published(store.workshop, account)

    for browser in (owner, viewer, reviewer):
        assert browser.get(path).content.startswith(b"PK")
    stranger.get(path, 404)
    owner.get(path.replace(published.id, other.id), 404)
    Browser(store).get(path, 303)
