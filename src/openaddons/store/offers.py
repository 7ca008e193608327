"""Offers: which release which browsers get. All get the live one; a ring may be ahead of it.

A ring is a group of browsers that asks at an update URL of its own. It is offered the higher of the release
that it was given and the live one, for versions of a browser's add-on only go up.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from openaddons.errors import ChangedMeanwhile, NotKnown, TransitionRefused, ValueRefused
from openaddons.packages.version import Version
from openaddons.store.offered import ALL, GIVEN
from openaddons.store.products import Product, find_product, lock_product, offers_changed, raise_generation
from openaddons.store.releases import (
    RELEASE,
    Release,
    find_release,
    list_releases,
    read_release,
    release_of,
)
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    move_submission,
    pending_submission,
    read_submission,
    record_submission,
)
from openaddons.store.tables import offers, products, releases, rings, submissions

IN_STORE: Final = (ProductState.IN_STORE, ProductState.UPDATE_IN_REVIEW)
_RING_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Ring:
    """A group of browsers that get releases first."""

    name: str
    created_time: datetime


def create_ring(tx: Transaction, *, name: str, actor: str) -> Ring:
    """A new ring, of which every serving process learns. Raises `ValueRefused`."""
    raise_generation(tx)  # first of all: of two rings of one name, the second finds the first
    if not _RING_NAME.fullmatch(name):
        raise ValueRefused(
            name="ring", problem="1 to 40 lower-case letters, digits and inner hyphens are needed."
        )
    if name in {ring.name for ring in list_rings(tx)}:
        raise ValueRefused(name="ring", problem=f"there is a ring {name} already.")
    tx.execute(rings.insert(), {"name": name, "created_time": tx.now})
    tx.record("ring.created", actor=actor, subject=name)
    return Ring(name=name, created_time=tx.now)


def list_rings(tx: Transaction) -> list[Ring]:
    """Every ring, by name."""
    query = sa.select(rings.c.name, rings.c.created_time).order_by(rings.c.name)
    return [Ring(**row) for row in tx.execute(query).mappings()]


def count_ahead(tx: Transaction) -> dict[str, int]:
    """By ring, of how many products it is offered a release that not all are; rings without any are left out."""
    query = sa.select(offers.c.ring, sa.func.count().label("total")).group_by(offers.c.ring)
    return {row.ring: row.total for row in tx.execute(query)}


def set_first_rings(
    tx: Transaction,
    *,
    product_id: str,
    names: Sequence[str],
    actor: str,
    instead_of: Sequence[str] | None = None,
) -> Product:
    """Choose the rings that get the product's next releases first; none: all get them at once.

    With ``instead_of`` they replace those rings alone. Raises `NotKnown` and `ChangedMeanwhile`.
    """
    product = lock_product(tx, product_id=product_id)
    if instead_of is not None and set(instead_of) != set(product.first_rings):
        raise ChangedMeanwhile(what="Who gets the next releases first")
    chosen = _known_rings(tx, names)
    tx.execute(products.update().where(products.c.id == product_id).values(first_rings=chosen))
    tx.record(
        "product.first-rings-set",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        rings=chosen,
    )
    return find_product(tx, id_or_crx_id=product_id)


def offer_to_rings(
    tx: Transaction, *, product_id: str, version: str, names: Sequence[str], actor: str
) -> Release:
    """Offer a release to rings, before all. Raises `NotKnown`, `TransitionRefused` or `ValueRefused`."""
    product, release = _offerable(tx, product_id=product_id, version=version, verb="offering it")
    chosen = _known_rings(tx, names)
    if not chosen:
        raise ValueRefused(name="ring", problem="name one at least.")
    given = offered_releases(tx, product_id=product_id)
    for ring in chosen:
        now = given.get(ring) or given.get(ALL)
        if now is not None and not _version(release) > _version(now):
            whom = f"ring {ring} is" if ring in given else "all are"
            raise ValueRefused(
                name="version",
                problem=f"{whom} offered {now.version}, and browsers never go back. To stop offering it, "
                "withdraw it.",
                command=f"openaddons release withdraw {product_id} {now.version}",
            )
    give_to_rings(tx, product_id=product_id, release_id=release.id, names=chosen)
    settle_submissions(tx, product=product)
    _record(tx, "offered", product, release, actor=actor, rings=chosen)
    offers_changed(tx, product_id=product_id)
    return release


def offer_to_all(tx: Transaction, *, product_id: str, version: str, actor: str) -> Release:
    """Offer a release to everybody. Raises `NotKnown`, `TransitionRefused` or `ValueRefused`."""
    product, release = _offerable(tx, product_id=product_id, version=version, verb="offering it")
    live = offered_releases(tx, product_id=product_id).get(ALL)
    if live is not None and not _version(release) > _version(live):
        raise ValueRefused(
            name="version",
            problem=f"all are offered {live.version}, and browsers never go back. To bring back older content, "
            "roll back.",
            command=f"openaddons release rollback {product_id}",
        )
    make_live(tx, product_id=product_id, release=release)
    settle_submissions(tx, product=product)
    _record(tx, "offered", product, release, actor=actor, rings=[])
    offers_changed(tx, product_id=product_id)
    return release


def withdraw_release(tx: Transaction, *, product_id: str, version: str, reason: str, actor: str) -> Release:
    """Offer a version no longer, to anybody; who has it keeps it.

    If it was live for all, they are offered the highest version before it that all were offered; a ring that
    was offered it is offered what all are. Raises `NotKnown`; `ValueRefused` without a reason or when nothing
    would be left to offer; and `TransitionRefused` when it was withdrawn before or is just coming back.
    """
    if not reason.strip():
        raise ValueRefused(name="reason", problem="say why: the publisher reads it.")
    product, release = _offerable(tx, product_id=product_id, version=version, verb="withdrawing it")
    rolling_back = pending_submission(tx, product_id=product_id, rolling_back=True)
    if rolling_back is not None and rolling_back.restored_release_id == release.id:
        raise TransitionRefused(
            noun="release",
            id=release.version,
            state="coming back by a roll back",
            verb="withdrawing it",
            needs="that one's end first",
            command=f"openaddons submission cancel {rolling_back.id}",
        )
    tx.execute(
        releases.update()
        .where(releases.c.id == release.id)
        .values(withdrawn_time=tx.now, withdrawn_reason=reason)
    )
    tx.execute(offers.delete().where(offers.c.release_id == release.id))
    if product.live_release_id == release.id:
        former = _former(tx, product_id=product_id)
        tx.execute(
            products.update()
            .where(products.c.id == product_id)
            .values(live_release_id=None if former is None else former.id)
        )
    if not offered_releases(tx, product_id=product_id):
        raise ValueRefused(
            name="version",
            problem=f"{release.version} is all there is to offer. Unpublish the product instead.",
            command=f"openaddons product unpublish {product_id}",
        )
    settle_submissions(tx, product=product)
    _record(tx, "withdrawn", product, release, actor=actor, reason=reason)
    offers_changed(tx, product_id=product_id)
    return read_release(tx, release_id=release.id)


def offered_releases(tx: Transaction, *, product_id: str) -> dict[str, Release]:
    """What is offered of a product: by ring those that are ahead, and under `ALL` the live one."""
    query = (
        sa.select(GIVEN.c.ring, *RELEASE)
        .join(releases, releases.c.id == GIVEN.c.release_id)
        .where(GIVEN.c.product_id == product_id)
    )
    return {row["ring"]: release_of(row) for row in tx.execute(query).mappings()}


def give_to_rings(tx: Transaction, *, product_id: str, release_id: str, names: Iterable[str]) -> None:
    """Write down what rings are offered. The product's row must be locked."""
    for name in names:
        tx.execute(offers.delete().where(offers.c.product_id == product_id, offers.c.ring == name))
        tx.execute(offers.insert(), {"product_id": product_id, "ring": name, "release_id": release_id})


