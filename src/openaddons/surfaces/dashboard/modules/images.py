"""The images of a product's listing, for those who may see its draft."""

from typing import Final

from openaddons.errors import NotFound
from openaddons.objects.keys import is_key
from openaddons.store.images import find_images
from openaddons.surfaces.dashboard.pages import Download, Page, Visit, Who


def _show(visit: Visit) -> Download:
    key = visit.path["key"]
    if not is_key(key):
        raise NotFound
    image = visit.read(find_images, product_id=visit.path["product_id"], keys=[key]).get(key)
    if image is None:
        raise NotFound
    return Download(
        pieces=visit.objects.read_range(key, 0, image.size_bytes),
        size_bytes=image.size_bytes,
        media_type="image/png",
        file_name=f"{image.digest[:16]}.png",
        inline=True,
        immutable=True,
    )


PAGES: Final[tuple[Page, ...]] = (Page("image", "GET", "/images/{product_id}/{key}", Who.READER, _show),)
