"""Whether a browser can decode an image, and how large it is: structure, checksums and amounts, not pixels.

When a package is installed, Chromium decodes every icon and refuses the package if one fails
(extensions/browser/image_sanitizer.cc). Its decoders forgive some faults and not others; which, was asked of
Chromium 156 with some two hundred damaged files (``--validate-crx``), and the comments below say so where
that differs from the formats' specifications:

======  ==========================================================================
PNG     W3C Portable Network Graphics (Third Edition); section numbers are its
JPEG    ITU-T T.81, annex B
GIF     GIF89a, CompuServe 1990
BMP     Microsoft, BITMAPFILEHEADER and BITMAPINFOHEADER
ICO     a directory of BMP and PNG images
WebP    RFC 9649
AVIF    ISO/IEC 14496-12; only the boxes are looked at
======  ==========================================================================
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from openaddons.packages import inflate
from openaddons.packages.regexes import regex

# image_sanitizer.cc kMaxImageCanvas, in bytes of the decoded bitmap; it travels in a message with a header.
_MOST_DECODED_BYTES: Final = 4096 * 4096
_MESSAGE_BYTES = 128
# Only so much of a picture's pixels is unpacked: the checksums over all of them were right by then, so what is
# wrong further on was made wrong.
_MOST_PIXEL_BYTES: Final = 1 << 18
# Decoding LZW codes one by one is slow here. An icon has a few kilobytes of them.
_MOST_LZW_BYTES = 1 << 17
# image_decoder.cc: shorter files are no images whatever they begin with.
_SHORTEST = 14


class Undecodable(Exception):  # noqa: N818 - a verdict on the bytes
    """A browser does not decode it. The text says why."""


class Image(NamedTuple):
    """What is known of a decodable image."""

    kind: str
    width: int
    height: int


def read_image(data: bytes) -> Image | Undecodable:
    """The image in a file, known by how it begins and not by its name, or why there is none."""
    if len(data) < _SHORTEST:
        return Undecodable("too short")
    for pattern, read in _READERS:
        if pattern.match(data):
            try:
                return _within_canvas(read(data))
            except Undecodable as fault:
                return fault
            except (struct.error, IndexError):
                return Undecodable("cut off")
    return Undecodable("no format of images that browsers decode")


def _within_canvas(image: Image) -> Image:
    if image.width * image.height * 4 + _MESSAGE_BYTES > _MOST_DECODED_BYTES:
        raise Undecodable(f"{image.width}x{image.height} is too large")
    return image


# PNG

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# 11.2.1: samples per pixel, and the depths allowed, by colour type.
_PNG_COLOURS = {
    0: (1, {1, 2, 4, 8, 16}),
    2: (3, {8, 16}),
    3: (1, {1, 2, 4, 8}),
    4: (2, {8, 16}),
    6: (4, {8, 16}),
}
_PALETTE = 3
_DEFLATED = 8
# 8.1: where each pass of Adam7 begins, and its steps.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_LAST_FILTER = 4


def _png(data: bytes) -> Image:
    """5 and 11. Ancillary chunks may hold anything; their checksums are not looked at, nor is what follows."""
    width, height, depth, colour, compression, filtering, interlace = _png_header(data)
    samples, depths = _PNG_COLOURS.get(colour, (0, set()))
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise Undecodable("no size")
    if depth not in depths or compression or filtering or interlace > 1:
        raise Undecodable("a header of unknown meaning")
    image = _within_canvas(Image("PNG", width, height))
    packed = _png_image_data(data, needs_palette=colour == _PALETTE)
    bits = samples * depth
    passes = [(width, height)]
    if interlace:
        passes = [
            (-(-(width - left) // across), -(-(height - top) // down)) for left, top, across, down in _ADAM7
        ]
    rows = [((columns * bits + 7) // 8 + 1, count) for columns, count in passes if columns > 0 < count]
    _png_check_rows(packed, rows)
    return image


def _png_header(data: bytes) -> tuple[int, ...]:
    length, kind = struct.unpack_from(">I4s", data, 8)
    if (length, kind) != (13, b"IHDR"):
        raise Undecodable("no IHDR")
    if inflate.crc32(data[12:29]) != int.from_bytes(data[29:33]):
        raise Undecodable("wrong checksum of IHDR")
    return struct.unpack_from(">IIBBBBB", data, 16)


def _png_image_data(data: bytes, *, needs_palette: bool) -> bytes:
    """The joined IDAT chunks, which must follow each other (5.6)."""
    parts: list[bytes] = []
    at = 33
    while True:
        # A chunk must come behind the image data, or the decoder waits for more of it; any will do.
        length, kind = struct.unpack_from(">I4s", data, at)
        if parts and kind != b"IDAT":
            return b"".join(parts)
        end = at + 8 + length
        if end + 4 > len(data):
            raise Undecodable("cut off")
        critical = not kind[0] & 0x20
        if critical and inflate.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise Undecodable(f"wrong checksum of {kind.decode('latin-1')}")
        if kind == b"IDAT":
            if needs_palette:
                raise Undecodable("no palette")
            parts.append(data[at + 8 : end])
        elif kind == b"PLTE":
            needs_palette = False
        elif critical:
            raise Undecodable(f"{kind.decode('latin-1')} where it may not be")
        at = end + 4


def _png_check_rows(packed: bytes, rows: list[tuple[int, int]]) -> None:
    """10 and 9: enough rows, each under a known filter. The checksum of the stream and what follows are not
    looked at.
    """
    if len(packed) < 2 or packed[0] & 0xF != _DEFLATED or (packed[0] << 8 | packed[1]) % 31 or packed[1] & 32:
        raise Undecodable("image data without a header")
    needed = min(_MOST_PIXEL_BYTES, sum(length * count for length, count in rows))
    try:
        pixels = inflate.raw_inflater().decompress(packed[2:], needed)
    except inflate.InflateError:
        raise Undecodable("corrupt image data") from None
    if len(pixels) < needed:
        raise Undecodable("too little image data")
    at = 0
    for length, count in rows:
        if max(pixels[at : at + length * count : length], default=0) > _LAST_FILTER:
            raise Undecodable("unknown filter")
        at += length * count


# JPEG

# Baseline, extended, progressive, and the latter two with arithmetic coding. Not lossless ones.
_JPEG_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
_JPEG_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
_JPEG_PROGRESSIVE = {0xC2, 0xCA}
_SOI, _EOI, _SOS, _DQT, _TEM = 0xD8, 0xD9, 0xDA, 0xDB, 0x01


def _jpeg(data: bytes) -> Image:
    """B.2. Huffman tables may be missing, and the coded data may be nonsense; but it must end in EOI."""
    image: Image | None = None
    seen: set[int] = set()
    for marker, segment in _jpeg_segments(data):
        is_frame = marker in _JPEG_FRAMES
        if marker in _JPEG_OTHER_FRAMES or (is_frame and image is not None):
            raise Undecodable("a kind of JPEG that browsers do not decode")
        if is_frame:
            image = _jpeg_frame(segment)
        elif marker == _SOS:
            if image is None or _DQT not in seen:
                raise Undecodable("a scan without a frame or tables")
            _jpeg_check_scan(segment, progressive=not seen.isdisjoint(_JPEG_PROGRESSIVE))
        seen.add(marker)
    if image is None or _SOS not in seen:
        raise Undecodable("no image in it")
    return image


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker up to EOI, with the segment behind it: its length, and what it says (B.1.1.4)."""
    at = _jpeg_marker(data, 2)
    while (marker := data[at]) != _EOI:
        at += 1
        if marker != _TEM and not 0xD0 <= marker <= _SOI:
            length = int.from_bytes(data[at : at + 2])
            if length < 2 or at + length > len(data):
                raise Undecodable("cut off")
            yield marker, data[at : at + length]
            at += length
        at = _jpeg_marker(data, at)


