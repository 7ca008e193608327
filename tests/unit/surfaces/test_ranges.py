"""The Range header, against a naive reading of RFC 9110 section 14."""

from hypothesis import given
from hypothesis import strategies as st

from openaddons.surfaces.ranges import Part, Unsatisfiable, read_range

SIZES = st.integers(0, 40)
NUMBERS = st.integers(0, 50)


def read(header: str | None, size_bytes: int) -> list[int] | None:
    """The places that are asked for; None for everything, none when nothing of it is there."""
    try:
        part = read_range(header, size_bytes)
    except Unsatisfiable:
        return []
    return None if part is None else list(range(*part))


@given(NUMBERS, NUMBERS, SIZES)
def test_from_and_to(first: int, last: int, size: int) -> None:
    expected = [place for place in range(size) if first <= place <= last] if first <= last else None

    assert read(f"bytes={first}-{last}", size) == expected


@given(NUMBERS, SIZES)
def test_from_on(first: int, size: int) -> None:
    assert read(f"bytes={first}-", size) == [place for place in range(size) if place >= first]


@given(NUMBERS, SIZES)
def test_the_last_ones(count: int, size: int) -> None:
    assert read(f"Bytes= -{count}\t", size) == (list(range(size))[-count:] if count else [])


@given(st.text(alphabet="bytes=0123456789-, \tx", max_size=30), SIZES)
def test_whatever_is_asked_lies_within_the_bytes(header: str, size: int) -> None:
    places = read(header, size)

    assert places is None or set(places) <= set(range(size))


def test_what_is_none_or_several_or_of_another_unit_is_ignored() -> None:
    headers = (
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=0-1,2-3",
        "items=0-1",
        "bytes=٣-4",
        "bytes=1-2-3",
    )

    assert [read(header, 9) for header in headers] == [None] * 9


def test_numbers_that_no_file_is_as_long_as() -> None:
    assert read_range(f"bytes=0-{10**17}", 5) == Part(0, 5)
    assert read_range(f"bytes=0-{10**400}", 5) is None
