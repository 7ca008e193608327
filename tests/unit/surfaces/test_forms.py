"""Forms as browsers send them, and as attackers do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from openaddons.errors import BodyTooLarge, FormUnreadable
from openaddons.objects import open_objects
from openaddons.surfaces.dashboard.forms import FIELDS_BYTES_LIMIT, FileRule, Form, read_form

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=edge"


def read(
    body: bytes, content_type: str, *, files: FileRule | None = None, piece_bytes: int = 1 << 30
) -> Form:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), piece_bytes):
            yield body[start : start + piece_bytes]

    return asyncio.run(read_form(pieces(), Headers({"content-type": content_type}), files=files))


def part(name: str, value: bytes, *, more: str = "") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


END = b"--edge--\r\n"


def test_fields_are_trimmed_and_lines_end_by_lf() -> None:
    form = read(b"name=%20Tab%20Tally%20&notes=one%0D%0Atwo&box=a&box=b&none=", URLENCODED)

    assert form["name"] == "Tab Tally"
    assert form["notes"] == "one\ntwo"
    assert form.all("box") == ["a", "b"]
    assert ("none" in form, form["none"], "other" in form, form["other"]) == (True, "", False, "")


@pytest.mark.parametrize("piece_bytes", [1, 7, 1 << 20])
def test_a_file_is_read_whole_however_it_comes(piece_bytes: int) -> None:
    content = b"\r\n--edg" * 100
    body = part("csrf", b"proof") + part("logo", content, more='; filename="logo.png"') + END

    form = read(body, MULTIPART, files=FileRule(10_000), piece_bytes=piece_bytes)

    file = form.file("logo")
    assert form["csrf"] == "proof"
    assert file is not None
    assert (file.name, file.size_bytes, bytes(file.content)) == ("logo.png", 700, content)


def test_a_file_goes_into_the_object_store_and_is_discarded_unless_it_is_kept(tmp_path: Path) -> None:
    objects = open_objects(str(tmp_path), spool_directory=tmp_path)
    rule = FileRule(1_000, objects.begin)
    body = (
        part("kept", b"first", more='; filename="a"') + part("left", b"second", more='; filename="b"') + END
    )

    with read(body, MULTIPART, files=rule) as form:
        file = form.file("kept")
        assert file is not None
        stored = file.keep()

    assert b"".join(objects.read_range(stored.key, 0, 100)) == b"first"
    assert [entry.key for entry in objects.entries()] == [stored.key]
    assert list(tmp_path.rglob("*.incoming")) == []


def test_a_refused_form_leaves_no_file(tmp_path: Path) -> None:
    objects = open_objects(str(tmp_path), spool_directory=tmp_path)
    body = part("file", b"x" * 2_000, more='; filename="a"') + END

    with pytest.raises(BodyTooLarge):
        read(body, MULTIPART, files=FileRule(1_000, objects.begin), piece_bytes=500)

    assert list(tmp_path.rglob("*.incoming")) == []


def test_a_file_that_nobody_chose_is_none() -> None:
    form = read(part("file", b"", more='; filename=""') + END, MULTIPART, files=FileRule(10))

    assert form.file("file") is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"a=b", ""),
        (b"a=b", "multipart/form-data"),
        (b"a=%ff", URLENCODED),
        (b"&".join(b"a=b" for _ in range(2_001)), URLENCODED),
        (b"nothing of the kind", MULTIPART),
        (part("a", b"b"), MULTIPART),
        (part("a", b"\xff") + END, MULTIPART),
        (b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, MULTIPART),
        (b"--edge\r\n" + b"X: y\r\n" * 100 + b"\r\nx\r\n" + END, MULTIPART),
        (b"--edge\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n" + END, MULTIPART),
        (b"".join(part("a", b"") for _ in range(2_001)) + END, MULTIPART),
        (part("a", b"b", more='; filename="where none is taken"') + END, MULTIPART),
        (b"x", "multipart/form-data; boundary=" + "b" * 500),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(FormUnreadable):
        read(body, content_type)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=" + b"b" * FIELDS_BYTES_LIMIT, URLENCODED),
        (part("a", b"b" * FIELDS_BYTES_LIMIT + b"b") + END, MULTIPART),
    ],
)
def test_fields_have_a_limit(body: bytes, content_type: str) -> None:
    with pytest.raises(BodyTooLarge):
        read(body, content_type)


def test_of_a_file_that_is_too_large_a_byte_too_many_is_kept_and_of_one_far_too_large_nothing() -> None:
    large, far_too_large = (part("file", b"x" * size, more='; filename="x"') for size in (400, 401))

    form = read(large + part("text", b"Typed.") + END, MULTIPART, files=FileRule(100))

    file = form.file("file")
    assert file is not None
    assert (file.size_bytes, len(file.content), form["text"]) == (400, 101, "Typed.")
    with pytest.raises(BodyTooLarge):
        read(far_too_large + END, MULTIPART, files=FileRule(100))


def test_eleven_files_are_too_many() -> None:
    body = b"".join(part("file", b"x", more='; filename="x"') for _ in range(11)) + END

    with pytest.raises(FormUnreadable):
        read(body, MULTIPART, files=FileRule(10))
