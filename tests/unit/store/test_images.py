"""Images of a listing: whose they are and how large they must be."""

import struct
import zlib

import pytest

from openaddons.errors import ValueRefused
from openaddons.store.drafts import read_draft, set_module
from openaddons.store.images import add_image, read_png_size
from openaddons.store.modules import Module, read_language
from openaddons.work.creating import make_product
from openaddons.work.workshop import Workshop
from tests.stores import make_account


def _png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def _product_with_image(workshop: Workshop, width: int, height: int, *, name: str) -> tuple[str, str]:
    account = make_account(workshop, name)
    product = make_product(workshop.tools, publisher=account.publisher, name=name, actor="test")
    data = _png(width, height)
    with workshop.tools.objects.begin() as incoming:
        incoming.write([data])
        stored = incoming.keep()
    workshop.tools.database.run(
        add_image, product_id=product.id, stored=stored, size=read_png_size(data), actor="test"
    )
    return product.id, stored.key


def _set_logo(workshop: Workshop, product_id: str, key: str) -> None:
    listing = {"en": {"description": "x" * 250, "logo": key}}
    workshop.tools.database.run(
        set_module, product_id=product_id, module=Module.LISTING, content=listing, actor="test"
    )


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(30), _png(1, 1)[:20], _png(0, 5)])
def test_what_is_no_png_is_refused(data: bytes) -> None:
    with pytest.raises(ValueRefused, match="is not a PNG"):
        read_png_size(data)


def test_a_logo_of_the_product_makes_the_listing_valid(workshop: Workshop) -> None:
    product_id, key = _product_with_image(workshop, 300, 300, name="Acme")

    _set_logo(workshop, product_id, key)

    draft = workshop.tools.database.read(
        read_draft, product_id=product_id, require=workshop.tools.settings.required_fields
    )
    listing = next(each for each in draft.modules if each.module is Module.LISTING)
    assert read_language(listing.content["en"])["logo"] == key


def test_a_logo_that_is_not_square_is_refused_with_the_size_it_must_have(workshop: Workshop) -> None:
    product_id, key = _product_with_image(workshop, 300, 200, name="Acme")

    with pytest.raises(ValueRefused, match=r"is 300 × 200 pixels; it must be square"):
        _set_logo(workshop, product_id, key)


def test_nobody_can_show_the_image_of_somebody_else(workshop: Workshop) -> None:
    mine, _ = _product_with_image(workshop, 300, 300, name="Acme")
    _, theirs = _product_with_image(workshop, 300, 300, name="Other")

    with pytest.raises(ValueRefused, match="names no image of this product"):
        _set_logo(workshop, mine, theirs)
