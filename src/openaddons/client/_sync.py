"""The synchronous client: carries out the steps of ``_flows`` with httpx2, and decides nothing itself."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, BinaryIO, Final, Self, TypeVar

from openaddons.client._core import Answer, Lost
from openaddons.client._flows import Flow, Pause, Reply, Send, Session
from openaddons.client._package import Progress, package_of
from openaddons.client.models import MICROSOFT_BASE_URL, Credentials, Operation, OperationKind

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import TracebackType

    import httpx2

T = TypeVar("T")

CONNECT_TIMEOUT_SECONDS: Final = 10.0
WRITE_TIMEOUT_SECONDS: Final = 60.0

# Servers close idle connections after 5 s and more. A publish sent into one that is just being closed would
# be a lost answer, so ours are given up well before that.
IDLE_SECONDS: Final = 2.0


class EdgeAddons:
    """A client of one store that speaks the Edge Add-ons API: Microsoft's own, or one that you run.

    Use it as a context manager, or call ``close``. Threads may share one. Every method raises a subclass
    of ``EdgeAddonsError``, which says what to do next; ValueError for an id that is no GUID.

    Requests are repeated where that is safe (429, 503 and refused connections; status requests on any server
    error), with growing pauses and as long as the store asks. ``timeout_seconds`` is how long one call may
    take with its pauses, unless the call is given its own; a transfer that makes progress is not cut off.

    Args:
        credentials: An ``ApiKey``, or a ``ClientSecret``, for which access tokens are fetched and renewed.
        base_url: The store's address. Redirects are refused: credentials stay with this host.
        timeout_seconds: The longest that a call may take.
        transport: Another way to send requests, for tests and proxies.
        clock: Seconds from any beginning, for tests.
        sleep: Waits for that many seconds, for tests.

    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = MICROSOFT_BASE_URL,
        timeout_seconds: float = 600.0,
        transport: httpx2.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx2  # takes longer to import than all the rest

        self._session = Session(credentials, base_url=base_url, clock=clock, jitter=random.random)
        self._timeout_seconds = timeout_seconds
        self._sleep = sleep
        limits = httpx2.Limits(keepalive_expiry=IDLE_SECONDS)
        self._http = httpx2.Client(transport=transport, limits=limits, follow_redirects=False)

    def __repr__(self) -> str:
        """Where the store is, and whose credentials; never the credentials."""
        return f"EdgeAddons{repr(self._session).removeprefix('Session')}"

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def upload(
        self,
        product_id: str,
        path_or_file: str | os.PathLike[str] | BinaryIO,
        *,
        progress: Progress | None = None,
        timeout_seconds: float | None = None,
    ) -> str:
        """Upload a package and give the operation ID; the store has the bytes, and checks them from now on.

        The bytes are streamed from disk. An open file is sent from where it stands and must be seekable.
        ``progress`` is called with the bytes sent and the bytes in all. OSError when the file cannot be read.
        Reference: "Upload a package to update an existing submission".
        """
        package = package_of(path_or_file, progress=progress)
        return self._run(
            self._session.upload(product_id, package, timeout_seconds=self._limit(timeout_seconds))
        )

    def upload_status(self, product_id: str, operation_id: str) -> Operation:
        """The upload as it is now. A failed one is returned, not raised; ``failure_of`` explains it.

        Reference: "Check the status of a package upload".
        """
        return self._status(product_id, operation_id, OperationKind.UPLOAD)

    def wait_upload(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until the package is the draft.

        Raises PackageRefused, OperationFailed, UnexpectedFailure or Timeout.
        """
        return self._wait(product_id, operation_id, OperationKind.UPLOAD, timeout_seconds)

    def publish(self, product_id: str, *, notes: str = "", timeout_seconds: float | None = None) -> str:
        """Publish the draft and give the operation ID. ``notes`` are for the people who certify it.

        Raises AnswerLost when the store may have accepted the request and its answer did not come: it is not
        repeated then. Reference: "Publish the product draft submission".
        """
        flow = self._session.publish(product_id, notes=notes, timeout_seconds=self._limit(timeout_seconds))
        return self._run(flow)

    def publish_status(self, product_id: str, operation_id: str) -> Operation:
        """The publish as it is now. A failed one is returned, not raised; ``failure_of`` explains it.

        Reference: "Check the publishing status".
        """
        return self._status(product_id, operation_id, OperationKind.PUBLISH)

    def wait_publish(
        self, product_id: str, operation_id: str, *, timeout_seconds: float | None = None
    ) -> Operation:
        """Wait until there is a submission.

        Raises PublishRefused (a subclass for each errorCode), OperationFailed, UnexpectedFailure or Timeout.
        """
        return self._wait(product_id, operation_id, OperationKind.PUBLISH, timeout_seconds)

    def _status(self, product_id: str, operation_id: str, kind: OperationKind) -> Operation:
        limit = self._timeout_seconds
        return self._run(self._session.status(product_id, operation_id, kind=kind, timeout_seconds=limit))

    def _wait(
        self, product_id: str, operation_id: str, kind: OperationKind, timeout_seconds: float | None
    ) -> Operation:
        limit = self._limit(timeout_seconds)
        return self._run(self._session.wait(product_id, operation_id, kind=kind, timeout_seconds=limit))

    def _limit(self, timeout_seconds: float | None) -> float:
        return self._timeout_seconds if timeout_seconds is None else timeout_seconds

    def _run(self, flow: Flow[T]) -> T:
        reply: Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                reply = None
            else:
                reply = self._send(step)

    def _send(self, step: Send) -> Answer | Lost:
        import httpx2

        request = step.request
        content = request.body if isinstance(request.body, bytes) else request.body.chunks()
        timeout = httpx2.Timeout(
            connect=CONNECT_TIMEOUT_SECONDS,
            read=step.read_timeout_seconds,
            write=WRITE_TIMEOUT_SECONDS,
            pool=CONNECT_TIMEOUT_SECONDS,
        )
        try:
            response = self._http.request(
                request.method, request.url, headers=dict(request.headers), content=content, timeout=timeout
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
            return Lost(sent=False, problem=_problem(error))
        except httpx2.RequestError as error:
            return Lost(sent=True, problem=_problem(error))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content, response.reason_phrase)


def _problem(error: Exception) -> str:
    """``ReadTimeout: timed out``; the exception is dropped, for it holds the request and its credentials."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
