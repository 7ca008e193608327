"""The fault gate: every request passes it, and some come to grief there.

The first rule that fits decides: those that were asked for, in their order, then those of the reserved products.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from http.client import responses
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openaddons.errors import (
    BodyMissing,
    ControlRefused,
    CredentialsInvalid,
    Forced,
    InternalFailure,
    NotFound,
    PackageTooLarge,
    RequestRefused,
    TooManyRequests,
    Unavailable,
    UploadTimedOut,
)
from openaddons.settings import Settings
from openaddons.store.session import Database
from openaddons.surfaces.emulator.endpoints import Asked, what_is_asked
from openaddons.surfaces.emulator.journal import FAULT, is_control
from openaddons.surfaces.emulator.reserved import RESERVED_BY_ID
from openaddons.surfaces.emulator.script import EmulatorScript
from openaddons.surfaces.emulator.wire import Drop, EndpointName, Fault, FaultRule
from openaddons.surfaces.http import DROP_CONNECTION, JSON_TYPE, correlation_id, respond
from openaddons.surfaces.manage.app import tell

_RULES_LIMIT: Final = 1000
_RETRY_AFTER_SECONDS: Final = 1
_PACKAGE_BYTES_LIMIT: Final = Settings.model_fields["package_bytes_limit"].default
_STATUSES: Final = (EndpointName.UPLOAD_STATUS, EndpointName.PUBLISH_STATUS)


@dataclass(slots=True)
class _Standing:
    id: int
    rule: FaultRule
    times_left: int | None


@dataclass(slots=True)
class Faults:
    """The rules in force. Belongs to the event loop."""

    _standing: list[_Standing] = field(default_factory=list)
    _count: int = 0

    def add(self, rule: FaultRule) -> int:
        """Have a rule from now on, after those that there are; returns its id. Raises `ControlRefused`."""
        if len(self._standing) >= _RULES_LIMIT:
            raise ControlRefused(problem=f"There are {_RULES_LIMIT} rules. DELETE /emulator/faults first.")
        self._count += 1
        self._standing.append(_Standing(self._count, rule, rule.times))
        return self._count

    def clear(self) -> None:
        """Have no rule any more."""
        self._standing.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """The rules in their order, with how often each will happen yet."""
        return [
            each.rule.to_json() | {"id": each.id, "timesLeft": each.times_left} for each in self._standing
        ]

    def take(self, asked: Asked) -> Fault | None:
        """The fault that happens to this request, if one does; it has happened once more then."""
        for each in self._standing:
            if _fits(each.rule, asked):
                if each.times_left is not None:
                    each.times_left -= 1
                    if not each.times_left:
                        self._standing.remove(each)
                return each.rule
        reserved = RESERVED_BY_ID.get(asked.product_id or "")
        rules: Iterable[FaultRule] = () if reserved is None else reserved.faults
        return next((rule for rule in rules if _fits(rule, asked)), None)


def _fits(rule: FaultRule, asked: Asked) -> bool:
    return rule.endpoint in {None, asked.endpoint} and rule.product_id in {None, asked.product_id}


class FaultGate:
    """An application behind faults.

    Its status requests do not wait for what is held, and its update checks tell of all that was committed before:
    a test that has reset or released something asks at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        *,
        script: EmulatorScript,
        database: Database,
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._app = app
        self._faults = faults
        self._script = script
        self._database = database
        self._catch_up = catch_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_control(scope["path"]):
            await self._app(scope, receive, send)
            return
        asked = what_is_asked(scope["method"], scope["path"])
        fault = self._faults.take(asked)
        if fault is None:
            await self._pass(asked, scope, receive, send)
            return
        scope[FAULT] = fault.to_json()
        await asyncio.sleep(fault.delay_seconds)
        if fault.status is not None:
            await _answer(fault, fault.status, scope, receive, send)
        elif fault.drop is Drop.BEFORE_COMMIT:
            await _read_on(receive)
            await _drop(scope, receive)
        elif fault.drop is Drop.AFTER_COMMIT:
            await self._pass(asked, scope, receive, _Unheard(scope))
            await _drop(scope, receive)
        elif fault.truncate:
            await self._pass(asked, scope, receive, _Half(scope, send))
            await _drop(scope, receive)
        else:
            await self._pass(asked, scope, receive, send)

    async def _pass(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        if asked.endpoint is EndpointName.UPDATES:
            await self._catch_up()
        if asked.endpoint in _STATUSES and asked.operation_id and not self._is_at_once(asked):
            seconds = await asyncio.to_thread(self._script.count_poll, self._database, asked.operation_id)
            if seconds is not None:
                others = [header for header in scope["headers"] if header[0] != b"prefer"]
                scope["headers"] = [*others, (b"prefer", b"wait=%d" % seconds)]
        await self._app(scope, receive, send)

    def _is_at_once(self, asked: Asked) -> bool:
        return self._script.is_at_once(asked.product_id or "")


async def _answer(fault: Fault, status: int, scope: Scope, receive: Receive, send: Send) -> None:
    """The answer that is asked for; where it has no body of its own, the store's."""
    refusal = _store_refusal(status, scope)
    if refusal is not None and fault.body is None and not fault.headers:
        raise refusal
    headers = dict(refusal.headers if refusal is not None else ())
    headers |= {name.lower().encode(): value.encode() for name, value in fault.headers.items()}
    if isinstance(fault.body, str):
        body = fault.body.encode()
    elif fault.body is not None:
        body, headers = json.dumps(fault.body).encode(), dict([JSON_TYPE]) | headers
    elif status >= 400:
        body, media_type = tell(scope, refusal or Forced(status, phrase=responses[status]))
        headers = dict([media_type]) | headers
    else:
        body = b""
    await _read_on(receive)
    await respond(scope, send, status, body, headers.items())


def _store_refusal(status: int, scope: Scope) -> RequestRefused | None:
    """How the store itself answers with that status, where it does."""
    reason = "The emulator was asked to refuse these credentials."
    refusals = {
        400: BodyMissing(),
        401: CredentialsInvalid(scheme="", reason=reason),
        404: NotFound(),
        408: UploadTimedOut(),
        413: PackageTooLarge(limit_bytes=_PACKAGE_BYTES_LIMIT),
        429: TooManyRequests(retry_after_seconds=_RETRY_AFTER_SECONDS),
        500: InternalFailure(correlation_id=correlation_id(scope)),
        503: Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS),
    }
    return refusals.get(status)


async def _read_on(receive: Receive) -> None:
    """Read the request to its end, so that the client has sent all of it."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection, and leave when it is closed: the server then knows that there will be no answer."""
    scope[DROP_CONNECTION]()
    while (await receive())["type"] != "http.disconnect":
        pass


class _Unheard:
    """Where an answer goes that nobody gets. The connection ends where it would begin: nobody waits for the rest."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, message: Message) -> None:
        self._scope[DROP_CONNECTION]()


class _Half:
    """Sends the head of an answer and half of its body, and ends the connection."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            return
        body = message.get("body", b"")
        await self._send({**message, "body": body[: len(body) // 2], "more_body": True})
        self._scope[DROP_CONNECTION]()
