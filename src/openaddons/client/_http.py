"""What the shells need to carry a ``Send`` out, and the way to do it with httpx2, which is imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from openaddons.client._core import Answer, Lost
from openaddons.client._package import sent_bytes
from openaddons.client._surroundings import plain_is_enough

if TYPE_CHECKING:
    import os
    import ssl
    from types import TracebackType

    import httpx2

    from openaddons.client._session import Send

LARGEST_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""More than any answer of the API has; one that has more is read no further and taken for empty."""

CONNECT_TIMEOUT_SECONDS: Final = 10.0
WRITE_TIMEOUT_SECONDS: Final = 60.0

_HOLD_HEADERS: Final = ("httpx2.", "httpcore2.", "openaddons.client._plain", "openaddons.client._connection")

# Servers close idle connections after 5 s and more. A publish sent into one that is just being closed would
# be a lost answer, so ours are given up well before that.
IDLE_SECONDS: Final = 2.0


class Sender(Protocol):
    """Carries a ``Send`` out. Threads may share one."""

    def send(self, step: Send) -> Answer | Lost:
        """The answer, or why there is none. OSError when the package cannot be read."""
        ...

    def close(self) -> None:
        """Close the connections that are kept."""
        ...


def sender_of(
    transport: httpx2.BaseTransport | None, *, ca_file: str | os.PathLike[str] | None = None
) -> Sender:
    """The plain way where it is enough; httpx2 for a transport of the caller's, and where a proxy is configured.

    Windows and macOS keep proxies and trust elsewhere than in the environment; httpx2 knows where.
    """
    if transport is None and plain_is_enough():
        from openaddons.client._plain import PlainSender

        return PlainSender(ca_file)
    return Httpx2Sender(transport, ca_file=ca_file)


class Httpx2Sender:
    """Sends with httpx2."""

    def __init__(
        self, transport: httpx2.BaseTransport | None, *, ca_file: str | os.PathLike[str] | None
    ) -> None:
        import httpx2  # takes longer to import than all the rest

        self._http = httpx2.Client(
            transport=transport, verify=verification(ca_file), limits=limits(), follow_redirects=False
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, step: Send) -> Answer | Lost:
        """As `Sender.send`."""
        import httpx2

        request = step.request
        body = bytearray()
        content = request.body if isinstance(request.body, bytes) else sent_bytes(request.body)
        try:
            with self._http.stream(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=content,
                timeout=timeout_of(step),
            ) as response:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > LARGEST_ANSWER_BYTES:
                        return answer_of(response, b"")
                return answer_of(response, bytes(body))
        except httpx2.RequestError as error:
            return lost_of(error)
        except BaseException as error:
            raise without_frames(error)  # noqa: B904 - the same exception
        finally:
            if not isinstance(content, bytes):
                content.close()


def verification(ca_file: str | os.PathLike[str] | None) -> ssl.SSLContext | bool:
    """Whom httpx2 shall trust: those in the file, or as it sees fit on this machine."""
    if ca_file is None:
        return True
    from openaddons.client.trust import trust_in

    return trust_in(ca_file)


def limits() -> httpx2.Limits:
    """How long connections are kept."""
    import httpx2

    return httpx2.Limits(keepalive_expiry=IDLE_SECONDS)


def timeout_of(step: Send) -> httpx2.Timeout:
    """How long each part of the request may be silent."""
    import httpx2

    return httpx2.Timeout(
        connect=CONNECT_TIMEOUT_SECONDS,
        read=step.read_timeout_seconds,
        write=WRITE_TIMEOUT_SECONDS,
        pool=CONNECT_TIMEOUT_SECONDS,
    )


def answer_of(response: httpx2.Response, body: bytes) -> Answer:
    """The response, and its body as far as that is of use."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body, response.reason_phrase)


def lost_of(error: Exception) -> Lost:
    """What is left of an exception of httpx2, which holds the request and its credentials."""
    import httpx2

    never_sent = httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError
    return Lost(sent=not isinstance(error, never_sent), problem=problem_of(error))


def problem_of(error: Exception) -> str:
    """``ReadTimeout: timed out``."""
    text, name = str(error), type(error).__name__
    return f"{name}: {text}" if text else name


def without_frames(error: BaseException) -> BaseException:
    """An interrupt, a cancellation or the package's own error, on its way through what sends to the caller.

    The frames of who sends, and below, hold the headers: whoever prints a traceback with locals would
    print the key. Those of who reads the package, and of the caller's ``progress``, stay.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = _cut(each.__traceback__)
            left += (each.__cause__, each.__context__)
    return error


def _cut(trace: TracebackType | None) -> TracebackType | None:
    through_headers = False
    each = trace
    while each is not None:
        module = str(each.tb_frame.f_globals.get("__name__"))
        if module == "openaddons.client._package":
            return each
        through_headers = through_headers or module.startswith(_HOLD_HEADERS)
        each = each.tb_next
    return None if through_headers else trace
