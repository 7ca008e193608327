"""Answers at once (docs/decisions/0004) are the answers of the plain way, whatever is asked and however it comes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import pytest

from openaddons.settings import Settings
from openaddons.store.products import Product
from openaddons.store.publishers import revoke_credential
from openaddons.surfaces.edge.app import EdgeSurface
from tests.stores import Account, RunningStore, fresh_database, make_account, make_published, running_store
from tests.wire.calls import NOBODYS_GUID, call, new_key
from tests.wire.raw import Answer, Connection, head

_DIFFERING = {"date", "x-correlation-id"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What the requests are about: an ended operation of a publisher, and a stranger."""

    product: Product
    operation_id: str
    own: dict[str, str]
    strangers: dict[str, str]

    def path(self, prefix: str = "/v1", *, operation_id: str | None = None) -> str:
        return call("publish status", self.product.id, operation_id or self.operation_id, prefix=prefix).path

    def get(self, path: str | None = None, **more: str) -> bytes:
        return head("GET", path or self.path(), self.own | more)


@dataclass(frozen=True, slots=True)
class Case:
    """Requests of one connection, how many answers they have, and how many of these are given at once."""

    request: Callable[[Scene], bytes]
    at_once: int
    answers: int = 1
    bodiless: bool = False
    piece_bytes: int = 65_536
    ends: bool = False


def _mixed(scene: Scene) -> bytes:
    kinds = (
        scene.get(),
        scene.get("/nowhere"),
        scene.get(scene.path("")),
        head("GET", scene.path(), {}),
        head("GET", scene.path(), scene.strangers),
    )
    return b"".join(kinds) * 10


