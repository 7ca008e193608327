"""Images of a listing: kept as objects, known by their size, and each the product's own.

Sizes: Partner Center's listing page (learn.microsoft.com, "Publish an extension", 2026).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from openaddons.errors import ValueRefused
from openaddons.objects import StoredObject
from openaddons.store.session import Transaction
from openaddons.store.tables import drafts, images, submissions

IMAGES_LIMIT: Final = 1_000
"""Of a product: enough for a hundred languages with all that each may show."""
SINGLE_PLACES: Final = ("logo", "small_tile", "large_tile")
"""Fields of a language that name one image; ``screenshots`` name several."""
_UNUSED_FOR: Final = timedelta(days=1)
_LOGO_PIXELS: Final = 128
_SCREENSHOTS: Final = ((640, 480), (1280, 800))


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a listing may show."""

    object_key: str
    product_id: str
    digest: str
    size_bytes: int
    width: int
    height: int
    created_time: datetime


_COLUMNS: Final = tuple(images.c[name] for name in Image.__slots__)


def add_image(
    tx: Transaction, *, product_id: str, stored: StoredObject, size: tuple[int, int], actor: str
) -> Image:
    """Let a product's listing show these bytes. Of bytes that it may show already nothing new is made.

    Raises `ValueRefused` for one more than `IMAGES_LIMIT` that are in use or new.
    """
    from openaddons.store.products import lock_product

    product = lock_product(tx, product_id=product_id)
    own = images.c.product_id == product_id
    known = tx.one_or_none(sa.select(*_COLUMNS).where(own, images.c.digest == stored.digest))
    if known is not None:
        return Image(**known)
    count = sa.select(sa.func.count()).where(own)
    if tx.execute(count).scalar_one() >= IMAGES_LIMIT:
        _forget_unused(tx, product_id=product_id)
    if tx.execute(count).scalar_one() >= IMAGES_LIMIT:
        raise ValueRefused(
            name="image", problem=f"the product has {IMAGES_LIMIT:,} already. Use one of them."
        )
    image = Image(
        object_key=stored.key,
        product_id=product_id,
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        width=size[0],
        height=size[1],
        created_time=tx.now,
    )
    tx.execute(images.insert(), {name: getattr(image, name) for name in Image.__slots__})
    tx.record(
        "image.added",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        subject=stored.digest,
    )
    return image


def _forget_unused(tx: Transaction, *, product_id: str) -> None:
    """Forget images that neither the draft nor a submission names; their bytes go with the next sweep.

    Those of the last day stay, for they may be about to be named.
    """
    named = {
        key
        for table in (drafts, submissions)
        for modules in tx.execute(
            sa.select(table.c.modules).where(table.c.product_id == product_id)
        ).scalars()
        for text in modules.get("LISTING", {}).values()
        for _, key in _named(text)
    }
    old = sa.select(images.c.object_key).where(
        images.c.product_id == product_id, images.c.created_time < tx.now - _UNUSED_FOR
    )
    unused = [key for key in tx.execute(old).scalars() if key not in named]
    tx.execute(images.delete().where(images.c.object_key.in_(unused)))


def check_listing_images(tx: Transaction, *, product_id: str, listing: Mapping[str, Any]) -> None:
    """Every image that a listing names is the product's own and of its place's size. Raises `ValueRefused`."""
    named = [(language, place, key) for language, text in listing.items() for place, key in _named(text)]
    own = find_images(tx, product_id=product_id, keys={key for _, _, key in named})
    for language, place, key in named:
        name = f"{place} ({language})"
        if key not in own:
            problem = "names no image of this product. Add it first."
            raise ValueRefused(
                name=name, problem=problem, command=f"openaddons draft image {product_id} FILE"
            )
        check_size(place, own[key].width, own[key].height, name=name)


def find_images(tx: Transaction, *, product_id: str, keys: Collection[str]) -> dict[str, Image]:
    """Those of the images that are the product's, by key."""
    query = sa.select(*_COLUMNS).where(images.c.product_id == product_id, images.c.object_key.in_(keys))
    return {row["object_key"]: Image(**row) for row in tx.execute(query).mappings()}


def _named(text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place in SINGLE_PLACES:
        if text.get(place):
            yield place, text[place]
    for key in text.get("screenshots", ()):
        yield "screenshots", key


def check_size(place: str, width: int, height: int, *, name: str = "image") -> None:
    """Raises `ValueRefused` when an image of that size cannot be in that place of a listing."""
    good = {
        "logo": width == height >= _LOGO_PIXELS,
        "small_tile": (width, height) == (440, 280),
        "large_tile": (width, height) == (1400, 560),
        "screenshots": (width, height) in _SCREENSHOTS,
    }
    needed = {
        "logo": "square, 128 × 128 pixels or more (300 × 300 is best)",
        "small_tile": "440 × 280 pixels",
        "large_tile": "1400 × 560 pixels",
        "screenshots": "640 × 480 or 1280 × 800 pixels",
    }
    if not good[place]:
        problem = f"is {width} × {height} pixels; it must be {needed[place]}."
        raise ValueRefused(name=name, problem=problem)
