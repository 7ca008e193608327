"""What both shells need to carry a ``Send`` out with httpx2, which is imported when a client is made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from openaddons.client._core import Answer, Lost
from openaddons.client.models import MICROSOFT_BASE_URL

if TYPE_CHECKING:
    from types import TracebackType

    import httpx2

    from openaddons.client._session import Send

LARGEST_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""More than any answer of the API has; one that has more is read no further and taken for empty."""

_CONNECT_TIMEOUT_SECONDS: Final = 10.0
_WRITE_TIMEOUT_SECONDS: Final = 60.0

# Servers close idle connections after 5 s and more. A publish sent into one that is just being closed would
# be a lost answer, so ours are given up well before that.
_IDLE_SECONDS: Final = 2.0


def chosen_base_url(base_url: str | None) -> str:
    """The address that was given, else ``EDGE_ADDONS_BASE_URL``, else Microsoft's."""
    if base_url is not None:
        return base_url
    return os.environ.get("EDGE_ADDONS_BASE_URL") or MICROSOFT_BASE_URL


def limits() -> httpx2.Limits:
    """How long connections are kept."""
    import httpx2

    return httpx2.Limits(keepalive_expiry=_IDLE_SECONDS)


def timeout_of(step: Send) -> httpx2.Timeout:
    """How long each part of the request may be silent."""
    import httpx2

    return httpx2.Timeout(
        connect=_CONNECT_TIMEOUT_SECONDS,
        read=step.read_timeout_seconds,
        write=_WRITE_TIMEOUT_SECONDS,
        pool=_CONNECT_TIMEOUT_SECONDS,
    )


def answer_of(response: httpx2.Response, body: bytes) -> Answer:
    """The response, and its body as far as that is of use."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body, response.reason_phrase)


def lost_of(error: Exception) -> Lost:
    """``ReadTimeout: timed out``; the exception is dropped, for it holds the request and its credentials."""
    import httpx2

    never_sent = httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError
    text = str(error)
    name = type(error).__name__
    return Lost(sent=not isinstance(error, never_sent), problem=f"{name}: {text}" if text else name)


def without_frames(error: BaseException) -> BaseException:
    """An interrupt, a cancellation or the package's own error, on its way through httpx2 to the caller.

    The frames of httpx2 and below hold the headers: whoever prints a traceback with locals would print the
    key. Those of who reads the package, and of the caller's ``progress``, stay.
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
    through_httpx2 = False
    each = trace
    while each is not None:
        module = str(each.tb_frame.f_globals.get("__name__"))
        if module == "openaddons.client._package":
            return each
        through_httpx2 = through_httpx2 or module.startswith(("httpx2.", "httpcore2."))
        each = each.tb_next
    return None if through_httpx2 else trace
