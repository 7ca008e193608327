"""Every object store keeps the same promises: a folder, memory, and S3 (moto's server on 127.0.0.1)."""

import hashlib
import logging
import os
import stat
import tracemalloc
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from openaddons.errors import ObjectMissing, ValueRefused
from openaddons.objects import PIECE_BYTES, Objects, StoredObject, open_objects
from openaddons.objects.files import FileObjects
from tests.conftest import need

MIB = 1 << 20
ABSENT = "0" * 64 + ".00000000"
HOSTILE_KEYS = [
    "",
    "..",
    "../" + "0" * 64,
    "/etc/passwd",
    "0" * 64,
    ABSENT.replace("0", "G"),
    ABSENT.replace("0", "A"),
    ABSENT + "\n",
    ABSENT + "/..",
    "./" + ABSENT,
    ABSENT[:2] + "/" + ABSENT,
    ABSENT + "\0",
]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    need("moto's server", found=find_spec("moto") is not None, hint="pip install 'openaddons[dev]'")
    from moto.server import ThreadedMotoServer

    requests = logging.getLogger("werkzeug")
    level = requests.level
    requests.setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/bucket", method="PUT"), timeout=30).close()
    yield endpoint
    server.stop()
    requests.setLevel(level)


def s3_url(endpoint: str, prefix: str) -> str:
    return (
        f"s3://bucket/{prefix}?endpoint={endpoint}&region=us-east-1&access_key_id=k&secret_access_key=s+/%2B"
    )


@pytest.fixture(params=["files", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "files":
            return f"file://{tmp_path}/objects"
        case "memory":
            return "memory://"
        case _:
            return s3_url(request.getfixturevalue("s3_endpoint"), tmp_path.name)


@pytest.fixture
def spool_directory(url: str, tmp_path: Path) -> Path:
    """Where this store's incoming bytes wait."""
    return tmp_path / ("objects/incoming" if url.startswith("file:") else "spool")


@pytest.fixture
def objects(url: str, tmp_path: Path) -> Objects:
    return open_objects(url, spool_directory=tmp_path / "spool")


def put(objects: Objects, *pieces: bytes | memoryview) -> StoredObject:
    with objects.begin() as incoming:
        incoming.write(pieces)
        return incoming.keep()


def get(objects: Objects, key: str) -> bytes:
    with objects.open(key) as file:
        return file.read()


def keys(objects: Objects) -> set[str]:
    return {entry.key for entry in objects.entries()}


@pytest.mark.parametrize("size_bytes", [0, 1, PIECE_BYTES, 20 * MIB], ids=["empty", "byte", "piece", "20MiB"])
def test_what_was_put_is_got(objects: Objects, size_bytes: int) -> None:
    content = os.urandom(size_bytes)

    stored = put(objects, content)

    assert get(objects, stored.key) == content
    assert b"".join(objects.read_range(stored.key, 0, size_bytes)) == content
    assert objects.size_bytes(stored.key) == stored.size_bytes == size_bytes
    assert stored.digest == hashlib.sha256(content).hexdigest()


def test_an_object_is_put_together_from_many_pieces(objects: Objects) -> None:
    with objects.begin() as incoming:
        incoming.write([b"one ", memoryview(b"two "), b""])
        incoming.write([])
        incoming.write([b"x"] * 3000)
        assert incoming.size_bytes == 3008
        stored = incoming.keep()

    assert get(objects, stored.key) == b"one two " + b"x" * 3000


def test_the_key_begins_with_the_digest(objects: Objects) -> None:
    stored = put(objects, b"content")

    assert stored.key.startswith(f"{hashlib.sha256(b'content').hexdigest()}.")


def test_the_same_bytes_twice_are_two_objects(objects: Objects) -> None:
    first, second = put(objects, b"same"), put(objects, b"same")

    objects.delete(first.key)

    assert first.digest == second.digest
    assert get(objects, second.key) == b"same"


def test_a_key_in_use_is_not_given_out_again(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    endings = iter(["00000001", "00000001", "00000002"])
    monkeypatch.setattr("openaddons.objects.spool.new_key", lambda digest: f"{digest}.{next(endings)}")

    assert put(objects, b"same").key.endswith(".00000001")
    assert put(objects, b"same").key.endswith(".00000002")


def test_leaving_without_keeping_leaves_nothing(objects: Objects, spool_directory: Path) -> None:
    with objects.begin() as incoming:
        incoming.write([b"half an upload"])

    assert keys(objects) == set()
    assert list(spool_directory.iterdir()) == []


def test_an_error_on_the_way_leaves_nothing(objects: Objects, spool_directory: Path) -> None:
    def upload() -> None:
        with objects.begin() as incoming:
            incoming.write([b"half an upload"])
            raise ConnectionError

    with pytest.raises(ConnectionError):
        upload()

    assert keys(objects) == set()
    assert list(spool_directory.iterdir()) == []


def test_keeping_leaves_no_spool_file(objects: Objects, spool_directory: Path) -> None:
    put(objects, b"content")

    assert list(spool_directory.iterdir()) == []


def test_discarding_may_be_repeated_and_does_nothing_after_keeping(objects: Objects) -> None:
    incoming = objects.begin()
    incoming.discard()
    incoming.discard()
    incoming = objects.begin()
    incoming.write([b"content"])
    stored = incoming.keep()
    incoming.discard()

    assert get(objects, stored.key) == b"content"


def test_what_ended_takes_no_more_bytes(objects: Objects) -> None:
    incoming = objects.begin()
    incoming.discard()

    with pytest.raises(OSError, match="Bad file descriptor"):
        incoming.write([b"late"])


def test_incoming_bytes_are_no_object_yet(objects: Objects) -> None:
    with objects.begin() as incoming:
        incoming.write([b"content"])

        assert keys(objects) == set()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 1),
        (5, 5),
        (7, 3),
        (PIECE_BYTES - 1, PIECE_BYTES + 1),
        (3 * MIB, 6 * MIB),
        (4 * MIB, 5 * MIB),
        (6 * MIB - 2, 9 * MIB),
        (6 * MIB, 7 * MIB),
        (8 * MIB, 9 * MIB),
    ],
)
def test_a_range_is_cut_as_a_slice_is(objects: Objects, start: int, end: int) -> None:
    content = bytes(range(256)) * (6 * MIB // 256)
    stored = put(objects, content)

    pieces = list(objects.read_range(stored.key, start, end))

    assert b"".join(pieces) == content[start:end]
    assert max(map(len, pieces), default=0) <= PIECE_BYTES


def test_a_range_may_be_left_before_its_end(objects: Objects) -> None:
    stored = put(objects, b"x" * MIB)

    pieces = objects.read_range(stored.key, 0, MIB)
    next(pieces)
    del pieces
    del stored


def test_an_open_object_is_a_real_file_to_seek_in(objects: Objects) -> None:
    stored = put(objects, b"0123456789")

    with objects.open(stored.key) as file:
        file.seek(-3, os.SEEK_END)
        assert file.read() == b"789"
        assert os.pread(file.fileno(), 2, 4) == b"45"


def test_a_missing_object_is_said_at_once(objects: Objects) -> None:
    ways: list[Callable[[], object]] = [
        lambda: objects.open(ABSENT),
        lambda: objects.size_bytes(ABSENT),
        lambda: objects.read_range(ABSENT, 0, 1),
    ]
    for way in ways:
        with pytest.raises(ObjectMissing, match=ABSENT):
            way()
    assert not objects.exists(ABSENT)


def test_a_deleted_object_is_gone_and_may_be_deleted_again(objects: Objects) -> None:
    stored = put(objects, b"content")
    assert objects.exists(stored.key)

    objects.delete(stored.key)
    objects.delete(stored.key)

    assert not objects.exists(stored.key)
    assert keys(objects) == set()


def test_entries_are_what_was_kept_with_its_time(objects: Objects) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)  # S3 knows whole seconds only
    stored = {put(objects, bytes([number])).key for number in range(3)}

    entries = list(objects.entries())

    assert {entry.key for entry in entries} == stored
    assert all(before < entry.modified < datetime.now(UTC) + timedelta(seconds=2) for entry in entries)


