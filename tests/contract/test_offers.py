"""Who is offered what: rings, all, roll backs, withdrawn versions, on both databases."""

import asyncio
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from openaddons.app import open_hot_reads
from openaddons.errors import NotKnown, TransitionRefused, ValueRefused
from openaddons.objects import StoredObject
from openaddons.policies import CertificationPolicy
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
    offered_releases,
    set_first_rings,
    withdraw_release,
)
from openaddons.store.operations import ClaimLost
from openaddons.store.products import Product, find_product, set_certification
from openaddons.store.releases import Release, find_release
from openaddons.store.releasing import SignedPackage, create_release, unpublish_product
from openaddons.store.rolling_back import content_of, roll_back
from openaddons.store.session import Database
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    approve_submission,
    cancel_submission,
    claim_submission,
    hold_submission,
    read_submission,
    reject_submission,
)
from openaddons.work.creating import put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import make_account, make_published, make_zip

_LEASE = timedelta(seconds=15)


class Shelf:
    """One product, and what its publisher and its operator do with it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.database = workshop.tools.database
        self.account = make_account(workshop)
        self.id = make_published(workshop, self.account).id

    @property
    def product(self) -> Product:
        return self.database.read(find_product, id_or_crx_id=self.id)

    @property
    def offered(self) -> dict[str, str]:
        """The version that is offered, by ring."""
        found = self.database.read(offered_releases, product_id=self.id)
        return {ring: release.version for ring, release in found.items()}

    def send(self, version: str) -> Submission:
        path = self.workshop.tools.settings.data / "next.zip"
        path.write_bytes(make_zip(version))
        put_package(
            self.workshop, product=self.product, publisher=self.account.publisher, path=path, actor="test"
        )
        sent = submit(self.workshop, product_id=self.id, notes="", actor="test")
        assert isinstance(sent, Submission), sent
        return sent

    def do(self, verb: Any, **facts: Any) -> Any:
        return self.database.run(verb, product_id=self.id, actor="test", **facts)

    def manually(self) -> None:
        self.do(set_certification, policy=CertificationPolicy.MANUAL, delay_seconds=None)

    def roll_back(self, **facts: Any) -> Release:
        asked = self.do(roll_back, reason="It is broken.", **facts)
        self.workshop.finish(self.id)
        return self.database.read(find_release, product_id=self.id, version=asked.version)

    def withdraw(self, version: str) -> None:
        self.do(withdraw_release, version=version, reason="It is broken.")

    def content(self, release: Release) -> str:
        return self.database.read(content_of, release=release).version

    def state(self, submission_id: str) -> SubmissionState:
        return self.database.read(read_submission, submission_id=submission_id).state

    def claim(self) -> Submission:
        claimed = self.database.run(claim_submission, product_id=self.id, lease=_LEASE)
        assert claimed is not None
        return claimed


@pytest.fixture
def shelf(workshop: Workshop) -> Shelf:
    """A product with version 1.0.0 in the store, and two rings."""
    made = Shelf(workshop)
    for name in ("early", "later"):
        made.database.run(create_ring, name=name, actor="test")
    return made


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


def test_a_roll_back_brings_the_content_before_under_the_next_number_to_all(shelf: Shelf) -> None:
    first = shelf.database.read(find_release, product_id=shelf.id, version="1.0.0")
    shelf.send("2.0.0")

    release = shelf.roll_back()

    assert (release.version, shelf.content(release)) == ("2.0.0.1", "1.0.0")
    assert shelf.offered == {ALL: "2.0.0.1"}
    assert _manifest(shelf, release) == _manifest(shelf, first) | {"version": "2.0.0.1"}
    assert shelf.state(first.submission_id) is SubmissionState.SUPERSEDED


def _manifest(shelf: Shelf, release: Release) -> Any:
    with shelf.workshop.tools.objects.open(release.object_key) as file, zipfile.ZipFile(file) as packed:
        return json.loads(packed.read("manifest.json"))


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
    assert shelf.database.run(claim_submission, product_id=shelf.id, lease=_LEASE) is None


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

    assert _manifest(shelf, release)["update_url"] == "https://addons.example/updates?token=abc"
