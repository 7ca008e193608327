"""Update checks that are answered before they are parsed are answered as plainly, however they come."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import pytest

from openaddons.settings import Settings
from openaddons.store.offers import create_ring
from openaddons.surfaces.updates.app import UpdatesSurface
from tests.stores import RunningStore, fresh_database, make_account, make_published, running_store
from tests.wire.raw import Answer, Connection, head
from tests.wire.updates.asking import NOBODYS_CRX_ID, asked, check, offer_of

_DIFFERING = {"date", "x-correlation-id"}
_KEPT = {"User-Agent": "Chrome/156.0.0.0", "Accept-Language": "en-US,en;q=0.9"}


@dataclass(frozen=True, slots=True)
class Case:
    """Requests of one connection about an add-on, how many are answered, and how many of these at once."""

    request: Callable[[str], bytes]
    at_once: int = 0
    answers: int = 1
    bodiless: bool = False
    piece_bytes: int = 65_536
    ends: bool = False


def get(target: str, **headers: str) -> bytes:
    return head("GET", target, _KEPT | headers)


def about(crx_id: str, **headers: str) -> bytes:
    return get(check(asked(crx_id, "0.9")), **headers)


def replaced(old: bytes, new: bytes) -> Callable[[str], bytes]:
    return lambda crx_id: about(crx_id).replace(old, new, 1)


CASES = {
    "an update": Case(about, 1),
    "nothing new": Case(lambda crx_id: get(check(asked(crx_id, "1.0.0"))), 1),
    "an unknown add-on": Case(lambda _: get(check(asked(NOBODYS_CRX_ID))), 1),
    "three": Case(lambda crx_id: get(check(asked(crx_id), asked(NOBODYS_CRX_ID), asked(crx_id, "2"))), 1),
    "none": Case(lambda _: get("/updates"), 1),
    "no query": Case(lambda _: get("/updates?"), 1),
    "broken escapes": Case(lambda crx_id: get(check(f"x=id%3D{crx_id}%2", "x=%%%", "x=%ff%3D", "x=")), 1),
    "an id twice in one": Case(lambda crx_id: get(check(f"x=id%3D{crx_id}%26id%3D{NOBODYS_CRX_ID}")), 1),
    "lower-case escapes": Case(lambda crx_id: get(check(f"x=id%3d{crx_id}%26v%3d0.1%26uc")), 1),
    "another order": Case(lambda crx_id: get(check(f"x=v%3D0.1%26uc%26id%3D{crx_id}")), 1),
    "no escapes": Case(lambda crx_id: get(check(f"x=id={crx_id}")), 1),
    "a ring": Case(lambda crx_id: get(check(asked(crx_id), path="/updates/early")), 1),
    "Edge's path": Case(lambda crx_id: get(check(asked(crx_id), path="/extensionwebstorebase/v1/crx")), 1),
    "Chrome's path": Case(lambda crx_id: get(check(asked(crx_id), path="/service/update2/crx")), 1),
    "cookies": Case(lambda crx_id: about(crx_id, Cookie="session=secret"), 1),
    "kept alive": Case(lambda crx_id: about(crx_id, Connection="keep-alive"), 1),
    "no blank before a value": Case(replaced(b"User-Agent: ", b"User-Agent:"), 1),
    "blanks around a value": Case(replaced(b"User-Agent: Chrome", b"User-Agent: \t  Chrome \t"), 1),
    "an empty value": Case(replaced(b"Chrome/156.0.0.0", b""), 1),
    "bytes beyond ASCII": Case(replaced(b"Chrome", b"\xc3\x9c\xff"), 1),
    "longer headers than are kept": Case(lambda crx_id: about(crx_id, Cookie="s" * 2000), 1),
    "100 headers": Case(lambda _: head("GET", "/updates", {f"X-{n}": "x" for n in range(99)}), 1),
    "capitals": Case(lambda crx_id: get(check(asked(crx_id.upper()))), 1),
    "quotes and braces": Case(lambda crx_id: get(check(asked(crx_id), "y=\"{|}\\^`<>'")), 1),
    # The rest is not plain enough.
    "kept alive in capitals": Case(lambda crx_id: about(crx_id, Connection="Keep-Alive")),
    "101 headers": Case(lambda _: head("GET", "/updates", {f"X-{n}": "x" for n in range(100)}), ends=True),
    "pipelined": Case(lambda crx_id: about(crx_id) * 30, answers=30),
    "pipelined with others": Case(
        lambda crx_id: (about(crx_id) + get("/nowhere") + get(check(asked(crx_id), path="/updates/x"))) * 5,
        answers=15,
    ),
    "in pieces of a byte": Case(about, piece_bytes=1),
    "in pieces": Case(lambda crx_id: about(crx_id) * 3, answers=3, piece_bytes=67),
    "after blank lines": Case(lambda crx_id: b"\r\n\r\n" + about(crx_id)),
    "an escaped path": Case(lambda crx_id: get(check(asked(crx_id), path="/%75pdates"))),
    "a slash behind": Case(lambda crx_id: get(check(asked(crx_id), path="/updates/"))),
    "two slashes": Case(lambda crx_id: get(check(asked(crx_id), path="/updates//early"))),
    "an unknown ring": Case(lambda crx_id: get(check(asked(crx_id), path="/updates/late"))),
    "a redirect": Case(lambda crx_id: get(check("response=redirect", asked(crx_id)))),
    "a redirect to nothing": Case(lambda _: get(check("response=redirect", asked(NOBODYS_CRX_ID)))),
    "the usual response": Case(lambda crx_id: get(check("response=updatecheck", asked(crx_id)))),
    "too many": Case(lambda crx_id: get(check(*["x=" + crx_id] * 257))),
    "a fragment": Case(lambda crx_id: get(check(f"x=id%3D{crx_id}%26v%3D1.0.0") + "#2")),
    "a whole URL": Case(lambda crx_id: get("http://store.test" + check(asked(crx_id)))),
    "HEAD": Case(lambda crx_id: head("HEAD", check(asked(crx_id)), _KEPT), bodiless=True),
    "POST": Case(lambda crx_id: head("POST", check(asked(crx_id)), {"Content-Length": "0"})),
    "OPTIONS": Case(lambda crx_id: head("OPTIONS", check(asked(crx_id)), {})),
    "the last": Case(lambda crx_id: about(crx_id, Connection="close"), ends=True),
    "the last for a proxy": Case(
        replaced(b"User-Agent: Chrome/156.0.0.0", b"Proxy-Connection: close"), ends=True
    ),
    "two connections": Case(
        lambda crx_id: about(crx_id, Connection="keep-alive").replace(
            b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"
        ),
        ends=True,
    ),
    "HTTP/1.0": Case(replaced(b"HTTP/1.1", b"HTTP/1.0"), ends=True),
    "HTTP/2.0": Case(replaced(b"HTTP/1.1", b"HTTP/2.0"), ends=True),
    "a body": Case(lambda crx_id: (about(crx_id, **{"Content-Length": "3"}) + b"abc") * 2, answers=2),
    "a body in chunks": Case(
        lambda crx_id: about(crx_id, **{"Transfer-Encoding": "chunked"}) + b"1\r\na\r\n0\r\n\r\n"
    ),
    "an expectation": Case(lambda crx_id: about(crx_id, Expect="100-continue")),
    "an offered upgrade": Case(lambda crx_id: about(crx_id, Connection="Upgrade", Upgrade="h2c")),
    "two blanks": Case(replaced(b"GET /", b"GET  /")),
    "a blank in the target": Case(replaced(b"os=linux", b"os=li nux"), ends=True),
    "a NUL in the target": Case(replaced(b"os=linux", b"os=li\0nux"), ends=True),
    "a byte beyond ASCII in the target": Case(replaced(b"os=linux", b"os=\xc3\x9c"), ends=True),
    "a NUL in a header": Case(replaced(b"Chrome", b"Ch\0rome"), ends=True),
    "a blank before a colon": Case(replaced(b"User-Agent:", b"User-Agent :"), ends=True),
    "a header without a name": Case(replaced(b"User-Agent:", b":"), ends=True),
    "a line without a colon": Case(replaced(b"User-Agent:", b"User-Agent"), ends=True),
    "a folded header": Case(replaced(b"Chrome/156.0.0.0", b"Chrome\r\n /156"), ends=True),
    "bare line feeds": Case(lambda crx_id: about(crx_id).replace(b"\r\n", b"\n"), ends=True),
    "small letters": Case(replaced(b"GET", b"get"), ends=True),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a case."""

    answers: list[Answer]
    closed: bool
    at_once: int


