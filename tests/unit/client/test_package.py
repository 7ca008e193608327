"""How the client for asyncio reads a package."""

import asyncio
import io
import threading

import pytest

from openaddons.client._package import package_of, sent_bytes_async


class Watched(io.BytesIO):
    """A file that knows who reads it, and lets nobody read before ``gate`` is open."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.gate = threading.Event()
        self.reached = threading.Event()
        self.readers: list[threading.Thread] = []
        self.is_read = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.readers.append(threading.current_thread())
        self.is_read = True
        self.reached.set()
        self.gate.wait(60)
        content = super().read(size)
        self.is_read = False
        return content


def test_a_thread_reads_and_the_loop_counts() -> None:
    file = Watched(b"PK" + bytes(100_000))
    file.gate.set()
    counted: list[tuple[int, threading.Thread]] = []

    async def run() -> bytes:
        package = package_of(
            file, progress=lambda done, total: counted.append((done, threading.current_thread()))
        )
        return b"".join([chunk async for chunk in sent_bytes_async(package)])

    assert asyncio.run(run()) == b"PK" + bytes(100_000)
    here = threading.current_thread()
    assert counted == [(65_536, here), (100_002, here)]
    assert here not in file.readers


def test_the_loop_goes_on_while_a_disk_is_slow() -> None:
    file = Watched(b"PK")

    async def run() -> bytes:
        chunks = sent_bytes_async(package_of(file, progress=None))
        reading = asyncio.ensure_future(anext(chunks))
        await asyncio.to_thread(file.reached.wait, 60)
        file.gate.set()  # could not be, were the loop held up
        return await reading

    assert asyncio.run(run()) == b"PK"


def test_who_is_cancelled_waits_for_the_read_that_goes_on() -> None:
    file = Watched(b"PK")

    async def run() -> None:
        chunks = sent_bytes_async(package_of(file, progress=None))
        reading = asyncio.ensure_future(anext(chunks))
        await asyncio.to_thread(file.reached.wait, 60)
        reading.cancel()
        await asyncio.sleep(0)
        assert file.is_read
        assert not reading.done()
        file.gate.set()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not file.is_read

    asyncio.run(run())
