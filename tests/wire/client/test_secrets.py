"""Credentials show in nothing that a call leaves behind: texts, values, logs, tracebacks with their locals."""

import asyncio
import json
import logging
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openaddons.client import ApiKey, AsyncEdgeAddons, ClientSecret, Credentials, EdgeAddons, EdgeAddonsError
from tests.wire.client.line import Behaviour, Line, cut, line, plain, plain_async, says, silent_then

PRODUCT = "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6"
KEY = "s3cr3t-key-of-this-test"
TOKEN = "t0ken-that-the-store-made"

ECHO = json.dumps({"message": f"There is no key {KEY} and no token {TOKEN}."}).encode()
TOKEN_ANSWER = json.dumps({"access_token": TOKEN, "expires_in": 3599}).encode()


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP answer as it is sent."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


BEHAVIOURS: dict[str, Behaviour] = {
    "cut": cut,
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "half an answer": says(http("200 OK", b"{}" * 50)[:-10]),
    "400": says(http("400 Bad Request", ECHO)),
    "401": says(http("401 Unauthorized", ECHO)),
    "404": says(http("404 Not Found", ECHO)),
    "429": says(http("429 Too Many Requests", ECHO, "Retry-After: 99999")),
    "500": says(http("500 Internal Server Error", ECHO)),
    "redirect": says(http("307 Temporary Redirect", ECHO, "Location: http://127.0.0.1:1/")),
    "a page": says(http("200 OK", b"<html>")),
    "accepted, and no operation": says(http("202 Accepted", ECHO)),
    "no status": says(http("200 OK", ECHO)),
}


