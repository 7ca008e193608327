import io
from unittest.mock import Mock

import pytest

from openaddons.packages.archive import Archive, CheckCancelled
from openaddons.packages.contents import Contents
from tests.corpus.writer import Member, manifest, pack

CORRUPT = Member(b"corrupt.js", b"1", both={"crc": 1})


def contents(*members: Member, **options: Mock) -> Contents:
    return Contents(Archive.open(io.BytesIO(pack([manifest(), *members]))), **options)


def test_a_file_is_read_once_by_each_reader() -> None:
    reader, other = Mock(return_value=1), Mock(return_value=2)
    files = contents(Member(b"a.js", b"text"))

    assert [files.see("a.js", reader, 10), files.see("a.js", reader, 10), files.see("a.js", other, 10)] == [
        1,
        1,
        2,
    ]
    reader.assert_called_once_with(b"text")
    other.assert_called_once_with(b"text")


def test_what_is_absent_or_too_long_is_not_read() -> None:
    reader = Mock()
    files = contents(Member(b"a.js", b"text"))

    assert files.see("b.js", reader, 10) is None
    assert files.see("a.js", reader, 3) is None
    reader.assert_not_called()


def test_a_corrupt_file_is_not_read_and_told_of_once() -> None:
    reader = Mock()
    files = contents(CORRUPT)

    assert files.see("corrupt.js", reader, 10) is None
    assert files.see("corrupt.js", Mock(), 10) is None
    files.verify_rest()
    reader.assert_not_called()
    assert [fault.code for fault in files.faults] == ["ZipCrcMismatch"]


def test_what_nobody_asked_for_is_verified_at_the_end() -> None:
    files = contents(CORRUPT, Member(b"__MACOSX/x", b"1", both={"crc": 1}))
    files.verify_rest()

    assert [fault.code for fault in files.faults] == ["ZipCrcMismatch", "ZipCrcMismatch"]


def test_it_can_be_cancelled() -> None:
    files = contents(Member(b"a.js", b"text"), cancelled=Mock(return_value=True))

    with pytest.raises(CheckCancelled):
        files.see("a.js", Mock(), 10)
    with pytest.raises(CheckCancelled):
        files.verify_rest()