def test_the_room_for_more_is_known_of_a_folder_alone(objects: Objects, url: str) -> None:
    free = objects.free_bytes()

    assert (free is not None) == url.startswith("file:")
    assert free is None or free > 0


def test_entries_may_be_left_before_their_end(objects: Objects) -> None:
    put(objects, b"one")
    put(objects, b"two")

    assert objects.exists(next(objects.entries()).key)


def test_the_sweep_removes_what_was_abandoned_and_nothing_else(
    objects: Objects, spool_directory: Path
) -> None:
    now = datetime.now(UTC)
    stored = put(objects, b"kept")
    foreign = spool_directory / "not-ours"
    foreign.touch()
    abandoned, active = objects.begin(), objects.begin()
    [old_path, _] = sorted(spool_directory.glob("*.incoming"), key=lambda path: path.stat().st_ino)
    for path in (old_path, foreign):
        os.utime(path, (now.timestamp() - 7200, now.timestamp() - 7200))

    assert objects.sweep_incoming(now - timedelta(hours=1)) == 1

    assert not old_path.exists()
    assert foreign.exists()
    assert get(objects, stored.key) == b"kept"
    abandoned.discard()
    active.discard()


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=ascii)
def test_a_hostile_key_is_refused_everywhere(objects: Objects, key: str) -> None:
    ways: list[Callable[[], object]] = [
        lambda: objects.open(key),
        lambda: objects.size_bytes(key),
        lambda: objects.read_range(key, 0, 1),
        lambda: objects.exists(key),
        lambda: objects.delete(key),
    ]
    for way in ways:
        with pytest.raises(ValueRefused, match="not the key of an object"):
            way()


