"""The DevTools protocol over a pair of pipes: JSON, each message ended by a zero byte.

Chromium's ``--remote-debugging-pipe`` needs no port, no web socket and no library. Only answers are read; events
are passed over.
"""

import json
import os
import select
import time
from typing import Any, Final

from tests.stores import PATIENCE_SECONDS, wait_until

_PIECE_BYTES: Final = 1 << 16
_PAUSE_SECONDS: Final = 0.1  # a page that is asked without a pause does not get to anything else


class DevToolsError(Exception):
    """The browser refused a call, or what was evaluated threw."""


class BrowserLost(Exception):  # noqa: N818 - a verdict on the browser
    """The browser has ended, or does not answer."""


class DevTools:
    """Calls to a browser, one at a time."""

    def __init__(self, *, to_browser: int, from_browser: int) -> None:
        self._to_browser = to_browser
        self._from_browser = from_browser
        self._received = bytearray()
        self._calls = 0

    def call(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        """The result of a call. Raises `DevToolsError` or `BrowserLost`."""
        self._calls += 1
        message = {"id": self._calls, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        try:
            os.write(self._to_browser, json.dumps(message).encode() + b"\0")
        except BrokenPipeError:
            raise BrowserLost("the browser has ended") from None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := json.loads(self._message(deadline))).get("id") != self._calls:
            pass
        if "error" in answer:
            raise DevToolsError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def open(self, url: str) -> "Page":
        """A new tab, which shows the page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        # Not at once: what is asked while one page takes another one's place may never be answered.
        self.call("Page.navigate", session=session, url=url)
        return Page(self, target, session)

    def _message(self, deadline: float) -> bytes:
        while (end := self._received.find(b"\0")) < 0:
            ready, _, _ = select.select([self._from_browser], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BrowserLost("the browser is silent")
            piece = os.read(self._from_browser, _PIECE_BYTES)
            if not piece:
                raise BrowserLost("the browser has ended")
            self._received += piece
        message = bytes(self._received[:end])
        del self._received[: end + 1]
        return message


class Page:
    """A tab."""

    def __init__(self, devtools: DevTools, target: str, session: str) -> None:
        self._devtools = devtools
        self._target = target
        self._session = session

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, of a promise that it keeps. Raises `DevToolsError`."""
        result = self._devtools.call(
            "Runtime.evaluate",
            session=self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in result:
            raise DevToolsError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of an expression once it is true. While the page is loading, it may throw."""
        found: list[Any] = []

        def holds() -> bool:
            try:
                found[:] = [self.evaluate(expression)]
            except DevToolsError:
                found[:] = [None]
            if not found[0]:
                time.sleep(_PAUSE_SECONDS)
            return bool(found[0])

        wait_until(holds)
        return found[0]

    def close(self) -> None:
        """Close the tab."""
        self._devtools.call("Target.closeTarget", targetId=self._target)
