import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.packages.archive import Archive, ArchiveUnsound, CheckCancelled
from openaddons.packages.findings import DEFAULT_LIMITS, Findings, Limits
from tests.corpus.writer import Member, deflated, manifest, pack, script

names = st.text(alphabet="abcXYZ-_0129ü日", min_size=1, max_size=8)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


def zipped(files: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(ArchiveUnsound) as refused:
        Archive.open(io.BytesIO(data), limits)
    return refused.value.finding.code


@settings(deadline=None)
@given(
    st.dictionaries(paths, st.binary(max_size=300), min_size=1, max_size=8),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_what_another_packer_put_in_comes_out(files: dict[str, bytes], compression: int) -> None:
    findings = Findings(100)
    archive = Archive.open(zipped({"manifest.json": b"{}"} | files, compression), findings=findings)

    if not findings.total:  # the names may collide by case
        assert {name: archive.read(name, 300) for name in archive.files} == {"manifest.json": b"{}"} | files


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_mutated_bytes_are_read_or_refused(data: st.DataObject) -> None:
    good = bytearray(pack([manifest(), script(), script(b"x/b.js", method=0)], comment=b"comment"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))

    for mutant in (bytes(good), bytes(good[:cut])):
        with suppress(ArchiveUnsound):
            archive = Archive.open(io.BytesIO(mutant))
            for name in archive.files:
                archive.read(name, 1 << 20)


@given(st.binary(max_size=200).map(lambda tail: tail + b"PK\x05\x06" + tail[:18].ljust(18, b"\0")))
def test_random_bytes_with_an_end_record_are_refused(data: bytes) -> None:
    assert refusal(data)


@settings(deadline=None)
@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=10, max_size=10), st.booleans())
def test_any_zip64_end_record_is_read_or_refused(numbers: list[int], consistent: bool) -> None:
    keys = ("disk", "directory_disk", "here", "count", "size", "offset", "at", "disks")
    zip64 = dict(zip(keys, numbers, strict=False))
    for key in ("disk", "directory_disk", "disks"):
        zip64[key] %= 1 << 32
    if consistent:
        zip64 |= {"disk": 0, "directory_disk": 0, "disks": 1, "here": zip64["count"]}
        del zip64["at"]

    assert refusal(pack([manifest()], zip64=zip64))


