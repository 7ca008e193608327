"""Images of a listing: kept as objects, known by their size, and each the product's own.

Sizes: Partner Center's listing page (learn.microsoft.com, "Publish an extension", 2026).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from openaddons.errors import ValueRefused
from openaddons.objects import StoredObject
from openaddons.store.products import lock_product
from openaddons.store.session import Transaction
from openaddons.store.tables import images

IMAGE_BYTES_LIMIT: Final = 5_000_000
_PNG_HEAD: Final = struct.Struct(">8sI4sII")  # PNG, third edition, section 11.2.1: signature, then IHDR
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


def read_png_size(head: bytes) -> tuple[int, int]:
    """Width and height in pixels from the first 24 bytes of a PNG. Raises `ValueRefused` for anything else."""
    if len(head) >= _PNG_HEAD.size:
        signature, length, chunk, width, height = _PNG_HEAD.unpack(head[: _PNG_HEAD.size])
        if (signature, length, chunk) == (b"\x89PNG\r\n\x1a\n", 13, b"IHDR") and width and height:
            return width, height
    raise ValueRefused(name="image", problem="is not a PNG. Save it as PNG and send it again.")


def add_image(
    tx: Transaction, *, product_id: str, stored: StoredObject, size: tuple[int, int], actor: str
) -> Image:
    """Let a product's listing show these bytes."""
    product = lock_product(tx, product_id=product_id)
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


def check_listing_images(tx: Transaction, *, product_id: str, listing: Mapping[str, Any]) -> None:
    """Every image that a listing names is the product's own and of its place's size. Raises `ValueRefused`."""
    for language, text in listing.items():
        for place, key in _named(text):
            row = tx.one_or_none(
                sa.select(*_COLUMNS).where(images.c.object_key == key, images.c.product_id == product_id)
            )
            if row is None:
                problem = "names no image of this product. Add it first: openaddons draft image"
            else:
                problem = _size_problem(place, row["width"], row["height"])
            if problem:
                raise ValueRefused(name=f"{place} ({language})", problem=problem)


def _named(text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for place in ("logo", "small_tile", "large_tile"):
        if text.get(place):
            yield place, text[place]
    for key in text.get("screenshots", ()):
        yield "screenshot", key


def _size_problem(place: str, width: int, height: int) -> str:
    good = {
        "logo": width == height >= _LOGO_PIXELS,
        "small_tile": (width, height) == (440, 280),
        "large_tile": (width, height) == (1400, 560),
        "screenshot": (width, height) in _SCREENSHOTS,
    }
    needed = {
        "logo": "square, 128 × 128 pixels or more (300 × 300 is best)",
        "small_tile": "440 × 280 pixels",
        "large_tile": "1400 × 560 pixels",
        "screenshot": "640 × 480 or 1280 × 800 pixels",
    }
    return "" if good[place] else f"is {width} × {height} pixels; it must be {needed[place]}."
