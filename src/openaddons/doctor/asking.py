"""Requests as a browser's update check makes them, with limits on time and size."""

import time
from typing import Final, NamedTuple

import httpx2

TIMEOUT_SECONDS: Final = 20.0
_REDIRECTS_LIMIT: Final = 10


class Answer(NamedTuple):
    """What came back at last."""

    url: str
    """Where it came from, after redirects."""
    status: int
    headers: httpx2.Headers
    body: bytes
    sets_cookie: bool
    """Whether this answer or a redirect on the way sets a cookie."""


class NoAnswer(Exception):  # noqa: N818 - a verdict on the server
    """There is none. The text says why, ``advice`` what to do."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


def fetch(url: str, *, limit_bytes: int, timeout_seconds: float = TIMEOUT_SECONDS) -> Answer:
    """A plain GET without cookies, redirects followed. Raises `NoAnswer`."""
    deadline = time.monotonic() + timeout_seconds
    sets_cookie = False
    try:
        with httpx2.Client(timeout=timeout_seconds, trust_env=False) as client:
            for _ in range(_REDIRECTS_LIMIT):
                client.cookies.clear()
                with client.stream("GET", url) as response:
                    sets_cookie = sets_cookie or "set-cookie" in response.headers
                    if response.next_request is None:
                        body = _read(response, limit_bytes=limit_bytes, deadline=deadline)
                        return Answer(url, response.status_code, response.headers, body, sets_cookie)
                    url = str(response.next_request.url)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise _no_answer(error) from None
    raise NoAnswer(f"it redirects more than {_REDIRECTS_LIMIT} times.", "End the loop of redirects.")


def _read(response: httpx2.Response, *, limit_bytes: int, deadline: float) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > limit_bytes:
            raise NoAnswer(
                f"it sends more than {limit_bytes:,} bytes.", "Look at what is served at this address."
            )
        if time.monotonic() > deadline:
            raise NoAnswer("it takes too long to send its answer.", "Look at the server and the network.")
    return bytes(body)


def _no_answer(error: Exception) -> NoAnswer:
    text = str(error) or type(error).__name__
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
        return NoAnswer(
            f"its certificate is not trusted: {text}",
            "Use a certificate of a known authority, or make browsers trust yours by the policy CACertificates.",
        )
    return NoAnswer(f"it cannot be reached: {text}", "Start the store, or correct the address.")
