import io
import random
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.packages.archive import Archive, ArchiveUnsound, CheckCancelled
from openaddons.packages.canonical import write_canonical
from tests.corpus.writer import Member, folder, manifest, pack, script, streamed

contents = st.dictionaries(
    st.text(alphabet="abcü/", min_size=1, max_size=6), st.binary(max_size=200), max_size=6
)


def canonical(data: bytes, **options: Any) -> bytes:
    out = io.BytesIO()
    size = write_canonical(Archive.open(io.BytesIO(data)), out, **options)
    assert size == len(out.getvalue())
    return out.getvalue()


def test_packing_leaves_no_trace() -> None:
    plain = pack([manifest(), script(b"js/a.js")])
    others = [
        pack([script(b"js/a.js", method=0), manifest(method=0)]),
        pack([folder(b"js/"), streamed(script(b"js/a.js")), streamed(manifest())], comment=b"built today"),
        pack([manifest(mode=0, made_by=20), script(b"js/a.js", comment=b"x")], zip64={}),
        pack([script(b"ext/js/a.js"), Member(b"ext/manifest.json", manifest().data), script(b"__MACOSX/x")]),
    ]

    assert {canonical(other) for other in others} == {canonical(plain)}


def test_writing_a_canonical_archive_again_changes_nothing() -> None:
    once = canonical(pack([manifest(), script()]))

    assert canonical(once) == once


@settings(deadline=None)
@given(contents, st.randoms(use_true_random=False))
def test_other_readers_read_the_same(files: dict[str, bytes], order: random.Random) -> None:
    named = {name.strip("/") or "x": content for name, content in files.items() if "//" not in name}
    members = [Member(name.encode(), content) for name, content in named.items()]
    random.Random(order.random()).shuffle(members)
    try:
        data = canonical(pack([manifest(), *members]))
    except ArchiveUnsound:
        return  # a name is both a file and a folder

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == named | {
            "manifest.json": manifest().data
        }
        assert archive.namelist() == sorted(archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.flag_bits for info in archive.infolist()} == {1 << 11}
        assert all(info.compress_size <= info.file_size for info in archive.infolist())


def test_files_can_be_replaced_and_added() -> None:
    data = canonical(pack([manifest(), script()]), replace={"manifest.json": b"{}", "z.js": b"new"})

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.js": script().data,
            "manifest.json": b"{}",
            "z.js": b"new",
        }


def test_what_does_not_shrink_is_stored() -> None:
    noise = random.Random(7).randbytes(200_000)
    data = canonical(pack([manifest(), Member(b"noise", noise, method=0), Member(b"empty")]))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.filename: info.compress_type for info in archive.infolist()} == {
            "empty": zipfile.ZIP_STORED,
            "manifest.json": zipfile.ZIP_DEFLATED,
            "noise": zipfile.ZIP_STORED,
        }
        assert archive.read("noise") == noise


def test_the_archive_begins_where_the_file_stands_and_ends_it() -> None:
    out = io.BytesIO(b"head" + bytes(10_000))
    out.seek(4)
    size = write_canonical(Archive.open(io.BytesIO(pack([manifest(), script()]))), out)

    assert out.getvalue() == b"head" + canonical(pack([manifest(), script()]))
    assert len(out.getvalue()) == 4 + size


def test_unsound_data_is_not_written_as_if_it_were_sound() -> None:
    with pytest.raises(ArchiveUnsound):
        canonical(pack([manifest(), script(both={"crc": 1})]))


def test_writing_can_be_cancelled() -> None:
    with pytest.raises(CheckCancelled):
        canonical(pack([manifest(), script()]), cancelled=lambda: True)
