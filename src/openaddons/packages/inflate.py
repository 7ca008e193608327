"""Inflating and checksums: by zlib-ng where it is installed, by Python's own zlib elsewhere.

Both refuse the same streams; zlib-ng takes half the time, and most of what a check does is this (decision 0007).
Nothing is deflated with it: the bytes of a canonical ZIP are zlib's.
"""

import zlib
from collections.abc import Callable
from typing import Any

# Its type stubs take the class of its errors for an error.
_library: Any
try:
    from zlib_ng import zlib_ng as _library
except ImportError:  # a platform for which there is no wheel
    _library = zlib

InflateError: type[Exception] = _library.error
"""The data is no such stream. Python's own class is another one."""

crc32: Callable[..., int] = _library.crc32
"""As ``zlib.crc32``."""


def raw_inflater() -> Any:
    """As ``zlib.decompressobj``, for a stream without header and checksum (RFC 1951)."""
    return _library.decompressobj(-zlib.MAX_WBITS)