@pytest.mark.parametrize("url", ["files", "memory"], indirect=True)  # moto's server is of this very process
def test_memory_does_not_grow_with_the_object(objects: Objects) -> None:
    piece = bytes(MIB)
    tracemalloc.start()
    try:
        with objects.begin() as incoming:
            for _ in range(64):
                incoming.write([piece])
            stored = incoming.keep()
        with objects.open(stored.key) as file:
            file.seek(0, os.SEEK_END)
            assert file.tell() == 64 * MIB
        for _ in objects.read_range(stored.key, 0, 64 * MIB):
            pass
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak_bytes < 4 * MIB


@pytest.mark.parametrize("url", ["files", "s3"], indirect=True)  # memory is of one opening
def test_another_opening_of_the_store_sees_the_object(objects: Objects, url: str, tmp_path: Path) -> None:
    stored = put(objects, b"content")

    again = open_objects(url, spool_directory=tmp_path / "spool")

    assert get(again, stored.key) == b"content"
    assert keys(again) == {stored.key}


# ---- a folder alone


def test_a_kept_file_and_its_name_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, then the rename, then the directory; or a power cut leaves a name without bytes, or no name."""
    objects = FileObjects(tmp_path / "objects")
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def recorded_fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        steps.append("directory" if stat.S_ISDIR(status.st_mode) else f"file of {status.st_size}")
        fsync(descriptor)

    def recorded_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    with objects.begin() as incoming:
        incoming.write([b"content"])
        monkeypatch.setattr(os, "fsync", recorded_fsync)
        monkeypatch.setattr(Path, "rename", recorded_rename)
        incoming.keep()

    assert steps == ["file of 7", "rename", "directory"]


def test_a_new_folder_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(inode(os.fstat(descriptor))))

    FileObjects(tmp_path / "data" / "objects")

    named = [tmp_path, tmp_path / "data", tmp_path / "data/objects"]
    assert set(synced) == {inode(path.stat()) for path in named}


def inode(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def test_nothing_is_kept_when_the_disk_does_not_take_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = FileObjects(tmp_path / "objects")

    def failing_fsync(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing_fsync)
    with pytest.raises(OSError, match="Input/output error"):
        put(objects, b"content")

    assert keys(objects) == set()
    assert list((tmp_path / "objects/incoming").iterdir()) == []


def test_a_write_that_takes_only_a_part_is_carried_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = FileObjects(tmp_path / "objects")
    writev = os.writev
    monkeypatch.setattr(os, "writev", lambda descriptor, views: writev(descriptor, [views[0][:3]]))

    stored = put(objects, b"0123456", b"", b"789", b"abcdef")

    assert get(objects, stored.key) == b"0123456789abcdef"


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    objects = FileObjects(tmp_path / "objects")
    put(objects, b"content")

    found = [tmp_path / "objects", *(tmp_path / "objects").rglob("*")]

    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found if path.is_file()} == {0o600}


def test_files_that_are_no_objects_are_not_listed(tmp_path: Path) -> None:
    objects = FileObjects(tmp_path / "objects")
    (tmp_path / "objects/00/notes.txt").touch()

    assert keys(objects) == set()


# ---- S3 alone


def test_what_else_lies_in_the_bucket_is_not_listed(s3_endpoint: str, tmp_path: Path) -> None:
    ours, others = (
        open_objects(s3_url(s3_endpoint, prefix), spool_directory=tmp_path)
        for prefix in (f"{tmp_path.name}/ours", tmp_path.name)
    )
    stored = put(ours, b"content")

    assert keys(others) == set()
    assert keys(ours) == {stored.key}


def test_the_endpoint_may_come_from_the_environment(
    s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    objects = open_objects(f"s3://bucket/{tmp_path.name}", spool_directory=tmp_path)

    stored = put(objects, b"content")

    assert get(objects, stored.key) == b"content"


# ---- URLs


def test_a_plain_path_names_a_folder(tmp_path: Path) -> None:
    objects = open_objects(str(tmp_path / "with %20 and ?"), spool_directory=tmp_path / "spool")

    assert isinstance(objects, FileObjects)
    assert (tmp_path / "with %20 and ?" / "incoming").is_dir()


def test_a_file_url_is_unquoted(tmp_path: Path) -> None:
    open_objects(f"file://{tmp_path}/a%20b", spool_directory=tmp_path / "spool")

    assert (tmp_path / "a b" / "incoming").is_dir()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "\0",
        "file://elsewhere/path",
        "ftp://host/path",
        "memory://name",
        "s3://",
        "s3://user:password@bucket",
        "s3://bucket?endpoind=http://127.0.0.1",
        "://",
    ],
    ids=ascii,
)
def test_a_url_that_names_no_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueRefused, match=r"^objects: "):
        open_objects(url, spool_directory=tmp_path)