class Pipe(io.RawIOBase):
    """Where a packer cannot seek, it writes data descriptors."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.written += data
        return len(data)


def test_what_was_packed_into_a_pipe_is_read() -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packer:
        packer.writestr("manifest.json", b"{}")
        with packer.open("wide.js", "w", force_zip64=True) as member:
            member.write(b"x" * 100)
        packer.writestr("empty", b"")
    archive = Archive.open(io.BytesIO(bytes(pipe.written)))

    assert {name: archive.read(name, 100) for name in archive.files} == {
        "empty": b"",
        "manifest.json": b"{}",
        "wide.js": b"x" * 100,
    }


def test_files_are_named_without_the_enclosing_folder() -> None:
    archive = Archive.open(zipped({"ext/manifest.json": "{}", "ext/a/b.js": "x"}))

    assert (archive.root, list(archive.files)) == ("ext", ["a/b.js", "manifest.json"])
    assert archive.read("a/b.js", 10) == b"x"


def test_a_manifest_in_the_root_leaves_folders_alone() -> None:
    archive = Archive.open(zipped({"manifest.json": "{}", "ext/manifest.json": "{}"}))

    assert (archive.root, list(archive.files)) == ("", ["ext/manifest.json", "manifest.json"])


def test_junk_is_kept_apart() -> None:
    archive = Archive.open(zipped({"e/manifest.json": "{}", "__MACOSX/e/._a": "x", "e/.DS_Store": "y"}))

    assert list(archive.files) == ["manifest.json"]
    assert [entry.name for entry in archive.junk] == ["__MACOSX/e/._a", "e/.DS_Store"]
    assert archive.outside == ()


def test_what_lies_beside_the_enclosing_folder_is_told() -> None:
    archive = Archive.open(zipped({"e/manifest.json": "{}", "README": "x", "f/a": "y"}))

    assert archive.outside == ("README", "f/a")


def test_an_unusable_name_is_left_out_and_reported() -> None:
    findings = Findings(100)
    archive = Archive.open(io.BytesIO(pack([manifest(), script(b"../a.js")])), findings=findings)

    assert list(archive.files) == ["manifest.json"]
    assert [finding.code for finding in findings.kept()] == ["ZipPathTraversal"]


def test_without_findings_the_first_error_is_raised() -> None:
    assert refusal(pack([manifest(), script(b"../a.js")])) == "ZipPathTraversal"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(package_bytes=100), "PackageTooLarge"),
        (Limits(entries=2), "ZipTooManyEntries"),
        (Limits(unpacked_bytes=300), "ZipBomb"),
        (Limits(file_bytes=100), "ZipBomb"),
        (Limits(unpacked_bytes_at_any_ratio=10, ratio=2), "ZipBomb"),
        (Limits(path_bytes=5), "ZipNameTooLong"),
        (Limits(component_bytes=3), "ZipNameTooLong"),
    ],
)
def test_limits_hold(limits: Limits, code: str) -> None:
    assert refusal(pack([manifest(), script(), script(b"b.js")]), limits) == code


def test_well_compressed_files_pass_below_the_size_where_the_ratio_counts() -> None:
    data = pack([manifest(), Member(b"zeros", bytes(10_000))])

    assert Archive.open(io.BytesIO(data), Limits(unpacked_bytes_at_any_ratio=20_000, ratio=2)).files


def test_no_more_than_declared_is_inflated() -> None:
    bomb = Member(b"zeros", packed=deflated(bytes(50 << 20)), both={"size": 1000})
    archive = Archive.open(io.BytesIO(pack([manifest(), bomb])))

    with pytest.raises(ArchiveUnsound) as refused:
        list(archive.stream("zeros"))

    assert refused.value.finding.code == "ZipSizeMismatch"
    assert list(archive.stream("manifest.json")) == [archive.read("manifest.json", 100)]


@pytest.mark.parametrize("size", [0, 10, 1 << 16, 400_000, 5 << 20])
def test_bytes_behind_the_deflated_data_are_refused_however_long_it_is(size: int) -> None:
    followed = Member(b"zeros", bytes(size), packed=deflated(bytes(size)) + bytes(70_000))
    archive = Archive.open(io.BytesIO(pack([manifest(), followed])))

    with pytest.raises(ArchiveUnsound) as refused:
        list(archive.stream("zeros"))

    assert refused.value.finding.code == "ZipCorrupt"


def test_pieces_are_small_and_their_sum_is_the_file() -> None:
    content = zlib.compress(bytes(3 << 20), 0)
    archive = Archive.open(zipped({"manifest.json": "{}", "big": content}))
    pieces = list(archive.stream("big"))

    assert max(map(len, pieces)) <= 1 << 20
    assert b"".join(pieces) == content


def test_two_files_can_be_streamed_at_once() -> None:
    archive = Archive.open(zipped({"a": bytes(3 << 20), "b": b"x" * (3 << 20)}, zipfile.ZIP_STORED))

    for a, b in zip(archive.stream("a"), archive.stream("b"), strict=True):
        assert (set(a), set(b)) == ({0}, {ord("x")})


def test_opening_asks_three_times_for_each_entry_whether_it_is_cancelled() -> None:
    cancelled = Mock(return_value=False)
    Archive.open(io.BytesIO(pack([Member(b"%d.js" % number) for number in range(100)])), cancelled=cancelled)

    assert cancelled.call_count == 300


def test_a_stream_can_be_cancelled_between_pieces() -> None:
    archive = Archive.open(zipped({"big": bytes(5 << 20)}))
    answers = iter([False, False, True])

    with pytest.raises(CheckCancelled):
        list(archive.stream("big", cancelled=lambda: next(answers)))


def test_a_longer_file_than_asked_for_is_not_read() -> None:
    archive = Archive.open(zipped({"a": "12345"}))

    with pytest.raises(ValueError):
        archive.read("a", 4)


def test_a_nested_archive_near_the_end_is_no_second_reading() -> None:
    inner = pack([manifest()])

    assert list(Archive.open(io.BytesIO(pack([Member(b"z.zip", inner, method=0)]))).files) == ["z.zip"]


def test_a_huge_directory_is_not_kept_in_memory() -> None:
    members = [Member(b"%d" % number, comment=bytes(60_000), method=0) for number in range(50)]

    assert len(Archive.open(io.BytesIO(pack(members))).files) == 50


def test_offsets_beyond_every_file_are_refused() -> None:
    wide = struct.pack("<HHQ", 1, 8, (1 << 64) - 1)
    member = script(central_extra=wide, central={"offset": 0xFFFFFFFF})

    assert refusal(pack([manifest(), member])) == "ZipCorrupt"