def verbs(package: Path) -> dict[str, Callable[[Any], Any]]:
    return {
        "upload": lambda a: a.upload(PRODUCT, package),
        "wait_upload": lambda a: a.wait_upload(PRODUCT, PRODUCT),
        "publish": lambda a: a.publish(PRODUCT),
        "product": lambda a: a.product(PRODUCT),
        "create_key": lambda a: a.create_key(),
    }


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Larger than what a socket takes in without a reader."""
    path = tmp_path / "extension.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(20_000_000))
    return path


def credentials(url: str, *, secret: bool) -> Credentials:
    return ClientSecret("client-1", KEY, f"{url}/t/oauth2/v2.0/token") if secret else ApiKey("client-1", KEY)


def left_behind(error: BaseException, log: pytest.LogCaptureFixture) -> str:
    """All that anybody could print of a failure."""
    told = traceback.TracebackException(type(error), error, error.__traceback__, capture_locals=True)
    return "\n".join([*told.format(), repr(error), repr(vars(error)), log.text])


def assert_nothing_shows(error: BaseException, log: pytest.LogCaptureFixture, *secrets: str) -> None:
    text = left_behind(error, log)
    assert [each for each in (KEY, *secrets) if each in text] == []


def token_first(then: Behaviour) -> Behaviour:
    """Answers the request for a token as it should be, and any other as it is told."""

    def behave(opened: Line, connection: socket.socket) -> None:
        wanted = says(http("200 OK", TOKEN_ANSWER)) if b"/token " in opened.heads[-1] else then
        wanted(opened, connection)

    return behave


@pytest.mark.parametrize("way", ["plain", "httpx2", "async"])
@pytest.mark.parametrize("kind", ["key", "secret", "token"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_failure_shows_no_secret(
    behaviour: str, kind: str, way: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    small = tmp_path / "small.zip"
    small.write_bytes(b"PK\x03\x04")
    behave = BEHAVIOURS[behaviour]
    with line(token_first(behave) if kind == "token" else behave) as store:
        given = credentials(store.url, secret=kind != "key")
        failures = (
            asyncio.run(fail_async(given, store.url, small))
            if way == "async"
            else fail(given, store.url, small, transport=plain() if way == "httpx2" else None)
        )

    assert ("httpcore2" in caplog.text) == (way != "plain")  # the debug log is on

    assert len(failures) == len(verbs(small))
    for failure in failures:
        assert_nothing_shows(failure, caplog, *([TOKEN] if kind == "token" else []))


def fail(
    given: Credentials, url: str, package: Path, *, transport: httpx2.BaseTransport | None
) -> list[EdgeAddonsError]:
    """What each verb raises, without the pauses between its attempts."""
    failures = []
    with EdgeAddons(given, base_url=url, transport=transport, sleep=lambda _: None) as addons:
        for verb in verbs(package).values():
            with pytest.raises(EdgeAddonsError) as caught:
                verb(addons)
            failures.append(caught.value)
    return failures


async def fail_async(given: Credentials, url: str, package: Path) -> list[EdgeAddonsError]:
    """The same of the other client."""
    failures = []
    async with AsyncEdgeAddons(
        given, base_url=url, transport=plain_async(), sleep=lambda _: asyncio.sleep(0)
    ) as addons:
        for verb in verbs(package).values():
            with pytest.raises(EdgeAddonsError) as caught:
                await verb(addons)
            failures.append(caught.value)
    return failures


# Interrupted: by Ctrl-C, or as a cancelled task


def interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also in a run that a shell has put into the background with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


PHASES = {"sending": b"", "waiting": b"", "reading": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"}


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("way", ["plain", "httpx2"])
@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_shows_no_secret_and_closes_the_connection(
    phase: str, way: str, package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = plain() if way == "httpx2" else None
    # Some of the package has come: it is open, and more of it is on its way than a socket takes in.
    hears_bytes = 1 if phase == "sending" else 0
    with (
        line(silent_then(interrupt, first=PHASES[phase], hears_bytes=hears_bytes)) as store,
        EdgeAddons(ApiKey("client-1", KEY), base_url=store.url, transport=transport) as addons,
    ):
        with pytest.raises(KeyboardInterrupt) as caught:
            addons.upload(PRODUCT, package) if phase == "sending" else addons.publish(PRODUCT)

        assert store.ended.wait(60)
        assert len(store.heads) == 1
    assert_nothing_shows(caught.value, caplog)


@pytest.mark.parametrize("phase", PHASES)
def test_a_cancelled_task_shows_no_secret_closes_the_connection_and_leaves_nothing_running(
    phase: str, package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def run() -> BaseException:
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()
        reached = silent_then(lambda: loop.call_soon_threadsafe(asked.set), first=PHASES[phase])
        with line(reached) as store:
            async with AsyncEdgeAddons(
                ApiKey("client-1", KEY), base_url=store.url, transport=plain_async()
            ) as addons:
                call = addons.upload(PRODUCT, package) if phase == "sending" else addons.publish(PRODUCT)
                task = asyncio.create_task(call)
                await asked.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError) as caught:
                    await task

                assert await asyncio.to_thread(store.ended.wait, 60)
                assert asyncio.all_tasks() == {asyncio.current_task()}
                assert len(store.heads) == 1
            return caught.value

    assert_nothing_shows(asyncio.run(run()), caplog)


@pytest.mark.parametrize("way", ["plain", "httpx2", "async"])
def test_an_error_of_the_callers_progress_keeps_its_place_and_shows_no_secret(
    way: str, package: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def faulty_progress(done: int, total: int) -> None:
        raise LookupError("mine")

    async def run(url: str) -> None:
        async with AsyncEdgeAddons(ApiKey("client-1", KEY), base_url=url, transport=plain_async()) as addons:
            await addons.upload(PRODUCT, package, progress=faulty_progress)

    with line(silent_then(lambda: None)) as store:
        with pytest.raises(LookupError, match="mine") as caught:  # noqa: PT012 - either client
            if way == "async":
                asyncio.run(run(store.url))
            else:
                transport = plain() if way == "httpx2" else None
                with EdgeAddons(ApiKey("client-1", KEY), base_url=store.url, transport=transport) as addons:
                    addons.upload(PRODUCT, package, progress=faulty_progress)

        assert store.ended.wait(60)
    assert "in faulty_progress" in left_behind(caught.value, caplog)
    assert_nothing_shows(caught.value, caplog)
