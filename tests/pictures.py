"""Pictures for tests, good and hostile, made when they are needed."""

import io
import struct
import zlib
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

RED = (200, 30, 30)


def drawn(image: Image.Image, form: str = "PNG", **chosen: Any) -> bytes:
    """The file of an image."""
    written = io.BytesIO()
    image.save(written, form, **chosen)
    return written.getvalue()


def picture(width: int = 300, height: int = 300, form: str = "PNG", *, colour: Any = RED) -> bytes:
    """A plain picture of one colour."""
    return drawn(Image.new("RGB", (width, height), colour), form)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG (third edition, section 5.3)."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, packed: bytes, *, before: bytes = b"") -> bytes:
    """A PNG whose header may say anything; ``before`` are chunks that come before its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def rotated_jpeg() -> bytes:
    """600 × 300 pixels, red on the left; by its EXIF it is to be turned by 90° clockwise."""
    image = Image.new("RGB", (600, 300), (255, 255, 255))
    image.paste(RED, (0, 0, 300, 300))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a private place"
    return drawn(image, "JPEG", exif=exif.tobytes(), quality=95)


def talkative_png() -> bytes:
    """A picture with texts, times, a profile and bytes behind its end."""
    info = PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>", zip=True)
    info.add_itxt("Author", "Somebody", "en", "Author")
    image = Image.new("RGB", (300, 300), RED)
    return drawn(image, pnginfo=info, icc_profile=b"a profile", dpi=(72, 72)) + b"PK\x03\x04 and more"


def animated(form: str) -> bytes:
    """Two frames."""
    frames = [Image.new("RGB", (300, 300), colour) for colour in (RED, (0, 0, 0))]
    return drawn(frames[0], form, save_all=True, append_images=frames[1:], lossless=True)


def many_scans() -> bytes:
    """A small file whose thousands of scans each cost a decoder a pass over the whole image."""
    data = drawn(Image.new("L", (1800, 1800)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * 2_000 + data[-2:]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "browsers could not show it (too short)"),
    "html": (b"<!DOCTYPE html><script>alert(1)</script>", "browsers could not show it (no format"),
    "svg": (
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "browsers could not show it (no f",
    ),
    "zip": (b"PK\x03\x04" + bytes(60), "browsers could not show it (no format"),
    "signature and html": (
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        "browsers could not show it (no IHDR)",
    ),
    "gif": (picture(form="GIF"), "it is a file of the format GIF"),
    "bmp": (picture(form="BMP"), "it is a file of the format BMP"),
    "bomb": (
        png_of(50_000, 50_000, zlib.compress(bytes(1 << 20))),
        "browsers could not show it (50000x50000 is too large)",
    ),
    "bomb of text": (
        png_of(
            300,
            300,
            zlib.compress(bytes(901 * 300)),
            before=chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100 << 20))),
        ),
        "it is damaged",
    ),
    "more pixels than it says": (
        png_of(2_000, 2_000, zlib.compress(bytes(1 << 20))),
        "it is damaged",
    ),
    "truncated png": (drawn(Image.effect_noise((300, 300), 90))[:-2000], "browsers could not show it"),
    "truncated jpeg": (picture(form="JPEG")[:-300], "browsers could not show it"),
    "truncated webp": (picture(form="WebP")[:-20], "browsers could not show it (cut off)"),
    "animated png": (animated("PNG"), "it is an animation"),
    "animated webp": (animated("WebP"), "it is an animation"),
    "many scans": (many_scans(), "it has more scans than a JPEG needs"),
    "large": (bytes(5_000_001), "it is larger than 5,000,000 bytes"),
}
"""Files that are no picture for a listing, and how their refusal begins."""
