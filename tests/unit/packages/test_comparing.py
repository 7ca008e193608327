"""Two texts side by side: what is shown of any two, and that hostile ones cost no more than they may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.comparing import Kind, Row, read_text, side_by_side, visible


def test_what_changed_is_shown_between_lines_that_are_the_same() -> None:
    compared = side_by_side("a\nb\nc\n", "a\nB\nc\nd\n")

    assert compared.rows == (
        Row(Kind.SAME, 1, "a", 1, "a"),
        Row(Kind.CHANGED, 2, "b", 2, "B"),
        Row(Kind.SAME, 3, "c", 3, "c"),
        Row(Kind.ADDED, None, "", 4, "d"),
    )
    assert (compared.more, compared.coarse, compared.minified) == (False, False, False)


def test_long_stretches_of_the_same_are_left_out() -> None:
    same = [str(number) for number in range(100)]

    rows = side_by_side("\n".join(["a", *same, "b"]), "\n".join(["A", *same, "B"])).rows

    assert [row.kind for row in rows] == [
        Kind.CHANGED, Kind.SAME, Kind.SAME, Kind.SAME, Kind.SKIPPED, Kind.SAME, Kind.SAME, Kind.SAME, Kind.CHANGED,
    ]  # fmt: skip
    assert rows[4] == Row(Kind.SKIPPED, 5, "94", 5, "94")


@pytest.mark.parametrize(("old", "new"), [("a\r\nb\r\n", "a\nb"), ("", None), ("same", "same\n")])
def test_line_ends_do_not_count(old: str | None, new: str | None) -> None:
    assert {row.kind for row in side_by_side(old, new).rows} <= {Kind.SKIPPED, Kind.SAME}


def test_of_a_new_file_every_line_is_shown() -> None:
    rows = side_by_side(None, "\n".join(["x"] * 20)).rows

    assert [(row.kind, row.new_line) for row in rows] == [(Kind.ADDED, number) for number in range(1, 21)]


@given(st.lists(st.sampled_from("abc123456")), st.lists(st.sampled_from("abc123456")))
def test_each_line_is_in_its_order_and_none_is_lost(before: list[str], after: list[str]) -> None:
    compared = side_by_side("\n".join([*before, "end"]), "\n".join([*after, "end"]))

    olds: list[int] = []
    news: list[int] = []
    for row in compared.rows:
        assert (row.old == row.new) == (row.kind in {Kind.SAME, Kind.SKIPPED})
        if row.kind is Kind.SKIPPED:
            assert row.old_line is not None
            assert row.new_line is not None
            olds += range(row.old_line, row.old_line + int(row.old))
            news += range(row.new_line, row.new_line + int(row.new))
            continue
        olds += [] if row.old_line is None else [row.old_line]
        news += [] if row.new_line is None else [row.new_line]
    assert olds == list(range(1, len(before) + 2))
    assert news == list(range(1, len(after) + 2))


def test_what_would_take_too_long_is_shown_as_one_block() -> None:
    """No line is there once alone, and difflib would look through all of them for each."""
    old, new = (f"{side}\n" + "a\nb\n" * 4_000 + side for side in ("old", "new"))

    compared = side_by_side(old.replace("b", "B"), new)

    assert compared.coarse
    assert {row.kind for row in compared.rows} == {Kind.CHANGED}


def test_every_second_line_of_many_is_found_to_be_the_same() -> None:
    old, new = ("\n".join(f"same {number}\n{side}" for number in range(4_900)) for side in ("old", "new"))

    compared = side_by_side(f"old\n{old}", f"new\n{new}")

    assert not compared.coarse
    assert [row.kind for row in compared.rows[:5]] == [
        Kind.CHANGED, Kind.SAME, Kind.CHANGED, Kind.SAME, Kind.CHANGED,
    ]  # fmt: skip


def test_a_hundred_thousand_lines_are_not_compared_one_by_one() -> None:
    compared = side_by_side("\n".join(map(str, range(100_000))), "\n".join(map(str, range(1, 100_001))))

    assert (compared.coarse, compared.cut_after, compared.rows[-1].new_line) == (True, 30_000, 1_000)


def test_rows_are_shown_page_by_page_and_none_is_lost() -> None:
    """Each letter that hides takes eight: such a page has fewer rows."""
    new = "\n".join(["x"] * 2_500 + ["\x07" * 500] * 100)
    page = side_by_side(None, new)
    pages = [page.rows]
    while page.more:
        page = side_by_side(None, new, first=sum(map(len, pages)))
        pages.append(page.rows)

    assert [row.new_line for rows in pages for row in rows] == list(range(1, 2_601))
    assert list(map(len, pages)) == [1_000, 1_000, 550, 50]


def test_a_long_line_is_cut_and_told() -> None:
    compared = side_by_side(None, "x" * 1_001)

    assert compared.minified
    assert compared.rows[0].new == "x" * 500 + " … and 501 characters more"


def test_letters_that_hide_are_named() -> None:
    assert visible("a\u202eb\u200bc\x1b[0m\td") == "a⟨U+202E⟩b⟨U+200B⟩c⟨U+001B⟩[0m\td"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"abc", "abc"),
        ("ä".encode(), "ä"),
        (b"\xef\xbb\xbfabc", "abc"),
        (b"a\x00b", None),
        (b"\xff\xfe", None),
    ],
)
def test_text_is_what_is_utf_8(data: bytes, text: str | None) -> None:
    assert read_text(data) == text
