"""Images of a listing on their way in: whatever was sent, what is kept is a PNG that we have written ourselves.

So nothing is shown but pixels: what else a file held (places where photographs were taken, colour profiles, text,
bytes behind the end) is gone, and no browser decodes what a stranger wrote. Before Pillow sees a file, its format,
size and structure have been looked at (`openaddons.packages.images`).
"""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from openaddons.errors import ValueRefused
from openaddons.objects import Objects, StoredObject
from openaddons.packages.images import Undecodable, read_image

if TYPE_CHECKING:
    from PIL import Image

IMAGE_BYTES_LIMIT: Final = 5_000_000
FORMATS: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WebP": "image/webp"}
"""What is read, with its media type."""

# A progressive JPEG has about ten. Each costs a pass over the whole image, however little it holds.
_JPEG_SCANS_LIMIT: Final = 64
_START_OF_SCAN: Final = b"\xff\xda"
_ONE_AT_A_TIME: Final = threading.Lock()
"""The worst image of four million pixels took 70 MB and four seconds of CPU, a screenshot of noise half a second."""


class Redrawn(NamedTuple):
    """An image as it is kept."""

    png: bytes
    width: int
    height: int
    """In pixels."""


def redraw(data: bytes) -> Redrawn:
    """The image as a PNG of 8 bits a channel, upright, with nothing but its pixels. Takes up to seconds.

    Raises `ValueRefused` for more than `IMAGE_BYTES_LIMIT`, for more pixels than browsers decode (some four million),
    for other formats than `FORMATS`, for animations, and for what is damaged.
    """
    if len(data) > IMAGE_BYTES_LIMIT:
        raise _refused(f"it is larger than {IMAGE_BYTES_LIMIT:,} bytes. Make it smaller.")
    found = read_image(data)
    if isinstance(found, Undecodable):
        raise _refused(f"browsers could not show it ({found}). Save it as PNG, JPEG or WebP.")
    if found.kind not in FORMATS:
        raise _refused(f"it is a file of the format {found.kind}. Save it as PNG, JPEG or WebP.")
    if found.kind == "JPEG" and data.count(_START_OF_SCAN) > _JPEG_SCANS_LIMIT:
        raise _refused("it has more scans than a JPEG needs. Save it anew.")
    with _ONE_AT_A_TIME:
        return _redraw(data, kind=found.kind, size=(found.width, found.height))


def _redraw(data: bytes, *, kind: str, size: tuple[int, int]) -> Redrawn:
    try:
        image = _read_pixels(data, kind=kind, size=size)
        written = io.BytesIO()
        image.save(written, "PNG")
    except ValueRefused:
        raise
    except (
        Exception
    ) as error:  # Pillow calls a file damaged in a dozen ways: OSError, SyntaxError, struct.error …
        raise _refused("it is damaged. Save it anew.") from error
    return Redrawn(written.getvalue(), *image.size)


def _read_pixels(data: bytes, *, kind: str, size: tuple[int, int]) -> "Image.Image":
    # Pillow's readers by name: Image.open would try others too, and load all of them for a WebP.
    from PIL import Image, ImageOps
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    readers: dict[str, Callable[[BinaryIO], Image.Image]]
    readers = {"PNG": PngImageFile, "JPEG": JpegImageFile, "WebP": WebPImageFile}
    image = readers[kind](io.BytesIO(data))
    if getattr(image, "n_frames", 1) > 1:
        raise _refused("it is an animation. Save one picture of it.")
    if image.size != size:
        raise _refused("it says of itself two different sizes. Save it anew.")
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode == "I;16":  # grey in 16 bits, little-endian; Pillow's conversion would cut off, not scale
        image = Image.frombytes("L", image.size, image.tobytes()[1::2])
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.info.clear()  # or the colour profile would be written
    return image


def keep_image(objects: Objects, drawn: Redrawn) -> tuple[StoredObject, tuple[int, int]]:
    """Store an image: what `add_image` needs. Blocks."""
    with objects.begin() as incoming:
        incoming.write([drawn.png])
        return incoming.keep(), (drawn.width, drawn.height)


def _refused(problem: str) -> ValueRefused:
    return ValueRefused(name="image", problem=problem)
