import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.images import Image, Undecodable, read_image
from tests.unit.packages.pictures import bmp, chunk, gif, ico, icon_bmp, jpeg, webp

IEND = chunk(b"IEND")


def head(width: int = 16, height: int = 16, depth: int = 8, colour: int = 6, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def body(*, rows: int = 16, row_bytes: int = 64, filtered: int = 0) -> bytes:
    return zlib.compress((bytes([filtered]) + bytes(row_bytes)) * rows)


SIGNATURE = b"\x89PNG\r\n\x1a\n"
DATA = chunk(b"IDAT", body())
GOOD = SIGNATURE + head() + DATA + IEND
PALETTE = chunk(b"PLTE", b"\0\1\2")
PALETTED = chunk(b"IDAT", body(row_bytes=16))


def wrong(whole: bytes) -> bytes:
    """A chunk with a wrong checksum."""
    return whole[:-4] + bytes(4)


# As Chromium 156 answered of files with the same faults (--validate-crx). The JPEG, WebP and AVIF files here are
# made up, and were not themselves shown to it.
DECODABLE = {
    "png": (GOOD, ("PNG", 16, 16)),
    "png with junk behind": (GOOD + b"junk", ("PNG", 16, 16)),
    "png without a checksum of its data stream": (
        SIGNATURE + head() + chunk(b"IDAT", body()[:-4]) + IEND,
        ("PNG", 16, 16),
    ),
    "png with too much data": (SIGNATURE + head() + chunk(b"IDAT", body(rows=20)) + IEND, ("PNG", 16, 16)),
    "png with its data in two": (
        SIGNATURE + head() + chunk(b"IDAT", body()[:9]) + chunk(b"IDAT", body()[9:]) + IEND,
        ("PNG", 16, 16),
    ),
    "png with a wrong ancillary checksum": (
        SIGNATURE + head() + wrong(chunk(b"gAMA", b"1234")) + DATA + IEND,
        ("PNG", 16, 16),
    ),
    "png with a wrong last checksum": (SIGNATURE + head() + DATA + wrong(IEND), ("PNG", 16, 16)),
    "png with a palette": (SIGNATURE + head(colour=3) + PALETTE + PALETTED + IEND, ("PNG", 16, 16)),
    "png of 16 bits": (
        SIGNATURE + head(depth=16) + chunk(b"IDAT", body(row_bytes=128)) + IEND,
        ("PNG", 16, 16),
    ),
    "png nearly too large": (
        SIGNATURE + head(2047, 2048, colour=0) + chunk(b"IDAT", body(rows=2048, row_bytes=2047)) + IEND,
        ("PNG", 2047, 2048),
    ),
    "jpeg": (jpeg(), ("JPEG", 64, 48)),
    "jpeg with junk behind": (jpeg() + b"junk", ("JPEG", 64, 48)),
    "jpeg with fill bytes": (jpeg().replace(b"\xff\xdb", b"\xff\xff\xdb", 1), ("JPEG", 64, 48)),
    "gif": (gif(), ("GIF", 1, 1)),
    "gif without a trailer": (gif()[:-1], ("GIF", 1, 1)),
    "gif without a screen": (gif(screen=(0, 0)), ("GIF", 1, 1)),
    "bmp": (bmp(), ("BMP", 4, 4)),
    "bmp from the top": (bmp(height=-4), ("BMP", 4, 4)),
    "bmp with a palette": (bmp(depth=8, palette=bytes(1024)), ("BMP", 4, 4)),
    "bmp of run lengths": (
        bmp(depth=8, compression=1, palette=bytes(1024), data=b"\4\1\0\0\0\1"),
        ("BMP", 4, 4),
    ),
    "ico of a bmp": (ico((16, icon_bmp(16))), ("ICO", 16, 16)),
    "ico of a png": (ico((16, GOOD)), ("ICO", 16, 16)),
    "ico whose larger picture is broken": (ico((32, b"nonsense" * 9), (16, icon_bmp(16))), ("ICO", 16, 16)),
    "cursor": (ico((16, icon_bmp(16)), kind=2), ("ICO", 16, 16)),
    "webp": (webp(b"VP8 "), ("WebP", 64, 48)),
    "lossless webp": (webp(b"VP8L"), ("WebP", 64, 48)),
    "webp with junk behind": (webp(b"VP8L") + b"junk", ("WebP", 64, 48)),
}
UNDECODABLE = {
    "nothing": b"",
    "too short": b"GIF89a nope",
    "a page": b"<!doctype html><title>404</title>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"></svg>',
    "xbm": b"#define a_width 8\n#define a_height 1\nstatic char a_bits[] = {0};",
    "png without an end": SIGNATURE + head() + DATA,
    "png cut off": GOOD[: len(GOOD) // 2],
    "png cut off in its data's checksum": (SIGNATURE + head() + DATA)[:-2],
    "png with a wrong checksum of its header": SIGNATURE + wrong(head()) + DATA + IEND,
    "png with a wrong checksum of its data": SIGNATURE + head() + wrong(DATA) + IEND,
    "png with a wrong checksum of its palette": SIGNATURE + head(colour=3) + wrong(PALETTE) + PALETTED + IEND,
    "png with half its data": SIGNATURE + head() + chunk(b"IDAT", body()[:8]) + IEND,
    "png with too few rows": SIGNATURE + head() + chunk(b"IDAT", body(rows=15)) + IEND,
    "png with too few rows for its passes": SIGNATURE + head(interlace=1) + DATA + IEND,
    "png with an unknown filter": SIGNATURE + head() + chunk(b"IDAT", body(filtered=9)) + IEND,
    "png whose data is not deflated": SIGNATURE + head() + chunk(b"IDAT", bytes(40)) + IEND,
    "png without data": SIGNATURE + head() + IEND,
    "png with empty data": SIGNATURE + head() + chunk(b"IDAT") + IEND,
    "png without its palette": SIGNATURE + head(colour=3) + PALETTED + IEND,
    "png with its palette too late": SIGNATURE + head(colour=3) + PALETTED + PALETTE + IEND,
    "png with an unknown critical chunk": SIGNATURE + head() + chunk(b"ABCD", b"x") + DATA + IEND,
    "png with two headers": SIGNATURE + head() + head() + DATA + IEND,
    "png with something before its header": SIGNATURE + chunk(b"tEXt", b"a\0b") + head() + DATA + IEND,
    "png with data in two places": SIGNATURE
    + head()
    + chunk(b"IDAT", body()[:9])
    + chunk(b"tEXt", b"a\0b")
    + chunk(b"IDAT", body()[9:])
    + IEND,
    "png of no width": SIGNATURE + head(width=0) + DATA + IEND,
    "png of three bits": SIGNATURE + head(depth=3) + DATA + IEND,
    "png of an unknown colour type": SIGNATURE + head(colour=5) + DATA + IEND,
    "png of an unknown interlacing": SIGNATURE + head(interlace=2) + DATA + IEND,
    "png too large": SIGNATURE
    + head(2048, 2048, colour=0)
    + chunk(b"IDAT", body(rows=2048, row_bytes=2048))
    + IEND,
    "png as a text file": b"\x89PNG\n\n\x1a\n" + head() + DATA + IEND,
    "jpeg cut off": jpeg()[: len(jpeg()) // 2],
    "jpeg without its end": jpeg()[:-2],
    "jpeg without tables": jpeg().replace(b"\xff\xdb", b"\xff\xe5"),
    "jpeg without a scan": jpeg()[: jpeg().index(b"\xff\xda")] + b"\xff\xd9",
    "jpeg without height": jpeg(height=0),
    "jpeg of 12 bits": jpeg(depth=12),
    "jpeg of two components": jpeg(components=2),
    "lossless jpeg": jpeg(frame=0xC3),
    "gif without an image": gif()[:19] + b";",
    "gif cut off in its colours": gif()[:16],
    "gif whose data does not end": gif()[:-2],
    "gif with too few pixels": gif(image=(4, 4)),
    "gif of too many bits": gif(code_size=12),
    "gif of unknown blocks": gif()[:19] + b"U" + gif()[19:],
    "bmp cut off": bmp()[:-1],
    "bmp of seven bits": bmp(depth=7),
    "bmp of an unknown compression": bmp(compression=9),
    "bmp of no height": bmp(height=0),
    "bmp of negative width": bmp(width=-4),
    "bmp with its pixels elsewhere": bmp(offset=5000),
    "bmp of an unknown header": bmp(header=99),
    "bmp whose run lengths do not end": bmp(depth=8, compression=1, palette=bytes(1024), data=b"\4\1"),
    "ico without pictures": ico() + bytes(20),
    "ico cut off": ico((16, icon_bmp(16)))[:-200],
    "ico without a mask": ico((16, icon_bmp(16)[:-64])),
    "ico of another size": ico((32, icon_bmp(16))),
    "ico of a png of another size": ico((32, GOOD)),
    "ico whose smallest picture is broken": ico((16, b"nonsense" * 9), (32, icon_bmp(32))),
    "ico with more entries than it has": ico((16, icon_bmp(16)), count=5),
    "webp cut off": webp(b"VP8 ")[:-40],
    "webp longer than the file": webp(b"VP8L", riff_bytes=1 << 20),
    "webp with a chunk longer than itself": webp(b"VP8L", chunk_bytes=1 << 20),
    "webp of no key frame": webp(b"VP8 ").replace(b"\x9d\x01\x2a", bytes(3)),
    "webp of no signature": webp(b"VP8L").replace(b"\x2f", b"\0", 1),
    "avif of nothing": b"\0\0\0\x1cftypavif" + bytes(60),
}


@pytest.mark.parametrize(("data", "expected"), DECODABLE.values(), ids=DECODABLE)
def test_what_the_browser_decodes(data: bytes, expected: tuple[str, int, int]) -> None:
    assert read_image(data) == Image(*expected)


@pytest.mark.parametrize("data", UNDECODABLE.values(), ids=UNDECODABLE)
def test_what_the_browser_does_not_decode(data: bytes) -> None:
    assert isinstance(read_image(data), Undecodable)


def test_the_size_of_an_avif_is_not_read() -> None:
    data = b"\0\0\0\x10ftypavif\0\0\0\0" + b"\0\0\0\x08meta"

    assert read_image(data) == Image("AVIF", 0, 0)


@given(st.sampled_from([data for data, _ in DECODABLE.values() if len(data) < 5000]), st.data())
def test_no_damage_makes_it_raise(whole: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=12))
    cut = data.draw(st.integers(0, 12))

    assert isinstance(read_image(whole[:begin] + damage + whole[begin + cut :]), Image | Undecodable)


@given(st.sampled_from([data[:14] for data, _ in DECODABLE.values()]), st.binary(max_size=200))
def test_no_content_makes_it_raise(beginning: bytes, rest: bytes) -> None:
    assert isinstance(read_image(beginning + rest), Image | Undecodable)
