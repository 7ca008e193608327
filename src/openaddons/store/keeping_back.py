"""Products that an administrator keeps back: browsers do not get them, and their publishers read why.

A blocked product is out of the store: what is pending is cancelled, nothing can be published, and policies that
are made from then on remove it from browsers. One in quarantine is only looked at. It keeps its state, operations
and reviews go on, who has it keeps it; what is released meanwhile is offered once the quarantine is lifted. So a
quarantine ends without a trace but its events (docs/decisions/0013).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from openaddons.errors import TransitionRefused, ValueRefused
from openaddons.store.products import Product, find_product, lock_product, move_product, offers_changed
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.submissions import drop_pending
from openaddons.store.tables import KEPT_BACK, offers, products, publishers

REASON_CHARACTERS_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class KeptBack:
    """A product that browsers do not get, as one of many."""

    id: str
    name: str
    publisher: str
    state: ProductState
    kept_back_time: datetime
    kept_back_reason: str


def block_product(tx: Transaction, *, product_id: str, reason: str, actor: str) -> Product:
    """Take a product out of the store by the operator's order; a quarantine ends by it.

    Raises `NotKnown`, `ValueRefused` without a reason, or `TransitionRefused`.
    """
    reason = _stated(reason)
    product = lock_product(tx, product_id=product_id)
    drop_pending(tx, product=product, actor=actor, reason=f"The product was blocked: {reason}")
    move_product(tx, product=product, verb="block", kept_back_time=tx.now, kept_back_reason=reason)
    return _changed(tx, "blocked", product, actor=actor, reason=reason)


def unblock_product(tx: Transaction, *, product_id: str, actor: str) -> Product:
    """Let a blocked product back to where it was: the store, unpublished, or draft."""
    product = lock_product(tx, product_id=product_id)
    offered = sa.select(offers.c.release_id).where(offers.c.product_id == product_id)
    if product.live_release_id is not None or tx.execute(offered).first() is not None:
        verb = "unblock to store"
    elif product.first_published_time is not None:
        verb = "unblock to unpublished"
    else:
        verb = "unblock to draft"
    move_product(tx, product=product, verb=verb, kept_back_time=None, kept_back_reason=None)
    return _changed(tx, "unblocked", product, actor=actor)


def quarantine_product(tx: Transaction, *, product_id: str, reason: str, actor: str) -> Product:
    """Offer nobody the product while it is looked at.

    Raises `NotKnown`, `ValueRefused` without a reason, or `TransitionRefused` when it is kept back already.
    """
    reason = _stated(reason)
    product = lock_product(tx, product_id=product_id)
    if product.kept_back_time is not None:
        state = "in quarantine" if product.quarantined else f"“{product.state}”"
        raise TransitionRefused(
            noun="product", id=product_id, state=state, verb="quarantine", needs="one that is not kept back"
        )
    _keep_back(tx, product, kept_back_time=tx.now, kept_back_reason=reason)
    return _changed(tx, "quarantined", product, actor=actor, reason=reason)


def lift_quarantine(tx: Transaction, *, product_id: str, actor: str) -> Product:
    """Offer the product again, as far as it is in the store.

    Raises `NotKnown`, or `TransitionRefused` when it is not in quarantine.
    """
    product = lock_product(tx, product_id=product_id)
    if not product.quarantined:
        raise TransitionRefused(
            noun="product",
            id=product_id,
            state=f"“{product.state}” and not in quarantine",
            verb="lift quarantine",
            needs="one that is",
        )
    _keep_back(tx, product, kept_back_time=None, kept_back_reason=None)
    return _changed(tx, "quarantine-lifted", product, actor=actor)


def list_kept_back(tx: Transaction, *, limit: int) -> list[KeptBack]:
    """Products that are blocked or in quarantine, those first that are so the longest."""
    query = (
        sa.select(
            products.c.id,
            products.c.name,
            publishers.c.name.label("publisher"),
            products.c.state,
            products.c.kept_back_time,
            products.c.kept_back_reason,
        )
        .join(publishers, publishers.c.id == products.c.publisher_id)
        .where(KEPT_BACK)
        .order_by(products.c.kept_back_time, products.c.id)
        .limit(limit)
    )
    return [
        KeptBack(**dict(row) | {"state": ProductState(row["state"])}) for row in tx.execute(query).mappings()
    ]


def _stated(reason: str) -> str:
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS_LIMIT:
        raise ValueRefused(
            name="reason",
            problem=f"say why, in at most {REASON_CHARACTERS_LIMIT:,} characters: the publisher reads it.",
        )
    return reason


def _keep_back(tx: Transaction, product: Product, **values: Any) -> None:
    tx.execute(products.update().where(products.c.id == product.id).values(**values))


def _changed(tx: Transaction, verb: str, product: Product, *, actor: str, **facts: str) -> Product:
    tx.record(
        f"product.{verb}",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product.id,
        subject=product.id,
        **facts,
    )
    offers_changed(tx, product_id=product.id)
    return find_product(tx, id_or_crx_id=product.id)
