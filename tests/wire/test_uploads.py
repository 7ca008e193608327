"""Uploads in every framing that clients use, and what they cost the server."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from openaddons.app import open_store
from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.store.tables import operations, packages
from openaddons.work.creating import make_product
from tests.stores import Account, RunningStore, make_account, make_zip, start_process
from tests.wire.calls import ZIP, call
from tests.wire.raw import Answer, Connection, head

MIB = 1 << 20


def upload_head(account: Account, product: Product, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return head("POST", call("upload", product.id).path, account.headers | ZIP | named)


def became_the_draft(
    store: RunningStore, account: Account, product: Product, answer: Answer, package: bytes
) -> None:
    """The operation succeeds, and the bytes that are kept are those that were sent."""
    assert answer.status == 202, answer.body
    status = store.status(account, product.id, answer.header("location") or "", kind="upload")
    assert status["status"] == "Succeeded", status
    tools = store.workshop.tools
    query = sa.select(packages.c.object_key).where(packages.c.product_id == product.id)
    with tools.objects.open(tools.database.read(lambda tx: tx.execute(query).scalar_one())) as file:
        assert file.read() == package


@pytest.mark.parametrize("piece_bytes", [1, 7, 1000, 65_536])
def test_a_chunked_upload_is_taken(
    store: RunningStore, account: Account, product: Product, piece_bytes: int
) -> None:
    package = make_zip()
    pieces = [package[at : at + piece_bytes] for at in range(0, len(package), piece_bytes)]
    with Connection(store.url) as connection:
        connection.send(upload_head(account, product, Transfer_Encoding="chunked"))
        for piece in pieces:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")

        became_the_draft(store, account, product, connection.read(), package)


def test_an_upload_that_comes_byte_by_byte_is_taken(
    store: RunningStore, account: Account, product: Product
) -> None:
    package = make_zip()
    request = upload_head(account, product, Content_Length=str(len(package))) + package
    with Connection(store.url) as connection:
        for at in range(len(request)):
            connection.send(request[at : at + 1])

        became_the_draft(store, account, product, connection.read(), package)


@pytest.mark.parametrize("size_bytes", [MIB - 1, MIB, MIB + 1, 3 * MIB + 5])
def test_an_upload_of_several_pieces_is_put_together_as_it_was(
    store: RunningStore, account: Account, product: Product, size_bytes: int
) -> None:
    filler = bytes(number % 251 for number in range(64 * 1024))
    package = make_zip(files={"filler.bin": filler * (size_bytes // len(filler) + 1)})
    with Connection(store.url) as connection:
        connection.send(upload_head(account, product, Content_Length=str(len(package))) + package)

        became_the_draft(store, account, product, connection.read(), package)


def test_the_100_continue_comes_before_the_body(
    store: RunningStore, account: Account, product: Product
) -> None:
    package = make_zip()
    with Connection(store.url) as connection:
        connection.send(
            upload_head(account, product, Content_Length=str(len(package)), Expect="100-continue")
        )
        first = connection.read()
        connection.send(package)

        assert (first.status, first.headers) == (100, [])
        became_the_draft(store, account, product, connection.read(), package)


def test_a_connection_is_kept_and_requests_on_it_may_follow_at_once(
    store: RunningStore, account: Account, product: Product
) -> None:
    """Four requests are sent before the first answer is read."""
    package = make_zip()
    upload = upload_head(account, product, Content_Length=str(len(package))) + package
    publish = head("POST", call("publish", product.id).path, account.headers | {"Content-Length": "4"})
    absent = head("GET", call("publish status", product.id).path, account.headers)
    with Connection(store.url) as connection:
        connection.send(upload + publish + b"note" + absent + upload)

        assert [connection.read().status for _ in range(4)] == [202, 202, 404, 202]
        assert connection.ask("GET", "/healthz", {}).status == 200


@pytest.mark.parametrize("framing", ["Content-Length", "Transfer-Encoding"])
def test_an_offer_of_http_2_is_not_taken_up_and_the_upload_is(
    store: RunningStore, account: Account, product: Product, framing: str
) -> None:
    """Java's and curl's clients offer it on plain connections."""
    offer = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA",
    }
    package = make_zip()
    body = package if framing == "Content-Length" else b"%x\r\n%s\r\n0\r\n\r\n" % (len(package), package)
    sized = {framing: str(len(package)) if framing == "Content-Length" else "chunked"}
    with Connection(store.url) as connection:
        answer = connection.ask(
            "POST", call("upload", product.id).path, account.headers | ZIP | offer | sized, body
        )

        became_the_draft(store, account, product, answer, package)


def test_a_publish_on_the_connection_of_an_upload_is_judged_after_it(
    store: RunningStore, account: Account, published: Product
) -> None:
    package = make_zip("1.1.0")
    upload = upload_head(account, published, Content_Length=str(len(package))) + package
    publish = head("POST", call("publish", published.id).path, account.headers | {"Content-Length": "0"})
    with Connection(store.url) as connection:
        connection.send(upload + publish)
        connection.read()
        operation_id = connection.read().header("location")

    assert operation_id is not None
    assert store.status(account, published.id, operation_id)["status"] == "Succeeded"


def test_the_digest_of_an_upload_is_that_of_its_bytes(
    store: RunningStore, account: Account, product: Product
) -> None:
    package = make_zip()
    operation_id = store.upload(account, product.id, package)

    query = sa.select(operations.c.digest, operations.c.size_bytes).where(operations.c.id == operation_id)
    kept = store.workshop.tools.database.read(lambda tx: tx.execute(query).one())
    assert tuple(kept) == (hashlib.sha256(package).hexdigest(), len(package))


def write_large_package(path: Path) -> None:
    """100 MB in 100 files that are stored, not compressed."""
    content = make_zip()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        manifest = zipfile.ZipFile(path.parent / "small.zip").read("manifest.json")
        archive.writestr("manifest.json", manifest)
        archive.writestr("worker.js", "console.log('ready');")
        for number in range(100):
            archive.writestr(f"data/{number}.bin", (content * (1_000_000 // len(content) + 1))[:1_000_000])


def memory_kib(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def test_a_large_upload_is_not_held_in_memory(tmp_path: Path) -> None:
    """100 MB come in and are checked; the peak of the server's memory is less than 30 MB higher than before."""
    settings = Settings(data=tmp_path / "data")
    (tmp_path / "small.zip").write_bytes(make_zip())
    write_large_package(tmp_path / "large.zip")
    with open_store(settings) as workshop:
        account = make_account(workshop)
        product = make_product(workshop.tools, publisher=account.publisher, name="Large", actor="test")
    process = start_process("serve", settings)
    try:
        status = _send(process.url, account, product, tmp_path / "small.zip")
        assert status == "Succeeded"
        Path(f"/proc/{process.process.pid}/clear_refs").write_text(
            "5", encoding="ascii"
        )  # proc(5): resets VmHWM
        before_kib = memory_kib(process.process.pid, "VmHWM")

        status = _send(process.url, account, product, tmp_path / "large.zip")
        after_kib = memory_kib(process.process.pid, "VmHWM")
    finally:
        process.kill()
    assert status == "Succeeded"
    assert after_kib - before_kib < 30_000


def _send(url: str, account: Account, product: Product, path: Path) -> str:
    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(65_536):
                yield piece

    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as http:
        asked = call("upload", product.id)
        accepted = http.post(asked.path, content=pieces(), headers=account.headers | ZIP)
        assert accepted.status_code == 202, accepted.text
        path_of_status = call("upload status", product.id, accepted.headers["location"]).path
        return str(http.get(path_of_status, headers=account.headers | {"Prefer": "wait=25"}).json()["status"])