CASES = {
    "with /v1": Case(Scene.get, 1),
    "without /v1": Case(lambda scene: scene.get(scene.path("")), 1),
    "pipelined": Case(lambda scene: scene.get() * 50, 50, answers=50),
    # From the first that is not answered at once, all have to wait for their turn.
    "pipelined, mixed": Case(_mixed, 1, answers=50),
    "byte by byte": Case(lambda scene: scene.get() * 2, 2, answers=2, piece_bytes=1),
    "cut within heads": Case(lambda scene: scene.get() * 5, 5, answers=5, piece_bytes=100),
    "after blank lines": Case(lambda scene: b"\r\n\r\n" + scene.get(), 1),
    "kept alive": Case(lambda scene: scene.get(Connection="keep-alive"), 1),
    "an offered upgrade": Case(lambda scene: scene.get(Connection="Upgrade", Upgrade="h2c"), 1),
    "an upgrade not offered": Case(lambda scene: scene.get(Upgrade="h2c"), 0),
    "unknown": Case(lambda scene: scene.get(scene.path(operation_id=NOBODYS_GUID)), 0),
    "foreign": Case(lambda scene: head("GET", scene.path(), scene.strangers), 0),
    "no key": Case(lambda scene: head("GET", scene.path(), {}), 0),
    "wrong key": Case(lambda scene: scene.get(Authorization="ApiKey wrong"), 0),
    "two keys": Case(lambda scene: scene.get(AUTHORIZATION="ApiKey wrong"), 0),
    "capitals": Case(lambda scene: scene.get(scene.path(operation_id=scene.operation_id.upper())), 0),
    "a blank": Case(lambda scene: scene.get(scene.path(operation_id=f"%20{scene.operation_id}")), 0),
    "a query": Case(lambda scene: scene.get(scene.path() + "?api-version=1"), 0),
    "a whole URL": Case(lambda scene: scene.get("http://store.test" + scene.path()), 0),
    "a slash behind": Case(lambda scene: scene.get(scene.path() + "/"), 0),
    "HEAD": Case(lambda scene: head("HEAD", scene.path(), scene.own), 0, bodiless=True),
    "POST": Case(lambda scene: head("POST", scene.path(), scene.own | {"Content-Length": "0"}), 0),
    "the last": Case(lambda scene: scene.get(Connection="close"), 0, ends=True),
    "one and the last": Case(lambda scene: scene.get() + scene.get(Connection="close"), 1, 2, ends=True),
    "HTTP/1.0": Case(lambda scene: scene.get().replace(b"HTTP/1.1", b"HTTP/1.0"), 0, ends=True),
    "a body": Case(lambda scene: (scene.get(**{"Content-Length": "3"}) + b"abc") * 2, 0, answers=2),
    "a body in chunks": Case(
        lambda scene: (scene.get(**{"Transfer-Encoding": "chunked"}) + b"1\r\na\r\n0\r\n\r\n") * 2,
        0,
        answers=2,
    ),
    "no body": Case(lambda scene: scene.get(**{"Content-Length": "0"}), 0),
    "an expectation": Case(lambda scene: scene.get(Expect="100-continue"), 0),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a case."""

    answers: list[Answer]
    at_once: int


def _without_differing(answer: Answer) -> Answer:
    """As it came, headers in their order, but for what is each answer's own."""
    headers = [(name, "" if name in _DIFFERING else value) for name, value in answer.headers]
    return Answer(answer.status, headers, answer.body)


def _see(store: RunningStore, scene: Scene, case: Case, given: list[bytes]) -> Seen:
    for path in (scene.path(), scene.path("")):
        assert store.http.get(path, headers=scene.own).status_code == 200
    given.clear()
    data = case.request(scene)
    with Connection(store.url) as connection:
        for start in range(0, len(data), case.piece_bytes):
            connection.send(data[start : start + case.piece_bytes])
        answers = [connection.read(bodiless=case.bodiless) for _ in range(case.answers)]
        assert connection.is_closed() if case.ends else connection.is_silent(seconds=0.01)
    ids = [answer.header("x-correlation-id") for answer in answers]
    assert len(set(ids)) == len(ids)
    return Seen([_without_differing(answer) for answer in answers], len(given))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, dict[str, Seen]]:
    """What came of each case, with the switch on and with it off, from one store's data."""
    given: list[bytes] = []
    answer_at_once = EdgeSurface.answer_at_once

    def noted(self: EdgeSurface, path: bytes, headers: list[tuple[bytes, bytes]]) -> bytes | None:
        answer = answer_at_once(self, path, headers)
        given.extend([] if answer is None else [answer])
        return answer

    database: AbstractContextManager[str | None] = nullcontext()
    if request.param == "postgresql":
        database = fresh_database(request.getfixturevalue("postgres_url"))
    found: dict[bool, dict[str, Seen]] = {}
    scene = None
    with database as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(EdgeSurface, "answer_at_once", noted)
        data = tmp_path_factory.mktemp("store")
        for fast in (True, False):
            settings = Settings(data=data, database=url, engine="inline", fast_answers=fast)  # type: ignore[arg-type]
            with running_store(settings) as store:
                scene = scene or _make_scene(store)
                found[fast] = {name: _see(store, scene, case, given) for name, case in CASES.items()}
    return found


def _make_scene(store: RunningStore) -> Scene:
    account, stranger = (make_account(store.workshop, name) for name in ("Acme", "Other"))
    product = make_published(store.workshop, account)
    operation_id = store.publish(account, product.id)
    store.status(account, product.id, operation_id)
    return Scene(product, operation_id, account.headers, stranger.headers)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_at_once_is_the_plain_one(seen: dict[bool, dict[str, Seen]], name: str) -> None:
    assert seen[True][name].answers == seen[False][name].answers
    assert (seen[True][name].at_once, seen[False][name].at_once) == (CASES[name].at_once, 0)


def test_a_revoked_key_is_refused_at_once(store: RunningStore, account: Account, published: Product) -> None:
    """Also on a connection that it was just good on."""
    operation_id = store.publish(account, published.id)
    store.status(account, published.id, operation_id)
    credential_id, headers = new_key(store, account, lifetime=timedelta(days=1))
    path = call("publish status", published.id, operation_id).path
    with Connection(store.url) as connection:
        assert [connection.ask("GET", path, headers).status for _ in range(3)] == [200] * 3

        store.workshop.tools.database.run(revoke_credential, credential_id=credential_id, actor="test")

        assert connection.ask("GET", path, headers).status == 401
