"""Images of a listing: whose they are and how large they must be."""

from datetime import timedelta

import pytest

from openaddons.errors import ValueRefused
from openaddons.store import images, tables
from openaddons.store.drafts import read_draft, set_module
from openaddons.store.images import Image, add_image, find_images
from openaddons.store.modules import Module, read_language
from openaddons.work.creating import make_product
from openaddons.work.images import keep_image, redraw
from openaddons.work.workshop import Workshop
from tests.pictures import picture
from tests.stores import make_account


def _product_with_image(workshop: Workshop, width: int, height: int, *, name: str) -> tuple[str, str]:
    account = make_account(workshop, name)
    product = make_product(workshop.tools, publisher=account.publisher, name=name, actor="test")
    return product.id, _add(workshop, product.id, picture(width, height)).object_key


def _add(workshop: Workshop, product_id: str, data: bytes) -> Image:
    stored, size = keep_image(workshop.tools.objects, redraw(data))
    return workshop.tools.database.run(
        add_image, product_id=product_id, stored=stored, size=size, actor="test"
    )


def _set_logo(workshop: Workshop, product_id: str, key: str) -> None:
    listing = {"en": {"description": "x" * 250, "logo": key}}
    workshop.tools.database.run(
        set_module, product_id=product_id, module=Module.LISTING, content=listing, actor="test"
    )


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


def test_the_same_picture_is_one_image_of_a_product(workshop: Workshop) -> None:
    product_id, key = _product_with_image(workshop, 300, 300, name="Acme")

    assert _add(workshop, product_id, picture()).object_key == key
    assert _add(workshop, product_id, picture(colour=(1, 2, 3))).object_key != key


def test_a_product_has_no_more_images_than_its_listing_can_show(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "IMAGES_LIMIT", 2)
    product_id, _ = _product_with_image(workshop, 300, 300, name="Acme")
    _add(workshop, product_id, picture(colour=(1, 2, 3)))

    with pytest.raises(ValueRefused, match="the product has 2 already"):
        _add(workshop, product_id, picture(colour=(4, 5, 6)))
    assert _add(workshop, product_id, picture()).width == 300


def test_images_that_nothing_names_make_room_for_new_ones(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "IMAGES_LIMIT", 3)
    product_id, named = _product_with_image(workshop, 300, 300, name="Acme")
    unused = _add(workshop, product_id, picture(colour=(1, 2, 3))).object_key
    _set_logo(workshop, product_id, named)
    database = workshop.tools.database
    long_ago = database.clock.now() - timedelta(days=2)
    database.run(lambda tx: tx.execute(tables.images.update().values(created_time=long_ago)).close())
    new = _add(workshop, product_id, picture(colour=(4, 5, 6))).object_key

    newest = _add(workshop, product_id, picture(colour=(7, 8, 9))).object_key

    keys = [named, unused, new, newest]
    found = database.read(find_images, product_id=product_id, keys=keys)
    assert sorted(found) == sorted([named, new, newest])
