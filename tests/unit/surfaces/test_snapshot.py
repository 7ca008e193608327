"""The snapshot that update checks are answered from."""

from pathlib import Path

from openaddons.settings import Settings
from openaddons.store.offered import ALL, OfferedProduct, OfferedRelease
from openaddons.surfaces.updates.protocol import asked_about, offered_version
from openaddons.surfaces.updates.snapshot import Snapshot

CRX_ID = "a" * 32


def release(version: str) -> OfferedRelease:
    return OfferedRelease(version, digest="f" * 64, size_bytes=5, minimum_chrome_version=None)


def product(*, crx_id: str = CRX_ID, blocked: bool = False, **versions: str) -> OfferedProduct:
    """A product that is offered these versions: to ``all``, and to rings."""
    rings = {ALL if ring == "all" else ring: release(version) for ring, version in versions.items()}
    return OfferedProduct(crx_id, blocked, rings)


def version(snapshot: Snapshot, ring: str = ALL) -> bytes | None:
    offer = snapshot.find(CRX_ID.encode(), ring)
    return None if offer is None else offered_version(offer)


def made() -> Snapshot:
    snapshot = Snapshot(Settings(data=Path("/nowhere")))
    snapshot.add_rings(["early"])
    return snapshot


def test_a_ring_gets_what_is_ahead_and_else_what_all_get() -> None:
    snapshot = made()
    seen = []
    for state in (
        product(all="1.0"),
        product(all="1.0", early="2.0"),
        product(all="2.0"),
        product(early="3.0"),
        product(blocked=True),
        product(),
    ):
        snapshot.put(state)
        seen.append((version(snapshot), version(snapshot, "early")))

    assert seen == [
        (b"1.0", b"1.0"),
        (b"1.0", b"2.0"),
        (b"2.0", b"2.0"),
        (None, b"3.0"),
        (None, None),
        (None, None),
    ]


def test_whoever_is_not_behind_is_told_so() -> None:
    snapshot = made()
    snapshot.put(product(all="1.10"))

    answers = [
        snapshot.answer([asked_about(CRX_ID.encode(), has)])
        for has in (b"1.9", b"1.10", b"1.10.0", b"1.11", b"")
    ]
    assert [b'version="1.10"' in answer for answer in answers] == [True, False, False, False, True]
    assert [b"noupdate" in answer for answer in answers] == [False, True, True, True, False]


def test_a_blocked_product_is_told_from_an_unknown_and_an_unpublished_one() -> None:
    snapshot = made()
    asked = [asked_about(CRX_ID.encode(), b"0.0.0.0")]
    answers = [snapshot.answer(asked)]
    for state in (product(blocked=True), product()):
        snapshot.put(state)
        answers.append(snapshot.answer(asked))

    told = (b"error-unknownApplication", b"restricted", b"noupdate")
    assert [[word in answer for word in told] for answer in answers] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


def test_rings_are_known_once_and_stay() -> None:
    snapshot = made()
    snapshot.put(product(all="1.0", early="2.0"))
    snapshot.add_rings(["early", "late"])

    assert (set(snapshot.rings), version(snapshot, "early")) == ({"early", "late"}, b"2.0")


def test_whoever_had_the_newest_is_told_of_what_comes_after() -> None:
    snapshot = made()
    asked = [asked_about(CRX_ID.encode(), b"1.0")]
    words = (b"noupdate", b'version="2.0"', b"restricted", b"codebase")
    told = []
    for state in (
        product(all="1.0"),
        product(all="2.0"),
        product(all="1.0"),
        product(blocked=True),
        product(all="1.0"),
        product(),
        product(all="1.0", early="2.0"),
    ):
        snapshot.put(state)
        told.append([word for word in words if word in snapshot.answer(asked)])
    told.append([word for word in words if word in snapshot.answer(asked, "early")])
    snapshot.clear()

    up_to_date, behind = [b"noupdate"], [b'version="2.0"', b"codebase"]
    assert told == [
        *(up_to_date, behind, up_to_date),
        *([b"restricted"], up_to_date, up_to_date),
        *(up_to_date, behind),
    ]
    assert b"unknown" in snapshot.answer(asked)


def test_each_add_on_is_told_what_it_would_be_told_alone() -> None:
    snapshot = made()
    ids = [letter * 32 for letter in "abcdef"]
    snapshot.put(product(crx_id=ids[0], all="1.0"))
    snapshot.put(product(crx_id=ids[1], all="1.0"))
    snapshot.put(product(crx_id=ids[2], all="2.0"))
    snapshot.put(product(crx_id=ids[3], blocked=True))
    snapshot.put(product(crx_id=ids[4]))
    asked = [asked_about(crx_id.encode(), b"1.0") for crx_id in ids]

    for some in (asked, asked[:2], asked[:3], asked[3:], [], asked * 3):
        parts = [apps(snapshot.answer([each])) for each in some]
        assert apps(snapshot.answer(some)) == b"".join(parts)


def apps(answer: bytes) -> bytes:
    return answer.partition(b'protocol="2.0">')[2].removesuffix(b"</gupdate>\n")
