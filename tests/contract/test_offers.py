"""Who is offered what: rings, all, roll backs, withdrawn versions, on both databases."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openaddons.app import open_hot_reads
from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.store.keeping_back import block_product, unblock_product
from openaddons.store.offered import (
    ALL,
    announce_update_url,
    offered_generation,
    read_offered,
)
from openaddons.store.offers import (
    create_ring,
    list_rings,
    offer_to_all,
    offer_to_rings,
    set_first_rings,
    withdraw_release,
)
from openaddons.store.releases import find_release
from openaddons.store.releasing import unpublish_product
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import Database
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    cancel_submission,
    reject_submission,
)
from openaddons.work.workshop import Workshop
from tests.contract.conftest import Shelf


@pytest.mark.parametrize("name", ["", "Early", "-early", "early-", "a/b", "é", "a" * 41, "a b", "early\n"])
def test_a_ring_has_a_name_that_a_url_can_hold(shelf: Shelf, name: str) -> None:
    with pytest.raises(ValueRefused, match="1 to 40 lower-case letters"):
        shelf.database.run(create_ring, name=name, actor="test")


def test_of_two_rings_of_one_name_at_once_the_second_is_refused(shelf: Shelf) -> None:
    def make(_: int) -> str:
        try:
            return shelf.database.run(create_ring, name="same", actor="test").name
        except ValueRefused as refusal:
            return refusal.message

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(make, range(4)))

    assert answers == ["ring: there is a ring same already."] * 3 + ["same"]
    assert [each.name for each in shelf.database.read(list_rings)] == ["early", "later", "same"]


def test_serving_processes_learn_of_a_new_ring(shelf: Shelf) -> None:
    before = shelf.database.read(offered_generation)

    shelf.database.run(create_ring, name="new", actor="test")

    assert shelf.database.read(offered_generation) == before + 1


def test_a_release_goes_to_the_first_rings_and_then_to_all(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["later", "early", "early"])
    sent = shelf.send("2.0.0")
    first = shelf.offered

    shelf.do(offer_to_all, version="2.0.0")

    assert shelf.product.first_rings == ["early", "later"]
    assert first == {ALL: "1.0.0", "early": "2.0.0", "later": "2.0.0"}
    assert shelf.offered == {ALL: "2.0.0"}
    assert shelf.state(sent.id) is SubmissionState.IN_STORE


def test_one_ring_is_ahead_of_the_other(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")
    shelf.do(offer_to_rings, version="2.0", names=["later"])
    shelf.send("3.0.0")

    assert shelf.offered == {ALL: "1.0.0", "early": "3.0.0", "later": "2.0.0"}

    shelf.do(offer_to_all, version="2.0.0")

    assert shelf.offered == {ALL: "2.0.0", "early": "3.0.0"}


def test_no_ring_and_nobody_goes_back(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")
    shelf.send("3.0.0")

    with pytest.raises(ValueRefused, match=r"ring early is offered 3\.0\.0, and browsers never go back"):
        shelf.do(offer_to_rings, version="2.0.0", names=["early"])
    with pytest.raises(ValueRefused, match=r"all are offered 1\.0\.0, and browsers never go back"):
        shelf.do(offer_to_rings, version="1.0.0", names=["later"])
    shelf.do(offer_to_all, version="3.0.0")
    with pytest.raises(ValueRefused, match="To bring back older content, roll back"):
        shelf.do(offer_to_all, version="2.0.0")


def test_unknown_rings_and_versions_and_no_ring_at_all_are_refused(shelf: Shelf) -> None:
    for verb, facts in (
        (offer_to_rings, {"version": "1.0.0", "names": ["nobody"]}),
        (set_first_rings, {"names": ["nobody"]}),
        (offer_to_all, {"version": "9"}),
        (offer_to_all, {"version": "x"}),
        (withdraw_release, {"version": "9", "reason": "It is broken."}),
    ):
        with pytest.raises(NotKnown):
            shelf.do(verb, **facts)
    with pytest.raises(ValueRefused, match="name one at least"):
        shelf.do(offer_to_rings, version="1.0.0", names=[])


def test_a_product_that_only_rings_have_got_is_in_the_store_for_them_alone(workshop: Workshop) -> None:
    shelf = _for_a_ring_alone(workshop)

    assert (shelf.product.state, shelf.product.live_release_id) == (ProductState.IN_STORE, None)
    assert shelf.offered == {"early": "2.0.0"}
    with pytest.raises(TransitionRefused, match="needs a release that all are offered"):
        shelf.roll_back()
    with pytest.raises(ValueRefused, match="all there is to offer"):
        shelf.withdraw("2.0.0")

    shelf.do(block_product, reason="It harms.")
    shelf.do(unblock_product)
    assert shelf.product.state is ProductState.IN_STORE

    shelf.do(offer_to_all, version="2.0.0")
    assert shelf.offered == {ALL: "2.0.0"}


@pytest.mark.parametrize("verb", [cancel_submission, reject_submission])
def test_an_update_of_a_product_that_only_rings_have_got_can_be_taken_back(
    workshop: Workshop, verb: Any
) -> None:
    shelf = _for_a_ring_alone(workshop)
    shelf.manually()
    update = shelf.send("3.0.0")

    shelf.database.run(verb, submission_id=update.id, actor="test", reason="It is not needed.")

    assert shelf.product.state is ProductState.IN_STORE


def _for_a_ring_alone(workshop: Workshop) -> Shelf:
    """A product that is published again after it was unpublished, to a ring first."""
    shelf = Shelf(workshop)
    shelf.database.run(create_ring, name="early", actor="test")
    shelf.do(unpublish_product)
    workshop.finish(shelf.id)
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")
    return shelf


def test_who_has_no_withdrawn_version_yet_gets_the_one_before(shelf: Shelf) -> None:
    first = shelf.database.read(find_release, product_id=shelf.id, version="1.0.0")
    shelf.send("2.0.0")

    shelf.withdraw("2.0.0")

    assert shelf.offered == {ALL: "1.0.0"}
    assert shelf.state(first.submission_id) is SubmissionState.IN_STORE
    with pytest.raises(TransitionRefused, match="is withdrawn; withdrawing it needs one that is not"):
        shelf.withdraw("2.0.0")
    with pytest.raises(TransitionRefused, match="is withdrawn; offering it needs one that is not"):
        shelf.do(offer_to_all, version="2.0.0")
    with pytest.raises(ValueRefused, match=r"2\.0\.0 was withdrawn: It is broken\."):
        shelf.roll_back(to_version="2.0.0")


def test_a_withdrawn_version_of_a_ring_leaves_it_what_all_have(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")

    shelf.withdraw("2.0.0")

    assert shelf.offered == {ALL: "1.0.0"}


def test_a_version_that_only_rings_have_had_comes_not_to_all_by_a_withdrawal(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")
    shelf.do(set_first_rings, names=[])
    shelf.send("3.0.0")

    shelf.withdraw("3.0.0")

    assert shelf.offered == {ALL: "1.0.0"}


def test_what_a_ring_has_stays_when_all_have_nothing_left(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    shelf.send("2.0.0")

    shelf.withdraw("1.0.0")

    assert shelf.offered == {"early": "2.0.0"}


def test_the_last_version_is_not_withdrawn(shelf: Shelf) -> None:
    with pytest.raises(ValueRefused, match="Unpublish the product instead"):
        shelf.withdraw("1.0.0")
    with pytest.raises(ValueRefused, match="say why"):
        shelf.do(withdraw_release, version="1.0.0", reason="")

    assert shelf.offered == {ALL: "1.0.0"}


def test_what_is_just_coming_back_is_not_withdrawn(shelf: Shelf) -> None:
    shelf.send("2.0.0")
    asked = shelf.do(roll_back, reason="It is broken.")

    with pytest.raises(TransitionRefused, match="needs that one's end first") as refused:
        shelf.withdraw("1.0.0")
    assert refused.value.command == f"openaddons submission cancel {asked.id}"


def test_offers_of_a_product_that_is_not_in_the_store_are_not_changed(shelf: Shelf) -> None:
    shelf.do(block_product, reason="It harms.")

    for verb, facts in ((offer_to_all, {}), (withdraw_release, {"reason": "It is broken."})):
        with pytest.raises(TransitionRefused, match="is “Blocked”"):
            shelf.do(verb, version="1.0.0", **facts)


def test_what_update_checks_are_answered_from_follows_every_verb(shelf: Shelf) -> None:
    shelf.do(set_first_rings, names=["early"])
    seen = [_read(shelf)]
    for step in (
        lambda: shelf.send("2.0.0"),
        lambda: shelf.do(offer_to_all, version="2.0.0"),
        lambda: shelf.withdraw("2.0.0"),
        lambda: shelf.do(block_product, reason="It harms."),
        lambda: shelf.do(unblock_product),
        lambda: shelf.do(unpublish_product) and shelf.workshop.finish(shelf.id),
    ):
        before = shelf.database.read(offered_generation)
        step()
        seen.append(_read(shelf, since=before))

    assert seen == [
        (False, {ALL: "1.0.0"}),
        (False, {ALL: "1.0.0", "early": "2.0.0"}),
        (False, {ALL: "2.0.0"}),
        (False, {ALL: "1.0.0"}),
        (True, {}),
        (False, {ALL: "1.0.0"}),
        (False, {}),
    ]
    now = shelf.database.read(offered_generation)
    assert shelf.database.read(lambda tx: list(read_offered(tx, since=now))) == []


def _read(shelf: Shelf, *, since: int = -1) -> tuple[bool, dict[str, str]]:
    """Whether the product is blocked, and the versions that are offered, as the serving side reads them."""
    (found,) = shelf.database.read(lambda tx: list(read_offered(tx, since=since)))
    assert found.crx_id == shelf.product.crx_id
    return found.blocked, {ring: release.version for ring, release in found.releases.items()}


def test_a_package_can_be_had_until_it_is_withdrawn_or_its_product_leaves(shelf: Shelf) -> None:
    first = shelf.database.read(find_release, product_id=shelf.id, version="1.0.0")
    shelf.send("2.0.0")
    second = shelf.database.read(find_release, product_id=shelf.id, version="2.0.0")
    crx_id = shelf.product.crx_id

    def sizes(crx_id: str = crx_id) -> list[int | None]:
        return asyncio.run(_sizes(shelf.database, crx_id, [first.digest, second.digest]))

    assert sizes() == [first.size_bytes, second.size_bytes]
    assert sizes("a" * 32) == [None, None]
    shelf.withdraw("2.0.0")
    assert sizes() == [first.size_bytes, None]
    shelf.do(block_product, reason="It harms.")
    assert sizes() == [None, None]


async def _sizes(database: Database, crx_id: str, digests: list[str]) -> list[int | None]:
    """What a download of each digest would send; None where there is none."""
    reads = open_hot_reads(database)
    try:
        found = [await reads.offered_package(crx_id=crx_id, digest=digest) for digest in digests]
    finally:
        await reads.close()
    return [None if each is None else each.size_bytes for each in found]


def test_the_update_url_in_a_package_is_where_the_store_was_last_served(shelf: Shelf) -> None:
    shelf.database.run(announce_update_url, url="https://addons.example/updates?token=abc")
    shelf.send("2.0.0")

    release = shelf.database.read(find_release, product_id=shelf.id, version="2.0.0")

    assert shelf.manifest(release)["update_url"] == "https://addons.example/updates?token=abc"
