"""The emulator's own ``Date``: a client may compare it with the times of operations, which go by its clock."""

from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openaddons.clock import Clock


class Dated:
    """An application whose answers have the time of a clock in their ``Date`` (RFC 9110 section 6.6.1)."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [(b"date", date), *message["headers"]]}
            await send(message)

        await self._app(scope, receive, dated_send)