def make_live(tx: Transaction, *, product_id: str, release: Release) -> None:
    """Write down what all are offered, and that rings which are not ahead any more are offered the same."""
    tx.execute(products.update().where(products.c.id == product_id).values(live_release_id=release.id))
    tx.execute(
        releases.update()
        .where(releases.c.id == release.id, releases.c.offered_to_all_time.is_(None))
        .values(offered_to_all_time=tx.now)
    )
    for ring, ahead in offered_releases(tx, product_id=product_id).items():
        if ring != ALL and not _version(ahead) > _version(release):
            tx.execute(offers.delete().where(offers.c.product_id == product_id, offers.c.ring == ring))


def settle_submissions(tx: Transaction, *, product: Product) -> None:
    """Let the submissions of a product say what is offered: those are in the store, former ones superseded."""
    offered = {each.id for each in offered_releases(tx, product_id=product.id).values()}
    query = (
        sa.select(submissions.c.id, submissions.c.state, releases.c.id.label("release_id"))
        .join(releases)
        .where(submissions.c.product_id == product.id)
    )
    for row in tx.execute(query).all():
        if row.release_id in offered and row.state == SubmissionState.SUPERSEDED:
            verb, known_as = "restore", "restored"
        elif row.release_id not in offered and row.state == SubmissionState.IN_STORE:
            verb, known_as = "supersede", "superseded"
        else:
            continue
        moved = move_submission(tx, submission=read_submission(tx, submission_id=row.id), verb=verb)
        record_submission(tx, known_as, product, moved, actor="store")


def _known_rings(tx: Transaction, names: Iterable[str]) -> list[str]:
    """The names, each once and sorted. Raises `NotKnown`."""
    chosen = sorted(set(names))
    known = {ring.name for ring in list_rings(tx)}
    for name in chosen:
        if name not in known:
            raise NotKnown(noun="ring", id=name)
    return chosen


def _version(release: Release) -> Version:
    return Version.parse(release.version)


def _offerable(tx: Transaction, *, product_id: str, version: str, verb: str) -> tuple[Product, Release]:
    """The locked product, which must be in the store, and a release of it that was not withdrawn."""
    product = lock_product(tx, product_id=product_id)
    if product.state not in IN_STORE:
        raise TransitionRefused(
            noun="product",
            id=product.id,
            state=f"“{product.state}”",
            verb=f"{verb} (version {version})",
            needs=" or ".join(f"“{state}”" for state in IN_STORE),
        )
    release = find_release(tx, product_id=product_id, version=version)
    if release.withdrawn_time is not None:
        raise TransitionRefused(
            noun="release", id=release.version, state="withdrawn", verb=verb, needs="one that is not"
        )
    return product, release


def _former(tx: Transaction, *, product_id: str) -> Release | None:
    """The highest version that all were offered once and that was not withdrawn."""
    candidates = [
        release
        for release in list_releases(tx, product_id=product_id)
        if release.offered_to_all_time is not None and release.withdrawn_time is None
    ]
    return max(candidates, key=_version, default=None)


def _record(
    tx: Transaction, verb: str, product: Product, release: Release, *, actor: str, **facts: Any
) -> None:
    tx.record(
        f"release.{verb}",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product.id,
        subject=release.id,
        version=release.version,
        **facts,
    )
