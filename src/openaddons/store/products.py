"""Products: their identity, their signing key and their state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from openaddons.errors import KeyUnusable, NotKnown, TransitionRefused, ValueRefused
from openaddons.ids import new_guid, read_guid
from openaddons.packages.crx3 import RSA_KEY_BITS, PrivateKey, crx_id
from openaddons.store import states
from openaddons.store.catalogue import refresh_catalogue
from openaddons.store.modules import Module, starting_content
from openaddons.store.offered import SERVED
from openaddons.store.publishers import Publisher
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.tables import (
    PENDING,
    UNPUBLISHING,
    Moment,
    drafts,
    offering,
    operations,
    products,
    releases,
    submissions,
)

NAME_CHARACTERS_LIMIT: Final = 200
"""Of a product's name."""
_KEY_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Product:
    """An add-on of a publisher."""

    id: str
    publisher_id: str
    name: str
    crx_id: str
    state: ProductState
    certification: str | None
    certification_delay_seconds: int | None
    live_release_id: str | None
    """The release that is offered to all."""
    first_rings: list[str]
    """Rings that get a new release first; none: all get it at once."""
    kept_back_time: datetime | None
    """Since when browsers do not get it, because it is blocked or in quarantine; None: it is neither."""
    kept_back_reason: str | None
    first_published_time: datetime | None
    created_time: datetime
    last_updated_time: datetime

    @property
    def served(self) -> bool:
        """Whether browsers get it."""
        return self.state in SERVED and self.kept_back_time is None

    @property
    def quarantined(self) -> bool:
        """Whether it is in quarantine: kept back in the state in which it is (store/keeping_back.py)."""
        return self.kept_back_time is not None and self.state is not ProductState.BLOCKED


PRODUCT: Final = tuple(products.c[name] for name in Product.__slots__)
"""The columns of a `Product`."""


def product_of(row: sa.RowMapping) -> Product:
    """The product in a row that has its columns and perhaps others."""
    values = {name: row[name] for name in Product.__slots__}
    return Product(**values | {"state": ProductState(row["state"])})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A product's new key: what the outside may know of it, and the rest sealed."""

    crx_id: str
    sealed: bytes
    sealed_by: str


def make_signing_key(master_key: MasterKey, *, product_id: str) -> SigningKey:
    """A fresh RSA-2048 key, sealed for the product. Takes some 100 ms: call it outside of a transaction."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    return _sealed(key, master_key, product_id=product_id)


def read_signing_key(pem: bytes, master_key: MasterKey, *, product_id: str) -> SigningKey:
    """A publisher's own key, as ``chromium --pack-extension`` and openssl write it, sealed for the product.

    Raises `ValueRefused` when it is no private key that browsers take a signature of (crx_verifier.cc).
    """
    try:
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, rsa.RSAPrivateKey) and key.key_size in RSA_KEY_BITS:
            # Now that it is not too large: to find out whether the primes are some takes longer with every bit.
            key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise ValueRefused(
            name="key", problem="it is encrypted. Decrypt it: openssl pkey -in key.pem -out plain.pem"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueRefused(name="key", problem="it is no private key in PEM.") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size in RSA_KEY_BITS:
        return _sealed(key, master_key, product_id=product_id)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return _sealed(key, master_key, product_id=product_id)
    raise ValueRefused(
        name="key", problem="browsers take RSA keys of 1024 to 8192 bits and ECDSA keys on P-256, no others."
    )


def _sealed(key: PrivateKey, master_key: MasterKey, *, product_id: str) -> SigningKey:
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(
        crx_id=crx_id(public),
        sealed=master_key.seal(private, context=product_id),
        sealed_by=master_key.key_id,
    )


def open_signing_key(tx: Transaction, *, product_id: str, master_key: MasterKey) -> PrivateKey:
    """The product's key, ready to sign. Raises `KeyUnusable` when another master key sealed it."""
    row = tx.execute(
        sa.select(products.c.signing_key, products.c.signing_key_sealed_by).where(products.c.id == product_id)
    ).one()
    if row.signing_key_sealed_by != master_key.key_id:
        raise KeyUnusable(product_id=product_id, key_id=row.signing_key_sealed_by)
    # Whether an RSA key is one was asked when it was sealed, and the seal holds: asking again takes 60 ms.
    key = load_der_private_key(
        master_key.unseal(row.signing_key, context=product_id),
        password=None,
        unsafe_skip_rsa_key_validation=True,
    )
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def create_product(
    tx: Transaction, *, publisher: Publisher, product_id: str, name: str, key: SigningKey, actor: str
) -> Product:
    """A new product in draft, with a CRX ID that it keeps for life. Raises `ValueRefused`."""
    if tx.execute(sa.select(products.c.id).where(products.c.crx_id == key.crx_id)).first() is not None:
        raise ValueRefused(name="key", problem=f"there is a product with it already: {key.crx_id}.")
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARACTERS_LIMIT:
        raise ValueRefused(name="name", problem=f"must have 1 to {NAME_CHARACTERS_LIMIT} characters.")
    tx.execute(
        products.insert(),
        {
            "id": product_id,
            "publisher_id": publisher.id,
            "name": name,
            "sorted_name": name.casefold(),
            "crx_id": key.crx_id,
            "state": ProductState.IN_DRAFT,
            "signing_key": key.sealed,
            "signing_key_sealed_by": key.sealed_by,
            "created_time": tx.now,
            "last_updated_time": tx.now,
        },
    )
    tx.execute(
        drafts.insert(),
        {
            "product_id": product_id,
            "modules": {m.value: starting_content(m) for m in Module if m is not Module.PACKAGES},
            "revision": 0,
            "last_updated_time": tx.now,
        },
    )
    tx.record(
        "product.created",
        actor=actor,
        publisher_id=publisher.id,
        product_id=product_id,
        subject=product_id,
        name=name,
        crx_id=key.crx_id,
    )
    return find_product(tx, id_or_crx_id=product_id)


