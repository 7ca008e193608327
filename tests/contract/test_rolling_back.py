"""Older content as a new release with a higher version, on both databases."""

from typing import Any

import pytest

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.objects import StoredObject
from openaddons.store.keeping_back import block_product
from openaddons.store.offered import (
    ALL,
)
from openaddons.store.offers import (
    set_first_rings,
)
from openaddons.store.operations import ClaimLost
from openaddons.store.releases import find_release
from openaddons.store.releasing import SignedPackage, create_release, unpublish_product
from openaddons.store.rolling_back import roll_back
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    approve_submission,
    cancel_submission,
    claim_submission,
    hold_submission,
)
from tests.contract.conftest import LEASE, Shelf


def test_a_roll_back_brings_the_content_before_under_the_next_number_to_all(shelf: Shelf) -> None:
    first = shelf.database.read(find_release, product_id=shelf.id, version="1.0.0")
    shelf.send("2.0.0")

    release = shelf.roll_back()

    assert (release.version, shelf.content(release)) == ("2.0.0.1", "1.0.0")
    assert shelf.offered == {ALL: "2.0.0.1"}
    assert shelf.manifest(release) == shelf.manifest(first) | {"version": "2.0.0.1"}
    assert shelf.state(first.submission_id) is SubmissionState.SUPERSEDED


def test_a_second_roll_back_goes_further_back_and_never_to_what_one_has_left(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    shelf.send("3.0.0")

    assert [shelf.content(shelf.roll_back()) for _ in range(2)] == ["2.0.0", "1.0.0"]
    with pytest.raises(ValueRefused, match="there is no earlier release"):
        shelf.roll_back()

    shelf.send("4.0.0")
    assert shelf.content(shelf.roll_back()) == "1.0.0"


def test_a_roll_back_while_a_ring_is_ahead_gives_it_what_all_have(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")

    release = shelf.roll_back()

    assert (release.version, shelf.content(release)) == ("2.0.0.1", "1.0.0")
    assert shelf.offered == {ALL: "2.0.0.1"}


def test_a_roll_back_goes_where_it_is_told(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    shelf.send("3.0.0")

    release = shelf.roll_back(to_version="1.0", as_version="3.5")

    assert (release.version, shelf.content(release)) == ("3.5", "1.0.0")
    with pytest.raises(ValueRefused, match=r"1\.0\.0 is what all are offered now, as 3\.5"):
        shelf.roll_back(to_version="1.0.0")
    assert shelf.content(shelf.roll_back(to_version="3.0.0")) == "3.0.0"


@pytest.mark.parametrize(
    ("highest", "following"),
    [("2", "2.0.0.1"), ("1.2.3.65535", "1.2.4.0"), ("1.65535.65535.65535", "2.0.0.0")],
)
def test_the_number_of_a_roll_back_is_the_next_that_there_is(
    shelf: Shelf, highest: str, following: str
) -> None:
    shelf.send(highest)

    assert shelf.roll_back().version == following


def test_beyond_the_highest_number_there_is_none(shelf: Shelf) -> None:
    shelf.send("65535.65535.65535.65535")

    with pytest.raises(ValueRefused, match="no version number is higher"):
        shelf.roll_back()


@pytest.mark.parametrize("wanted", ["2.0.0", "1.5", "x", "2.0.0.65536", "0"])
def test_a_number_that_browsers_would_not_follow_is_refused(shelf: Shelf, wanted: str) -> None:
    shelf.send("2.0.0")

    with pytest.raises(ValueRefused):
        shelf.roll_back(as_version=wanted)

    assert shelf.offered == {ALL: "2.0.0"}


def test_a_roll_back_needs_a_reason(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    with pytest.raises(ValueRefused, match="say why"):
        shelf.do(roll_back, reason=" ")


def test_an_update_in_review_stays_there_and_follows_the_roll_back(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    shelf.manually()
    update = shelf.send("3.0.0")

    with pytest.raises(ValueRefused, match=r"4\.0 would pass 3\.0\.0"):
        shelf.roll_back(as_version="4.0")
    shelf.roll_back()
    assert shelf.product.state is ProductState.UPDATE_IN_REVIEW

    shelf.database.run(approve_submission, submission_id=update.id, actor="test")
    shelf.workshop.finish(shelf.id)
    assert shelf.offered == {ALL: "3.0.0"}


def test_an_update_that_is_being_signed_does_not_overtake_a_roll_back(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    shelf.manually()
    update = shelf.send("3.0.0")
    shelf.database.run(approve_submission, submission_id=update.id, actor="test")
    signing = shelf.claim()

    asked = shelf.do(roll_back, reason="It is broken.")

    with pytest.raises(ClaimLost):
        shelf.database.run(create_release, claim=signing, signed=_signed())
    assert shelf.claim().id == asked.id
    # The roll back is being signed: nobody takes up the update meanwhile.
    assert shelf.database.run(claim_submission, product_id=shelf.id, lease=LEASE) is None


def _signed() -> SignedPackage:
    return SignedPackage(StoredObject(key="key", digest="0" * 64, size_bytes=1))


def test_a_hold_stops_what_is_being_signed(shelf: Shelf) -> None:
    shelf.manually()
    update = shelf.send("2.0.0")
    shelf.database.run(approve_submission, submission_id=update.id, actor="test")
    signing = shelf.claim()

    shelf.database.run(hold_submission, submission_id=update.id, held=True, actor="test")

    with pytest.raises(ClaimLost):
        shelf.database.run(create_release, claim=signing, signed=_signed())
    shelf.database.run(hold_submission, submission_id=update.id, held=False, actor="test")
    shelf.workshop.finish(shelf.id)
    assert shelf.offered == {ALL: "2.0.0"}


def test_a_roll_back_is_not_held_and_not_begun_twice_but_can_be_cancelled(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    asked = shelf.do(roll_back, reason="It is broken.")

    with pytest.raises(TransitionRefused, match="to stop a roll back, cancel it"):
        shelf.database.run(hold_submission, submission_id=asked.id, held=True, actor="test")
    with pytest.raises(TransitionRefused, match="being rolled back"):
        shelf.do(roll_back, reason="It is broken.")
    shelf.database.run(cancel_submission, submission_id=asked.id, actor="test")

    assert (shelf.offered, shelf.product.state) == ({ALL: "2.0.0"}, ProductState.IN_STORE)


@pytest.mark.parametrize("verb", [unpublish_product, block_product])
def test_a_product_that_leaves_the_store_is_not_rolled_back(shelf: Shelf, verb: Any) -> None:
    shelf.send("2.0.0")
    asked = shelf.do(roll_back, reason="It is broken.")

    shelf.do(verb, **({"reason": "It harms."} if verb is block_product else {}))

    assert shelf.state(asked.id) is SubmissionState.CANCELLED
    with pytest.raises(TransitionRefused, match="roll back needs"):
        shelf.do(roll_back, reason="It is broken.")