def _jpeg_marker(data: bytes, at: int) -> int:
    """The offset of the next marker's code. What lies before it, coded data above all, is passed over."""
    while True:
        at = data.find(b"\xff", at) + 1
        if not at:
            raise Undecodable("no end of image")
        while data[at] == 0xFF:
            at += 1
        if data[at]:
            return at


def _jpeg_frame(segment: bytes) -> Image:
    """B.2.2."""
    depth, height, width, components = struct.unpack_from(">BHHB", segment, 2)
    if depth != 8 or not height or not width or components not in {1, 3, 4}:
        raise Undecodable("a kind of JPEG that browsers do not decode")
    return Image("JPEG", width, height)


def _jpeg_check_scan(segment: bytes, *, progressive: bool) -> None:
    """B.2.3, G.1.1.1.1: a progressive scan has either the DC coefficient or some others."""
    count = segment[2]
    if not 1 <= count <= 4 or len(segment) != 6 + 2 * count:
        raise Undecodable("a broken scan")
    first, last = segment[3 + 2 * count], segment[4 + 2 * count]
    if progressive and ((not first and last) or first > last):
        raise Undecodable("a broken scan")


# GIF

_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C


def _gif(data: bytes) -> Image:
    """The first image (20), which must be whole. A trailer is not asked for, and the screen may have no size."""
    screen_width, screen_height, packed = struct.unpack_from("<HHB", data, 6)
    at = 13 + _gif_table_bytes(packed)
    while data[at] == _GIF_EXTENSION:
        at = _gif_blocks(data, at + 2)[1]
    if data[at] != _GIF_IMAGE:
        raise Undecodable("no image in it")
    _left, _top, width, height, packed = struct.unpack_from("<HHHHB", data, at + 1)
    at += 10 + _gif_table_bytes(packed)
    code_size = data[at]
    if code_size > 8:
        raise Undecodable("corrupt image data")
    blocks, _ = _gif_blocks(data, at + 1)
    image = Image("GIF", screen_width or width, screen_height or height)
    _within_canvas(Image("GIF", width, height))
    if len(blocks) <= _MOST_LZW_BYTES and _lzw_pixels(blocks, code_size, width * height) < width * height:
        raise Undecodable("too little image data")
    return image


