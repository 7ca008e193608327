"""Who approves: the certification policy that is in force, of a product and of the store.

A product's own policy comes first, then what the store's people chose at run time, then the setting.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from openaddons.errors import ValueRefused
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.products import PRODUCT, Product, product_of
from openaddons.store.session import Transaction
from openaddons.store.tables import products, store_certification

_ROW: Final = 1
_DELAY_SECONDS_LIMIT: Final = 366 * 86_400
_LISTED_LIMIT: Final = 200


class Source(StrEnum):
    """Where the policy that is in force was chosen."""

    PRODUCT = "product"
    STORE = "store"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Certification:
    """The policy that is in force."""

    policy: CertificationPolicy
    delay_seconds: int
    """Of the policy ``delayed``: the time in which a person can stop the approval."""
    source: Source
    chosen_by: str | None = None
    """Who chose it for the store; None where nobody did."""
    chosen_time: datetime | None = None


def store_certification_in_force(tx: Transaction, *, settings: Settings) -> Certification:
    """The policy of products that have none of their own."""
    row = tx.one_or_none(sa.select(store_certification))
    if row is None:
        return Certification(settings.certification, settings.certification_delay_seconds, Source.SETTING)
    delay_seconds = row["delay_seconds"]
    return Certification(
        policy=CertificationPolicy(row["policy"]),
        delay_seconds=settings.certification_delay_seconds if delay_seconds is None else delay_seconds,
        source=Source.STORE,
        chosen_by=row["chosen_by"],
        chosen_time=row["chosen_time"],
    )


def certification_in_force(tx: Transaction, *, product: Product, settings: Settings) -> Certification:
    """The policy under which the product's next submission is certified."""
    store = store_certification_in_force(tx, settings=settings)
    delay_seconds = product.certification_delay_seconds
    if delay_seconds is None:
        delay_seconds = store.delay_seconds
    if product.certification is None:
        return Certification(store.policy, delay_seconds, store.source, store.chosen_by, store.chosen_time)
    return Certification(CertificationPolicy(product.certification), delay_seconds, Source.PRODUCT)


def products_with_own_policy(tx: Transaction) -> list[Product]:
    """The products that have a policy of their own, by name, no more than 200."""
    query = (
        sa.select(*PRODUCT)
        .where(products.c.certification.is_not(None))
        .order_by(products.c.sorted_name, products.c.id)
        .limit(_LISTED_LIMIT)
    )
    return [product_of(row) for row in tx.execute(query).mappings()]


def choose_store_certification(
    tx: Transaction,
    *,
    policy: CertificationPolicy | None,
    actor: str,
    delay_seconds: int | None = None,
) -> None:
    """Choose the policy of products that have none of their own; None: the setting's again.

    What is in review stays under the policy with which it was submitted. Raises `ValueRefused`.
    """
    if delay_seconds is not None and not 0 <= delay_seconds <= _DELAY_SECONDS_LIMIT:
        raise ValueRefused(name="delay", problem=f"0 to {_DELAY_SECONDS_LIMIT} seconds are possible.")
    tx.execute(store_certification.delete())
    if policy is not None:
        tx.execute(
            store_certification.insert(),
            {
                "id": _ROW,
                "policy": policy,
                "delay_seconds": delay_seconds,
                "chosen_by": actor,
                "chosen_time": tx.now,
            },
        )
    tx.record(
        "store.certification-set",
        actor=actor,
        policy=policy and policy.value,
        delay_seconds=delay_seconds,
    )
