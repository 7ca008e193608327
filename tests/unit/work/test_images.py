"""Images of a listing are made anew: nothing of the file is left but its pixels."""

import io
import struct
import tracemalloc
from collections.abc import Iterator

import pytest
from PIL import Image

from openaddons.errors import ValueRefused
from openaddons.work.images import Redrawn, redraw
from tests.pictures import HOSTILE, RED, drawn, picture, rotated_jpeg, talkative_png


def pixels(made: Redrawn) -> Image.Image:
    return Image.open(io.BytesIO(made.png), formats=["PNG"])


def chunks(png: bytes) -> Iterator[bytes]:
    """The kinds of a PNG's chunks."""
    at = 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind
        at += 12 + length


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WebP"])
def test_a_picture_of_each_format_becomes_a_png(form: str) -> None:
    made = redraw(picture(640, 480, form))

    red, green, blue = pixels(made).getpixel((320, 240))  # type: ignore[misc]
    assert (made.width, made.height) == pixels(made).size == (640, 480)
    assert all(abs(found - wanted) < 6 for found, wanted in zip((red, green, blue), RED, strict=True))


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert redraw(picture()) == redraw(picture())


def test_nothing_is_kept_but_the_pixels() -> None:
    made = redraw(talkative_png())

    assert set(chunks(made.png)) == {b"IHDR", b"IDAT", b"IEND"}
    assert made.png.endswith(b"IEND\xaeB`\x82")
    assert pixels(made).getpixel((0, 0)) == RED


def test_a_photograph_is_turned_as_its_exif_says_and_tells_nothing_else_of_it() -> None:
    made = redraw(rotated_jpeg())

    above, below = (pixels(made).getpixel((150, y))[1] for y in (100, 500))  # type: ignore[index]
    assert (made.width, made.height) == (300, 600)
    assert (above < 60, below > 220) == (True, True)
    assert set(chunks(made.png)) == {b"IHDR", b"IDAT", b"IEND"}


def test_sixteen_bits_become_eight_and_are_scaled() -> None:
    image = Image.new("I;16", (300, 300))
    image.putpixel((0, 0), 0x8000)
    image.putpixel((1, 0), 0xFFFF)

    made = pixels(redraw(drawn(image)))

    assert [made.getpixel((x, 0)) for x in range(3)] == [(128,) * 3, (255,) * 3, (0,) * 3]


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    made = pixels(redraw(drawn(Image.new("CMYK", (300, 300), (0, 255, 255, 0)), "JPEG")))

    red, green, blue = made.getpixel((9, 9))  # type: ignore[misc]
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_what_is_transparent_stays_so() -> None:
    palette = Image.new("P", (300, 300))
    palette.putpalette([255, 0, 0, 0, 255, 0])

    made = [
        pixels(redraw(data)).getpixel((0, 0))
        for data in (
            drawn(Image.new("RGBA", (300, 300), (1, 2, 3, 4))),
            drawn(palette, transparency=0),
            drawn(Image.new("LA", (300, 300), (7, 9)), "WebP", lossless=True),
        )
    ]

    assert made == [(1, 2, 3, 4), (255, 0, 0, 0), (7, 7, 7, 9)]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_with_the_reason(name: str) -> None:
    data, reason = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(ValueRefused) as caught:
            redraw(data)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert caught.value.message.startswith(f"image: {reason}")
    assert peak_bytes < 40_000_000