def _gif_table_bytes(packed: int) -> int:
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _gif_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    """15, 16: the joined data of sub-blocks, and where what follows them begins."""
    parts = []
    while length := data[at]:
        parts.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return b"".join(parts), at + 1


def _lzw_pixels(codes: bytes, code_size: int, wanted: int) -> int:
    """How many pixels the codes stand for (appendix F), counted up to ``wanted``."""
    clear = 1 << code_size
    lengths: list[int] = []
    width, previous, pixels, bits, held = code_size + 1, 0, 0, 0, 0
    for byte in codes:
        held |= byte << bits
        bits += 8
        while bits >= width:
            code = held & (1 << width) - 1
            held >>= width
            bits -= width
            if code == clear:
                lengths, width, previous = [1] * (clear + 2), code_size + 1, 0
                continue
            lengths = lengths or [1] * (clear + 2)
            if code == clear + 1 or code > len(lengths) or (code == len(lengths) and not previous):
                return pixels
            length = lengths[code] if code < len(lengths) else previous + 1
            if previous and len(lengths) < 4096:
                lengths.append(previous + 1)
                if len(lengths) == 1 << width < 4096:
                    width += 1
            previous = length
            pixels += length
            if pixels >= wanted:
                return pixels
    return pixels


# BMP and ICO

_BMP_FILE_HEADER_BYTES = 14
_BMP_OS2_BYTES = 12
_BMP_HEADER_BYTES = {40, 42, 46, 52, 56, 108, 124} | set(range(16, 65, 4))
_RGB, _RLE8, _RLE4, _BITFIELDS, _JPEG_INSIDE, _PNG_INSIDE, _ALPHABITFIELDS = range(7)
_BMP_DEPTHS = {
    _RGB: {1, 4, 8, 16, 24, 32},
    _RLE8: {8},
    _RLE4: {4},
    _BITFIELDS: {16, 32},
    _JPEG_INSIDE: {0, 24},
    _PNG_INSIDE: {0, 24, 32},
    _ALPHABITFIELDS: {16, 32},
}


def _bmp(data: bytes) -> Image:
    offset = int.from_bytes(data[10:14], "little")
    return _dib(data, _BMP_FILE_HEADER_BYTES, offset, in_icon=False)