def new_product_id() -> str:
    """An id for a product that is about to be created."""
    return new_guid()


def find_product(tx: Transaction, *, id_or_crx_id: str) -> Product:
    """The product of that id or CRX ID. Raises `NotKnown`."""
    wanted = read_guid(id_or_crx_id) or id_or_crx_id
    row = tx.one_or_none(
        sa.select(*PRODUCT).where(sa.or_(products.c.id == wanted, products.c.crx_id == wanted))
    )
    if row is None:
        raise NotKnown(noun="product", id=id_or_crx_id)
    return product_of(row)


def list_products(tx: Transaction, *, publisher: Publisher | None = None) -> list[Product]:
    """The products of a publisher or of all, oldest first."""
    query = sa.select(*PRODUCT).order_by(products.c.created_time, products.c.id)
    if publisher is not None:
        query = query.where(products.c.publisher_id == publisher.id)
    return [product_of(row) for row in tx.execute(query).mappings()]


def product_names(tx: Transaction, *, publisher_id: str, limit: int) -> dict[str, str]:
    """The names of a publisher's products by their ids, in the order of the names."""
    query = (
        sa.select(products.c.id, products.c.name)
        .where(products.c.publisher_id == publisher_id)
        .order_by(products.c.sorted_name, products.c.id)
        .limit(limit)
    )
    return {row.id: row.name for row in tx.execute(query).all()}


def page_of_products(
    tx: Transaction, *, publisher_id: str, product_id: str | None, after: str | None, limit: int
) -> list[str]:
    """Ids of a publisher's products, oldest first, of those after that one. With ``product_id`` of it alone.

    Raises `ValueRefused` when ``after`` is none of them.
    """
    own = sa.select(products.c.id, products.c.created_time).where(products.c.publisher_id == publisher_id)
    if product_id is not None:
        own = own.where(products.c.id == product_id)
    query = own.order_by(products.c.created_time, products.c.id).limit(limit)
    if after is not None:
        last = tx.execute(own.where(products.c.id == after)).one_or_none()
        if last is None:
            raise ValueRefused(name="after", problem="it is not the “next” of a page of this list.")
        key = sa.tuple_(products.c.created_time, products.c.id)
        query = query.where(key > sa.tuple_(sa.literal(last.created_time, Moment), last.id))
    return list(tx.execute(query).scalars())


def lock_product(tx: Transaction, *, product_id: str) -> Product:
    """The product, with its row locked until the commit: what is read under the lock stays true.

    An update is a lock on both databases, and every verb that changes anything of a product begins here.
    Raises `NotKnown`.
    """
    row = tx.one_or_none(
        products.update()
        .where(products.c.id == product_id)
        .values(last_updated_time=tx.now)
        .returning(*PRODUCT)
    )
    if row is None:
        raise NotKnown(noun="product", id=product_id)
    return product_of(row)


