"""The snapshot that update checks are answered from."""

from pathlib import Path

from openaddons.settings import Settings
from openaddons.store.offered import ALL, OfferedProduct, OfferedRelease
from openaddons.surfaces.updates.snapshot import Snapshot

CRX_ID = "a" * 32


def release(version: str) -> OfferedRelease:
    return OfferedRelease(version, digest="f" * 64, size_bytes=5, minimum_chrome_version=None)


def product(*, blocked: bool = False, **versions: str) -> OfferedProduct:
    """A product that is offered these versions: to ``all``, and to rings."""
    rings = {ALL if ring == "all" else ring: release(version) for ring, version in versions.items()}
    return OfferedProduct(CRX_ID, blocked, rings)


def version(snapshot: Snapshot, ring: str = ALL) -> bytes | None:
    offer = snapshot.find(CRX_ID.encode(), ring)
    return None if offer is None else offer.version


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
        snapshot.answer([(CRX_ID.encode(), has)]) for has in (b"1.9", b"1.10", b"1.10.0", b"1.11", b"")
    ]
    assert [b'version="1.10"' in answer for answer in answers] == [True, False, False, False, True]
    assert [b"noupdate" in answer for answer in answers] == [False, True, True, True, False]


def test_a_blocked_product_is_told_from_an_unknown_and_an_unpublished_one() -> None:
    snapshot = made()
    asked = [(CRX_ID.encode(), b"0.0.0.0")]
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
