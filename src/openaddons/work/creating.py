"""A product that begins with a package: what an operator does for a publisher, by the steps that are anyone's."""

from pathlib import Path

from openaddons.errors import ValueRefused
from openaddons.ids import new_guid
from openaddons.store.operations import Operation, OperationKind, Outcome, accept_operation, read_operation
from openaddons.store.products import (
    Product,
    create_product,
    make_signing_key,
    new_product_id,
    read_signing_key,
)
from openaddons.store.publishers import Publisher
from openaddons.store.session import traced
from openaddons.store.submissions import Submission
from openaddons.work.publishing import submit_by_hand
from openaddons.work.tools import Tools
from openaddons.work.workshop import Workshop

_PIECE_BYTES = 1 << 20


def make_product(
    tools: Tools,
    *,
    publisher: Publisher,
    name: str,
    actor: str,
    pem: bytes | None = None,
    correlation_id: str | None = None,
) -> Product:
    """A new product in draft with a fresh signing key, or with the publisher's own. Raises `ValueRefused`."""
    product_id = new_product_id()
    if pem is None:
        key = make_signing_key(tools.master_key, product_id=product_id)
    else:
        key = read_signing_key(pem, tools.master_key, product_id=product_id)
    return tools.database.run(
        traced(create_product, correlation_id),
        publisher=publisher,
        product_id=product_id,
        name=name,
        key=key,
        actor=actor,
    )


def put_package(
    workshop: Workshop, *, product: Product, publisher: Publisher, path: Path, actor: str
) -> Operation:
    """Upload the package at ``path`` to the product's draft and carry the operation out. Returns its end."""
    tools = workshop.tools
    with path.open("rb") as file, tools.objects.begin() as incoming:
        while piece := file.read(_PIECE_BYTES):
            incoming.write([piece])
            if incoming.size_bytes > tools.settings.package_bytes_limit:
                raise ValueRefused(
                    name=str(path), problem=f"is larger than {tools.settings.package_bytes_limit} bytes."
                )
        stored = incoming.keep()
    operation_id = tools.database.run(
        accept_operation,
        kind=OperationKind.UPLOAD,
        product_id=product.id,
        publisher_id=publisher.id,
        actor=actor,
        correlation_id=new_guid(),
        stored=stored,
    )
    workshop.finish(product.id)
    operation = tools.database.read(read_operation, operation_id=operation_id)
    assert operation is not None
    return operation


def submit(workshop: Workshop, *, product_id: str, notes: str, actor: str) -> Submission | Outcome:
    """As `submit_by_hand`, and do what follows from it."""
    tools = workshop.tools
    answer = tools.database.run(
        submit_by_hand, product_id=product_id, notes=notes, actor=actor, settings=tools.settings
    )
    workshop.finish(product_id)
    return answer
