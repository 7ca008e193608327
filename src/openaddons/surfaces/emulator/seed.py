"""What the emulator begins with: publishers, credentials and products, made by the verbs that make everybody's."""

import io
import json
import tomllib
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openaddons.errors import ControlRefused, Refusal
from openaddons.policies import CertificationPolicy
from openaddons.store.keeping_back import block_product
from openaddons.store.operations import Outcome
from openaddons.store.products import (
    Product,
    SigningKey,
    create_product,
    find_product,
    new_product_id,
    read_signing_key,
    set_certification,
)
from openaddons.store.publishers import CredentialKind, Publisher, create_credential, create_publisher
from openaddons.store.releasing import unpublish_product
from openaddons.store.session import Transaction
from openaddons.store.states import OperationState, ProductState
from openaddons.surfaces.emulator.reserved import RESERVED, SEED_PRODUCT_ID
from openaddons.surfaces.emulator.script import SEEDING
from openaddons.surfaces.emulator.wire import Seed, SeedProduct, SeedPublisher, check
from openaddons.work.creating import put_package, submit
from openaddons.work.tools import Tools
from openaddons.work.workshop import Workshop

DEFAULT_SEED: Final = Seed(
    publishers=(SeedPublisher(name="Emulator", products=(SeedProduct(id=SEED_PRODUCT_ID),)),)
)
_LIFETIME: Final = timedelta(days=72)  # Microsoft's


@dataclass(frozen=True, slots=True)
class Account:
    """A publisher that was planted, with the credentials that speak for it."""

    publisher: Publisher
    api_key: str
    client_secret: str
    products: tuple[Product, ...]

    def to_json(self, base_url: str) -> dict[str, Any]:
        """As it is told to whoever starts or seeds the emulator."""
        return {
            "publisherName": self.publisher.name,
            "clientId": self.publisher.client_id,
            "apiKey": self.api_key,
            "clientSecret": self.client_secret,
            "tokenUrl": f"{base_url}/{self.publisher.tenant_id}/oauth2/v2.0/token",
            "products": [
                {"id": each.id, "name": each.name, "crxId": each.crx_id, "state": each.state.value}
                for each in self.products
            ],
        }


def read_seed(path: Path) -> Seed:
    """The seed in a JSON or TOML file. Raises `ControlRefused`, which names every problem, and `OSError`."""
    text = path.read_text(encoding="utf-8")
    try:
        value = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ControlRefused(problem=f"{path} cannot be read: {error}") from None
    return check(Seed, value)


def plant(workshop: Workshop, seed: Seed) -> list[Account]:
    """Make everything that the seed names. Raises `ControlRefused` when something of it is there already."""
    try:
        return [_plant_publisher(workshop, wanted) for wanted in seed.publishers]
    except Refusal as refusal:
        raise ControlRefused(problem=refusal.message) from None


def plant_reserved(tools: Tools, publisher: Publisher) -> None:
    """The reserved products: their rows are all they need, for whatever is sent to them ends as is written."""
    keys = [(each, _make_key(tools, product_id=each.id)) for each in RESERVED]

    def create(tx: Transaction) -> None:
        for each, key in keys:
            create_product(
                tx, publisher=publisher, product_id=each.id, name=each.name, key=key, actor=SEEDING
            )

    tools.database.run(create)


def sample_package(version: str, *, name: str = "Sample") -> bytes:
    """A small good package of that version."""
    manifest = {
        "manifest_version": 3,
        "name": name,
        "version": version,
        "description": "Made by the emulator.",
        "background": {"service_worker": "worker.js"},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        archive.writestr("worker.js", "console.log('ready');\n")
    return packed.getvalue()


def _plant_publisher(workshop: Workshop, wanted: SeedPublisher) -> Account:
    database = workshop.tools.database
    publisher = database.run(create_publisher, name=wanted.name, actor=SEEDING)
    api_key, client_secret = (
        database.run(create_credential, publisher=publisher, kind=kind, lifetime=_LIFETIME, actor=SEEDING)[1]
        for kind in (CredentialKind.API_KEY, CredentialKind.CLIENT_SECRET)
    )
    products = tuple(_plant_product(workshop, publisher, each) for each in wanted.products)
    return Account(publisher, api_key=api_key, client_secret=client_secret, products=products)


def _plant_product(workshop: Workshop, publisher: Publisher, wanted: SeedProduct) -> Product:
    database = workshop.tools.database
    product_id = wanted.id or new_product_id()
    product = database.run(
        create_product,
        publisher=publisher,
        product_id=product_id,
        name=wanted.name,
        key=_make_key(workshop.tools, product_id=product_id),
        actor=SEEDING,
    )
    in_review = wanted.state is ProductState.IN_REVIEW
    if wanted.state is not ProductState.IN_DRAFT:
        _submit(workshop, publisher, product, version=wanted.version, approve=not in_review)
    if wanted.state is ProductState.UPDATE_IN_REVIEW:
        _submit(workshop, publisher, product, version=wanted.update_version, approve=False)
    if wanted.state is ProductState.UNPUBLISHED:
        database.run(unpublish_product, product_id=product.id, actor=SEEDING)
        workshop.finish(product.id)
    if wanted.state is ProductState.BLOCKED:
        database.run(block_product, product_id=product.id, reason="The seed says so.", actor=SEEDING)
    _certify(workshop, product, policy=wanted.certification, delay_seconds=wanted.certification_delay_seconds)
    return database.read(find_product, id_or_crx_id=product.id)


def _submit(
    workshop: Workshop, publisher: Publisher, product: Product, *, version: str, approve: bool
) -> None:
    policy = CertificationPolicy.AUTOMATIC if approve else CertificationPolicy.MANUAL
    _certify(workshop, product, policy=policy)
    path = workshop.tools.settings.data / f"{product.id}.zip"
    path.write_bytes(sample_package(version, name=product.name))
    try:
        uploaded = put_package(workshop, product=product, publisher=publisher, path=path, actor=SEEDING)
    finally:
        path.unlink()
    if uploaded.state is not OperationState.SUCCEEDED:
        raise ControlRefused(problem=f"{product.name} {version}: {uploaded.message}")
    answer = submit(workshop, product_id=product.id, notes="", actor=SEEDING)
    if isinstance(answer, Outcome):
        raise ControlRefused(problem=f"{product.name} {version}: {answer.message}")


def _certify(
    workshop: Workshop,
    product: Product,
    *,
    policy: CertificationPolicy | None,
    delay_seconds: int | None = None,
) -> None:
    workshop.tools.database.run(
        set_certification,
        product_id=product.id,
        policy=policy and policy.value,
        delay_seconds=delay_seconds,
        actor=SEEDING,
    )


def _make_key(tools: Tools, *, product_id: str) -> SigningKey:
    """A key that follows from the product's id, and with it the CRX ID: the same in every emulator."""
    number = int.from_bytes(sha256(product_id.encode()).digest()) >> 1  # below the order of the curve
    private = ec.derive_private_key(number, ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return read_signing_key(pem, tools.master_key, product_id=product_id)
