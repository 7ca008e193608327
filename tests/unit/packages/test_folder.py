import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.packages.archive import Archive, ArchiveUnsound, CheckCancelled
from openaddons.packages.canonical import write_canonical
from openaddons.packages.check import Report, check, check_folder
from openaddons.packages.findings import Limits
from openaddons.packages.folder import open_folder, read_ignore
from openaddons.packages.ignore import IgnoreInvalid
from tests.conftest import need

MANIFEST = json.dumps({"manifest_version": 3, "name": "Tab Tally", "version": "1.2.0"}).encode()

names = st.lists(
    st.text(alphabet="abCü. :\\", min_size=1, max_size=4).filter(lambda name: name not in {".", ".."}),
    min_size=1,
    max_size=3,
).map("/".join)
manifests = st.sampled_from(["manifest.json", "ext/manifest.json", "a/b/manifest.json", "Manifest.json"])
trees = st.dictionaries(names | st.just(".DS_Store"), st.binary(max_size=50), max_size=6)
values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=5)
keys = st.sampled_from(
    ["name", "version", "icons", "permissions", "content_scripts", "default_locale", "action"]
)


def make_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def make_zip(files: Mapping[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packer:
        for name, content in files.items():
            packer.writestr(name, content)
    return out


def unfold(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Without files that would have to be folders too."""
    return {
        name: content
        for name, content in files.items()
        if not any(other.startswith(f"{name}/") for other in files)
    }


def found(report: Report) -> Any:
    return sorted(map(str, report.findings)), report.total, report.error_total, report.package


@contextmanager
def folder_of(files: Mapping[str, bytes]) -> Iterator[Path]:
    with TemporaryDirectory() as name:
        make_folder(Path(name), files)
        yield Path(name)


@settings(max_examples=60, deadline=None)
@given(manifests, st.dictionaries(keys, values, max_size=3), trees)
def test_a_folder_and_its_zip_get_the_same_answer(
    manifest: str, extra: dict[str, Any], others: dict[str, bytes]
) -> None:
    files = unfold(others | {manifest: json.dumps(json.loads(MANIFEST) | extra).encode()})
    with folder_of(files) as folder:
        assert found(check_folder(folder)) == found(check(make_zip(files)))


@settings(max_examples=30, deadline=None)
@given(trees)
def test_a_folder_and_its_zip_are_packed_alike(others: dict[str, bytes]) -> None:
    files = {name: content for name, content in unfold(others).items() if name.isalpha()}
    files["manifest.json"] = MANIFEST
    packed = io.BytesIO()
    write_canonical(Archive.open(make_zip(files)), packed)
    with folder_of(files) as folder:
        again = io.BytesIO()
        write_canonical(open_folder(folder), again)

    assert again.getvalue() == packed.getvalue()


def test_a_file_is_read_in_small_pieces(tmp_path: Path) -> None:
    content = os.urandom(2_500_000)
    make_folder(tmp_path, {"big": content, "none": b""})
    folder = open_folder(tmp_path)
    pieces = list(folder.stream("big"))

    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1 << 20
    assert folder.read("none", 10) == b""
    assert folder.size_bytes == 2_500_000


def refusal(folder: Path, limits: Limits) -> str:
    with pytest.raises(ArchiveUnsound) as refused:
        open_folder(folder, limits)
    return refused.value.finding.code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(entries=2), "ZipTooManyEntries"),
        (Limits(unpacked_bytes=10), "ZipBomb"),
        (Limits(file_bytes=7), "ZipBomb"),
        (Limits(path_bytes=5), "ZipNameTooLong"),
        (Limits(component_bytes=3), "ZipNameTooLong"),
    ],
)
def test_what_is_over_a_limit_is_refused(limits: Limits, code: str, tmp_path: Path) -> None:
    make_folder(tmp_path, {"js/aaaa.js": b"12345678", "js/bbbb.js": b"12345678"})

    assert refusal(tmp_path, limits) == code


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty" / "inside").mkdir(parents=True)

    assert refusal(tmp_path, Limits()) == "ZipEmpty"


def test_deep_folders_without_files_end_the_walk(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["d" * 100] * 11)
    deep.mkdir(parents=True)

    assert refusal(tmp_path, Limits()) == "ZipNameTooLong"


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "ext"
    make_folder(folder, {"manifest.json": MANIFEST})
    (folder / "file.js").symlink_to(tmp_path / "secret")
    (folder / "loop").symlink_to(tmp_path)
    (folder / "nowhere").symlink_to("/nonexistent")
    report = check_folder(folder)

    assert [(each.code, each.file) for each in report.errors] == [
        ("ZipSymlink", "file.js"),
        ("ZipSymlink", "loop"),
        ("ZipSymlink", "nowhere"),
    ]


def test_a_link_to_the_folder_itself_is_followed(tmp_path: Path) -> None:
    make_folder(tmp_path / "ext", {"manifest.json": MANIFEST})
    (tmp_path / "link").symlink_to("ext")

    assert check_folder(tmp_path / "link").package == check_folder(tmp_path / "ext").package


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders here")
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path, {"manifest.json": MANIFEST})
    os.mkfifo(tmp_path / "pipe")

    assert [each.code for each in check_folder(tmp_path).errors] == ["ZipSpecialFile"]


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    make_folder(tmp_path, {"manifest.json": MANIFEST})
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.js")).touch()
        taken = True
    except OSError:
        taken = False
    need("a file system that takes any name", found=taken, hint="set TMPDIR to a folder on one, such as ext4")
    [error] = check_folder(tmp_path).errors

    assert (error.code, error.file) == ("ZipNameEncoding", r"\xff.js")


@pytest.mark.parametrize("content", [b"", b"12", b"1234567"])
def test_a_file_that_changes_meanwhile_is_an_error(content: bytes, tmp_path: Path) -> None:
    make_folder(tmp_path, {"a.js": b"12345"})
    folder = open_folder(tmp_path)
    (tmp_path / "a.js").write_bytes(content)

    with pytest.raises(OSError, match=r"a\.js changed"):
        folder.read("a.js", 100)


def test_a_link_put_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    make_folder(tmp_path, {"ext/a.js": b"12345", "secret": b"12345"})
    folder = open_folder(tmp_path / "ext")
    (tmp_path / "ext" / "a.js").unlink()
    (tmp_path / "ext" / "a.js").symlink_to(tmp_path / "secret")

    with pytest.raises(OSError):
        folder.read("a.js", 100)


def test_the_walk_can_be_cancelled(tmp_path: Path) -> None:
    make_folder(tmp_path, {"manifest.json": MANIFEST})

    with pytest.raises(CheckCancelled):
        open_folder(tmp_path, cancelled=lambda: True)


def test_a_folder_says_what_is_left_out(tmp_path: Path) -> None:
    files = {
        "manifest.json": MANIFEST,
        "src/a.ts": b"",
        "a.js": b"",
        ".git/config": b"",
        "node_modules/a.js": b"",
    }
    make_folder(tmp_path, files | {".openaddonsignore": b"\xef\xbb\xbf# ours\r\nsrc/\r\n"})

    assert list(open_folder(tmp_path, ignored=read_ignore(tmp_path)).files) == ["a.js", "manifest.json"]


def test_an_ignore_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".openaddonsignore").write_bytes(b"\xff\xfe")

    with pytest.raises(IgnoreInvalid):
        read_ignore(tmp_path)


def test_left_out_files_do_not_count(tmp_path: Path) -> None:
    make_folder(tmp_path, {"manifest.json": MANIFEST} | {f"node_modules/{n}.js": b"x" for n in range(10)})

    assert check_folder(tmp_path, ignored=read_ignore(tmp_path), limits=Limits(entries=1)).errors == ()
