"""Streams that are damaged in any way: what is quick must refuse what zlib refuses."""

import zlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages import inflate

PIECE_BYTES = 1000


def judged(inflater: Any, stream: bytes) -> tuple[bytes, bytes] | str:
    """What a stream unpacks to and what follows it, or what is wrong with it."""
    unpacked, waiting = b"", stream
    try:
        while waiting and not inflater.eof:
            unpacked += inflater.decompress(waiting, PIECE_BYTES)
            waiting = inflater.unconsumed_tail
        while not inflater.eof:
            piece = inflater.decompress(b"", PIECE_BYTES)
            if not piece:
                return "cut off"
            unpacked += piece
    except (zlib.error, inflate.InflateError):
        return "corrupt"
    return unpacked, inflater.unused_data


def deflated(data: bytes, level: int, strategy: int) -> bytes:
    deflater = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return deflater.compress(data) + deflater.flush()


@given(
    data=st.binary(max_size=200) | st.text("etaoin (){};\n", min_size=200).map(str.encode),
    level=st.sampled_from([0, 1, 9]),
    strategy=st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED]),
    # Tables of codes stand at the beginning.
    flipped=st.lists(st.integers(0, 400) | st.integers(0, 8000), max_size=3),
    rest=st.sampled_from([b"", b"x"]),
)
def test_damaged_streams_are_judged_as_zlib_judges_them(
    data: bytes, level: int, strategy: int, flipped: list[int], rest: bytes
) -> None:
    stream = bytearray(deflated(data, level, strategy) + rest)
    for bit in flipped:
        if bit // 8 < len(stream):
            stream[bit // 8] ^= 1 << bit % 8

    assert judged(zlib.decompressobj(-15), bytes(stream)) == judged(inflate.raw_inflater(), bytes(stream))


def test_a_code_with_words_left_over_is_refused() -> None:
    """igzip, which is as quick, takes this stream."""
    stream = bytes.fromhex(
        "05c1410d00300a03002b3c215930801a68a1fe1deceec2469e228db93c14bce181e25bab9d1690ad0f"
    )

    assert judged(zlib.decompressobj(-15), stream) == "corrupt"
    assert judged(inflate.raw_inflater(), stream) == "corrupt"


def test_checksums_are_the_same() -> None:
    assert zlib.crc32(b"b", zlib.crc32(b"a")) == inflate.crc32(b"b", inflate.crc32(b"a"))
