"""A store that gives the answers it is told to, and a clock that moves only when somebody sleeps."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Self

import httpx2

from openaddons.client import ApiKey, AsyncEdgeAddons, ClientSecret, EdgeAddons

PRODUCT = "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6"
OPERATION = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
SECRET = "s3cr3t!$key"
BASE_URL = "https://store.test"

API_KEY = ApiKey("client-1", SECRET)
CLIENT_SECRET = ClientSecret("client-1", SECRET, "https://login.test/tenant/oauth2/v2.0/token")

REFUSED = httpx2.ConnectError("[Errno 111] Connection refused")
CUT = httpx2.ReadError("connection reset")
SILENT = httpx2.ReadTimeout("timed out")
BUSY = httpx2.Response(429, headers={"Retry-After": "7"}, json={"statusCode": 429, "message": "Try again."})

Scripted = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def accepted(operation_id: str = OPERATION) -> httpx2.Response:
    return httpx2.Response(202, headers={"Location": operation_id})


def operation(status: str = "Succeeded", **facts: Any) -> httpx2.Response:
    body = {
        "id": OPERATION,
        "createdTime": "2024-07-25T19:24:34.5993321Z",
        "lastUpdatedTime": "2024-07-25T19:24:36.1Z",
        "status": status,
        "message": None,
        "errorCode": None,
        "errors": None,
    }
    return httpx2.Response(200, json=body | facts)


def token(value: str = "token-1", expires_in: int = 3599) -> httpx2.Response:
    return httpx2.Response(
        200, json={"token_type": "Bearer", "expires_in": expires_in, "access_token": value}
    )


class ScriptedStore:
    """Answers each request with the next of ``script``; an exception in it is what the network does.

    Unless it is ``managed``, it has the reference's calls alone: others are 404 and no part of the script.
    """

    def __init__(self, *script: Scripted, managed: bool = False) -> None:
        self.script = list(script)
        self.managed = managed
        self.requests: list[httpx2.Request] = []
        self.transport = httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/manage/") and not self.managed:
            return httpx2.Response(404, json={"statusCode": 404, "message": "Resource not found."})
        self.requests.append(request)
        scripted = self.script.pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        answer = scripted if isinstance(scripted, httpx2.Response) else scripted(request)
        # Afresh: one that a client has read belongs to that client.
        return httpx2.Response(
            answer.status_code,
            headers=answer.headers,
            content=answer.content,
            extensions=answer.extensions,
        )


class StoppedClock:
    """Seconds that pass only by ``sleep``."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Driven:
    """``AsyncEdgeAddons`` with each call run to its end, so that the tests of one shell are those of both."""

    def __init__(self, addons: AsyncEdgeAddons) -> None:
        self._addons = addons

    def __repr__(self) -> str:
        return repr(self._addons)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run(self._addons.close())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._addons, name)

        async def run(*arguments: Any, **options: Any) -> Any:
            called = method(*arguments, **options)
            return [each async for each in called] if inspect.isasyncgen(called) else await called

        return lambda *arguments, **options: asyncio.run(run(*arguments, **options))


class Shell:
    """Which of the two clients ``client`` makes; the fixture ``both_shells`` goes through them."""

    asynchronous = False


def client(
    store: ScriptedStore,
    *,
    clock: StoppedClock | None = None,
    credentials: ApiKey | ClientSecret = API_KEY,
    timeout_seconds: float = 600,
) -> EdgeAddons:
    clock = clock or StoppedClock()
    if Shell.asynchronous:
        driven: Any = Driven(_asynchronous(store, clock, credentials, timeout_seconds))
        addons: EdgeAddons = driven
        return addons
    return EdgeAddons(
        credentials,
        base_url=BASE_URL,
        timeout_seconds=timeout_seconds,
        transport=store.transport,
        clock=clock,
        sleep=clock.sleep,
    )


def _asynchronous(
    store: ScriptedStore, clock: StoppedClock, credentials: ApiKey | ClientSecret, timeout_seconds: float
) -> AsyncEdgeAddons:
    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    return AsyncEdgeAddons(
        credentials,
        base_url=BASE_URL,
        timeout_seconds=timeout_seconds,
        transport=store.transport,
        clock=clock,
        sleep=sleep,
    )