def _dib(data: bytes, at: int, offset: int, *, in_icon: bool) -> Image:
    """The bitmap whose header is at ``at``, with its pixels at ``offset`` or, if that is 0, behind the header.

    In an icon, the header tells twice the height: under the picture is a mask of one bit a pixel.
    """
    size = int.from_bytes(data[at : at + 4], "little")
    compression = colours = 0
    if size == _BMP_OS2_BYTES:
        width, height, _planes, depth = struct.unpack_from("<HHHH", data, at + 4)
    elif size in _BMP_HEADER_BYTES:
        width, height, _planes, depth = struct.unpack_from("<iiHH", data, at + 4)
        if size >= 40:
            compression, _bytes, _x, _y, colours = struct.unpack_from("<IIiiI", data, at + 16)
    else:
        raise Undecodable("an unknown header")
    image = _within_canvas(Image("BMP", width, abs(height) // (2 if in_icon else 1)))
    if width <= 0 or not image.height or depth not in _BMP_DEPTHS.get(compression, set()):
        raise Undecodable("a header of unknown meaning")
    if compression in {_JPEG_INSIDE, _PNG_INSIDE}:
        return image
    entry_bytes = 3 if size == _BMP_OS2_BYTES else 4
    palette_bytes = entry_bytes * (min(colours, 1 << depth) or 1 << depth) if depth <= 8 else 0
    masks_bytes = 12 if compression == _BITFIELDS and size == 40 else 0
    pixels_at = max(at + size + masks_bytes + palette_bytes, offset)
    if compression in {_RLE8, _RLE4}:
        _check_run_lengths(data, pixels_at, nibbles=compression == _RLE4)
        return image
    needed = (width * depth + 31) // 32 * 4 * image.height
    if in_icon:
        needed += (width + 31) // 32 * 4 * image.height
    if pixels_at + needed > len(data):
        raise Undecodable("too little image data")
    return image


def _check_run_lengths(data: bytes, at: int, *, nibbles: bool) -> None:
    """The codes must come to their end mark."""
    while True:
        count, value = data[at], data[at + 1]
        at += 2
        if count or not value:
            continue
        if value == 1:
            return
        if value == 2:
            at += 2
            continue
        length = (value + 1) // 2 if nibbles else value
        at += length + length % 2


def _ico(data: bytes) -> Image:
    """Icons and cursors. Only the smallest picture is decoded (web_image.cc); the directory must be whole."""
    count = int.from_bytes(data[4:6], "little")
    entries = []
    for at in range(6, 6 + 16 * count, 16):
        width, height, _colours, _, _planes, _bits, size, offset = struct.unpack_from("<BBBBHHII", data, at)
        if offset < 6 + 16 * count or offset + 4 > len(data):
            raise Undecodable("a picture outside the file")
        entries.append((width or 256, height or 256, offset, size))
    if not entries:
        raise Undecodable("no image in it")
    width, height, offset, size = min(entries, key=lambda entry: entry[0] * entry[1])
    if data.startswith(_PNG_SIGNATURE, offset):
        image = _png(data[offset : offset + size])
    else:
        image = _dib(data, offset, 0, in_icon=True)
    if (image.width, image.height) != (width, height):
        raise Undecodable("a picture of another size than the directory says")
    return Image("ICO", width, height)


# WebP


def _webp(data: bytes) -> Image:
    """2.4 to 2.7: the first picture of all that the RIFF header announces. Its pixels may be nonsense."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Undecodable("cut off")
    canvas: Image | None = None
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if body + length > end:
            raise Undecodable("cut off")
        if kind == b"VP8X":
            canvas = Image("WebP", _int24(data, body + 4) + 1, _int24(data, body + 7) + 1)
        elif kind in _WEBP_PICTURES:
            picture = _WEBP_PICTURES[kind](data[body : body + length])
            return canvas or picture
        at = body + length + length % 2
    raise Undecodable("no image in it")


def _vp8(chunk: bytes) -> Image:
    """RFC 6386, 9.1: a key frame, whose first partition must lie within the chunk."""
    tag = _int24(chunk, 0)
    width, height = struct.unpack_from("<HH", chunk, 6)
    if tag & 1 or chunk[3:6] != b"\x9d\x01\x2a" or 10 + (tag >> 5) > len(chunk):
        raise Undecodable("corrupt image data")
    return _sized(width & 0x3FFF, height & 0x3FFF)


def _vp8l(chunk: bytes) -> Image:
    """RFC 9649, 3.4."""
    signature, bits = struct.unpack_from("<BI", chunk)
    if signature != 0x2F or bits >> 29:
        raise Undecodable("corrupt image data")
    return _sized((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)


def _animation_frame(chunk: bytes) -> Image:
    """2.7.1.1: where it lies, and chunks of its own, which are not looked at."""
    return _sized(_int24(chunk, 6) + 1, _int24(chunk, 9) + 1)


def _sized(width: int, height: int) -> Image:
    if not width or not height:
        raise Undecodable("no size")
    return Image("WebP", width, height)


_WEBP_PICTURES: dict[bytes, Callable[[bytes], Image]] = {
    b"VP8 ": _vp8,
    b"VP8L": _vp8l,
    b"ANMF": _animation_frame,
}


def _int24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _avif(data: bytes) -> Image:
    """ISO/IEC 14496-12, 4.2: whole boxes, and one that says what the image is. Its size is not read."""
    kinds = set()
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        end = at + size if size else len(data)
        if end < at + 8 or end > len(data):
            raise Undecodable("cut off")
        kinds.add(kind)
        at = end
    if b"meta" not in kinds and b"moov" not in kinds:
        raise Undecodable("no image in it")
    return Image("AVIF", 0, 0)


_READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Image]], ...] = tuple(
    (regex(pattern, re.DOTALL), read)
    for pattern, read in (
        (re.escape(_PNG_SIGNATURE), _png),
        (rb"\xff\xd8\xff", _jpeg),
        (b"GIF8[79]a", _gif),
        (rb"\0\0[\1\2]\0", _ico),
        (b"BM", _bmp),
        (b"RIFF.{4}WEBPVP", _webp),
        (b".{4}ftypavi[fs]", _avif),
    )
)