def move_product(tx: Transaction, *, product: Product, verb: str, **values: Any) -> ProductState:
    """Take the product to the state where ``verb`` leads. Raises `TransitionRefused`."""
    target = states.PRODUCT[verb].get(product.state)
    if target is None:
        needs = " or ".join(f"“{state}”" for state in states.PRODUCT[verb])
        raise TransitionRefused(
            noun="product", id=product.id, state=f"“{product.state}”", verb=verb, needs=needs
        )
    changed = tx.execute(
        products.update()
        .where(products.c.id == product.id, products.c.state == product.state)
        .values(state=target, **values)
    )
    assert changed.rowcount == 1  # the row is locked
    return ProductState(target)


def offers_changed(tx: Transaction, *, product_id: str) -> None:
    """Note that browsers are offered something else of the product from the commit on.

    The last thing that a verb does: from here on no other can do it until the commit.
    """
    refresh_catalogue(tx.connection, product_id=product_id)
    generation = raise_generation(tx)
    tx.execute(products.update().where(products.c.id == product_id).values(offered_generation=generation))


def raise_generation(tx: Transaction) -> int:
    """Count a change of what is offered; every serving process reads what has changed since it last did.

    The row of the count is locked until the commit, so its numbers are committed in their order, and a reader
    that has seen one number has seen all before it.
    """
    generation: int = tx.execute(
        offering.update().values(generation=offering.c.generation + 1).returning(offering.c.generation)
    ).scalar_one()
    tx.changes.offers_changed = True
    return generation


def set_certification(
    tx: Transaction, *, product_id: str, policy: str | None, delay_seconds: int | None, actor: str
) -> Product:
    """Give the product a certification policy of its own, or with None the store's again."""
    product = lock_product(tx, product_id=product_id)
    tx.execute(
        products.update()
        .where(products.c.id == product_id)
        .values(certification=policy, certification_delay_seconds=delay_seconds)
    )
    tx.record(
        "product.certification-set",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        policy=policy,
        delay_seconds=delay_seconds,
    )
    return find_product(tx, id_or_crx_id=product_id)


def _work(tx: Transaction) -> tuple[sa.Select[tuple[str]], sa.Select[tuple[str]], sa.Select[tuple[str]]]:
    """Products with something to do now: an operation, a submission, an unpublishing."""
    due = sa.and_(submissions.c.state == states.SubmissionState.IN_REVIEW, submissions.c.due_time <= tx.now)
    approved = sa.and_(submissions.c.state == states.SubmissionState.APPROVED, sa.not_(submissions.c.held))
    return (
        sa.select(operations.c.product_id).where(operations.c.state == states.OperationState.IN_PROGRESS),
        sa.select(submissions.c.product_id).where(PENDING, sa.or_(due, approved)),
        sa.select(products.c.id).where(UNPUBLISHING),
    )


def products_with_work(tx: Transaction, *, limit: int = 1000) -> list[str]:
    """The products that have something to do now which nobody has leased: what a sweep takes up."""
    operating, submitting, unpublishing = _work(tx)
    free = (
        operating.where(sa.or_(operations.c.leased_until.is_(None), operations.c.leased_until <= tx.now)),
        submitting.where(sa.or_(submissions.c.leased_until.is_(None), submissions.c.leased_until <= tx.now)),
        unpublishing,
    )
    return list(tx.execute(sa.union(*free).limit(limit)).scalars())


def has_work(tx: Transaction, *, product_id: str) -> bool:
    """Whether the product has something to do now, be it leased or not."""
    operating, submitting, unpublishing = _work(tx)
    own = (
        operating.where(operations.c.product_id == product_id),
        submitting.where(submissions.c.product_id == product_id),
        unpublishing.where(products.c.id == product_id),
    )
    return tx.execute(sa.union(*own)).first() is not None


def highest_version(tx: Transaction, *, product_id: str) -> str | None:
    """The highest version ever published of the product, as Chromium compares; None when there was none.

    A roll back that is about to be signed counts.
    """
    from openaddons.packages.version import Version

    published = sa.select(releases.c.version).where(releases.c.product_id == product_id)
    rolling_back = sa.select(submissions.c.version).where(
        submissions.c.product_id == product_id, PENDING, submissions.c.restored_release_id.is_not(None)
    )
    versions = tx.execute(published.union(rolling_back)).scalars()
    return max(versions, key=Version.parse, default=None)