def _without_differing(answer: Answer, url: str) -> Answer:
    """As it came, headers in their order, but for what is each answer's own, and the store's port."""
    headers = [
        (name, "" if name in _DIFFERING else value.replace(url, "URL")) for name, value in answer.headers
    ]
    return Answer(answer.status, headers, answer.body.replace(url.encode(), b"URL"))


def _see(store: RunningStore, crx_id: str, case: Case, given: list[bytes]) -> Seen:
    given.clear()
    data = case.request(crx_id)
    with Connection(store.url) as connection:
        for start in range(0, len(data), case.piece_bytes):
            connection.send(data[start : start + case.piece_bytes])
        answers = [connection.read(bodiless=case.bodiless) for _ in range(case.answers)]
        closed = connection.is_closed() if case.ends else not connection.is_silent(seconds=0.01)
    return Seen([_without_differing(answer, store.url) for answer in answers], closed, len(given))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, dict[str, Seen]]:
    """What came of each case, with the switch on and with it off, from one store's data."""
    given: list[bytes] = []
    answer_at_once = UpdatesSurface.answer_at_once

    def noted(self: UpdatesSurface, target: bytes) -> bytes | None:
        answer = answer_at_once(self, target)
        given.extend([] if answer is None else [answer])
        return answer

    database: AbstractContextManager[str | None] = nullcontext()
    if request.param == "postgresql":
        database = fresh_database(request.getfixturevalue("postgres_url"))
    found: dict[bool, dict[str, Seen]] = {}
    crx_id = None
    with database as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(UpdatesSurface, "answer_at_once", noted)
        data = tmp_path_factory.mktemp("store")
        for fast in (True, False):
            settings = Settings(
                data=data,
                database=url,
                engine="inline",  # type: ignore[arg-type]
                fast_answers=fast,
            )
            with running_store(settings) as store:
                crx_id = crx_id or _make_product(store)
                found[fast] = {name: _see(store, crx_id, case, given) for name, case in CASES.items()}
    return found


def _make_product(store: RunningStore) -> str:
    store.workshop.tools.database.run(create_ring, name="early", actor="test")
    crx_id = make_published(store.workshop, make_account(store.workshop)).crx_id
    offer_of(store, crx_id)
    return crx_id


@pytest.mark.parametrize("name", CASES)
def test_an_answer_at_once_is_the_plain_one(seen: dict[bool, dict[str, Seen]], name: str) -> None:
    fast, plain = seen[True][name], seen[False][name]

    assert (plain.answers, plain.closed) == (fast.answers, fast.closed)
    assert (CASES[name].ends, 0) == (fast.closed, plain.at_once)
    # What is sent in pieces may still come together.
    assert fast.at_once == CASES[name].at_once or "pieces" in name
