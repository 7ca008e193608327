"""Signed packages at URLs that name their bytes: whole, in parts, again, or not at all."""

import hashlib

import pytest

from openaddons.store.keeping_back import block_product
from openaddons.store.products import Product
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import ProductState
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import OpenStore, new_account
from tests.wire.raw import Connection, head
from tests.wire.updates.asking import offer_of, package_path

FAST = pytest.mark.parametrize("fast", [True, False], ids=["sendfile", "pieces"])


def path_of(store: RunningStore, product: Product) -> str:
    return package_path(offer_of(store, product.crx_id))


def test_a_package_is_what_its_url_says(store: RunningStore, published: Product) -> None:
    path = path_of(store, published)
    answer = store.http.get(path)

    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == path.rpartition("/")[2].removesuffix(".crx")
    assert answer.content.startswith(b"Cr24")
    shown = ("content-type", "cache-control", "etag", "accept-ranges", "x-content-type-options")
    assert [answer.headers[name] for name in shown] == [
        "application/x-chrome-extension",
        "public, max-age=31536000, immutable",
        f'"{hashlib.sha256(answer.content).hexdigest()}"',
        "bytes",
        "nosniff",
    ]
    # One-click installation needs a referrer and no attachment of another type.
    assert {"referrer-policy", "content-disposition", "set-cookie"} & answer.headers.keys() == set()


@FAST
def test_parts_are_what_they_say(open_own_store: OpenStore, *, fast: bool) -> None:
    with open_own_store(fast_answers=fast) as store:
        padding = {"padding.bin": bytes(range(256)) * 1200 + hashlib.sha256(b"").digest() * 100_000}
        package = make_zip(files=padding)
        path = path_of(store, make_published(store.workshop, new_account(store), package))
        whole = store.http.get(path)
        data, size, etag = whole.content, len(whole.content), whole.headers["etag"]
        assert whole.headers["content-length"] == str(size)
        assert hashlib.sha256(data).hexdigest() in path

        def part(**headers: str) -> tuple[int, str | None, bytes]:
            answer = store.http.get(
                path, headers={name.replace("_", "-"): text for name, text in headers.items()}
            )
            return answer.status_code, answer.headers.get("content-range"), answer.content

        assert part(range="bytes=0-0") == (206, f"bytes 0-0/{size}", data[:1])
        assert part(range="bytes=10-") == (206, f"bytes 10-{size - 1}/{size}", data[10:])
        assert part(range="bytes=-5") == (206, f"bytes {size - 5}-{size - 1}/{size}", data[-5:])
        assert part(range=f"bytes=0-{size + 9}") == (206, f"bytes 0-{size - 1}/{size}", data)
        assert part(range=f"bytes=-{size * 2}") == (206, f"bytes 0-{size - 1}/{size}", data)
        assert part(range=f"bytes={size}-")[:2] == (416, f"bytes */{size}")
        assert part(range="bytes=-0")[:2] == (416, f"bytes */{size}")
        for ignored in ("bytes=2-1", "bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=a-b", ""):
            assert part(range=ignored) == (200, None, data)
        assert part(range="bytes=1-2", if_range=etag) == (206, f"bytes 1-2/{size}", data[1:3])
        assert part(range="bytes=1-2", if_range='"another"') == (200, None, data)
        assert part(range="bytes=1-2", if_range="Thu, 26 Nov 2026 08:00:00 GMT") == (200, None, data)


def test_who_has_the_bytes_gets_none(store: RunningStore, published: Product) -> None:
    path = path_of(store, published)
    etag = store.http.get(path).headers["etag"]

    for tags in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = store.http.get(path, headers={"If-None-Match": tags})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert "content-length" not in answer.headers
    assert store.http.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@FAST
def test_head_says_what_get_would(open_own_store: OpenStore, *, fast: bool) -> None:
    with open_own_store(fast_answers=fast) as store, Connection(store.url) as connection:
        path = path_of(store, make_published(store.workshop, new_account(store)))
        got = connection.ask("GET", path, {})
        asked_for_head = connection.ask("HEAD", path, {"Range": "bytes=0-1"})

        differing = {"date", "x-correlation-id"}
        assert [each for each in asked_for_head.headers if each[0] not in differing] == [
            each for each in got.headers if each[0] not in differing
        ]
        assert (asked_for_head.status, asked_for_head.body, len(got.body)) == (
            200,
            b"",
            int(got.header("content-length") or 0),
        )
        # Nothing else was sent: the connection can be used on.
        connection.send(head("GET", path, {}) * 3)
        assert [connection.read().body for _ in range(3)] == [got.body] * 3


def test_what_is_not_offered_is_not_found(store: RunningStore, account: Account, published: Product) -> None:
    database = store.workshop.tools.database
    other, blocked, gone = (make_published(store.workshop, account) for _ in range(3))
    paths = [path_of(store, product) for product in (published, other, blocked, gone)]
    foreign = f"/packages/{published.crx_id}/{paths[1].rpartition('/')[2]}"
    database.run(block_product, product_id=blocked.id, reason="Malware.", actor="test")
    database.run(unpublish_product, product_id=gone.id, actor="test")
    store.wait_for(lambda: store.product(gone.id).state is ProductState.UNPUBLISHED)

    refused = [
        *paths[2:],
        foreign,
        paths[0].upper(),
        paths[0].removesuffix(".crx"),
        paths[0] + ".crx",
        paths[0].replace(".crx", ".zip"),
        f"/packages/{published.crx_id}/{'0' * 64}.crx",
        f"/packages/%00/{'0' * 64}.crx",
        f"/packages/{published.crx_id}/%00.crx",
        f"/packages/{published.crx_id}/..%2f..%2fmaster.key",
    ]
    assert [store.http.get(path).status_code for path in refused] == [404] * len(refused)
    assert [store.http.get(path).status_code for path in paths[:2]] == [200, 200]


def test_a_client_that_goes_away_in_the_middle_harms_nobody(open_own_store: OpenStore) -> None:
    with open_own_store() as store:
        package = make_zip(files={"padding.bin": hashlib.shake_256(b"x").digest(12_000_000)})
        path = path_of(store, make_published(store.workshop, new_account(store), package))
        for _ in range(5):
            with Connection(store.url) as connection:
                connection.send(head("GET", path, {}))
                assert connection.socket.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")

        assert hashlib.sha256(store.http.get(path).content).hexdigest() in path
