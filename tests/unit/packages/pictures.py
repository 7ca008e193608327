"""Small pictures of every format, right or wrong as told."""

import struct
import zlib


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 16, height: int | None = None) -> bytes:
    """Grey, and square unless told otherwise."""
    height = width if height is None else height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND")


def jpeg(*, height: int = 48, depth: int = 8, components: int = 3, frame: int = 0xC0) -> bytes:
    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    parts = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    scan = b"".join(bytes([number, 0]) for number in range(1, components + 1))
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + segment(0xDB, bytes([0]) + bytes(range(1, 65)))
        + segment(frame, struct.pack(">BHHB", depth, height, 64, components) + parts)
        + segment(0xDA, bytes([components]) + scan + b"\0\x3f\0")
        + b"\x12\xff\x00\x34\xff\xd0\x56"
        + b"\xff\xd9"
    )


def gif(*, screen: tuple[int, int] = (1, 1), image: tuple[int, int] = (1, 1), code_size: int = 2) -> bytes:
    """One pixel of data, whatever the sizes say."""
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", *screen, 0x80, 0, 0)
        + b"\0\0\0\xff\xff\xff"
        + b"!\xf9\4\1\0\0\0\0"
        + struct.pack("<BHHHHB", 0x2C, 0, 0, *image, 0)
        + bytes([code_size])
        + b"\2\x44\1\0;"
    )


def bmp(
    *,
    width: int = 4,
    height: int = 4,
    depth: int = 24,
    compression: int = 0,
    header: int = 40,
    palette: bytes = b"",
    data: bytes | None = None,
    offset: int | None = None,
) -> bytes:
    pixels = bytes(abs((width * depth + 31) // 32 * 4 * height)) if data is None else data
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, depth, compression, len(pixels), 0, 0, 0, 0)
    begin = 14 + len(info) + len(palette) if offset is None else offset
    whole = info + palette + pixels
    return b"BM" + struct.pack("<IHHI", 14 + len(whole), 0, 0, begin) + whole


def icon_bmp(size: int) -> bytes:
    """As in an icon: without a file header, twice as high for the mask."""
    info = struct.pack("<IiiHHIIiiII", 40, size, 2 * size, 1, 32, 0, 0, 0, 0, 0, 0)
    return info + bytes(size * size * 4) + bytes((size + 31) // 32 * 4 * size)


def ico(*pictures: tuple[int, bytes], kind: int = 1, count: int | None = None) -> bytes:
    """Pictures, each with the size that the directory says."""
    directory, data = b"", b""
    for size, picture in pictures:
        begin = 6 + 16 * len(pictures) + len(data)
        directory += struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(picture), begin)
        data += picture
    return struct.pack("<HHH", 0, kind, len(pictures) if count is None else count) + directory + data


def webp(kind: bytes, *, riff_bytes: int | None = None, chunk_bytes: int | None = None) -> bytes:
    """64x48, with nonsense for pixels."""
    frame = struct.pack("<I", 20 << 5)[:3] + b"\x9d\x01\x2a" + struct.pack("<HH", 64, 48) + bytes(60)
    lossless = b"\x2f" + struct.pack("<I", 63 | 47 << 14) + bytes(61)
    picture = frame if kind == b"VP8 " else lossless
    length = len(picture) if chunk_bytes is None else chunk_bytes
    chunks = b"WEBP" + kind + struct.pack("<I", length) + picture
    return b"RIFF" + struct.pack("<I", len(chunks) if riff_bytes is None else riff_bytes) + chunks
