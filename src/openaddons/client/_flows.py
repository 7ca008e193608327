"""What each call of the client does, step by step, as generators: the same for the sync and the async shell.

A flow yields a ``Send`` or a ``Pause``, is sent the outcome, and returns the result of the call or raises an
``EdgeAddonsError``. A shell carries the steps out and decides nothing (``_sync.py``).
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from openaddons.client._core import (
    LONGEST_HOLD_SECONDS,
    USER_AGENT,
    Answer,
    Endpoint,
    Lost,
    Package,
    Request,
    Token,
    accepted_operation_id,
    operation_of,
    publish_request,
    status_request,
    token_of,
    token_request,
    upload_request,
)
from openaddons.client._refusals import refusal_of
from openaddons.client._retry import ONE_CALL, WHILE_WAITING, Patience, pause_seconds, poll_pause_seconds
from openaddons.client.errors import AnswerLost, AnswerUnreadable, Timeout, failure_of
from openaddons.client.models import (
    ApiKey,
    ClientSecret,
    Credentials,
    Operation,
    OperationKind,
    checked_guid,
    checked_url,
)

_READ_TIMEOUT_SECONDS: Final = 30.0
_SHORTEST_READ_TIMEOUT_SECONDS: Final = 5.0

# A store reads and stores the whole package before it answers; a big one on a slow disk takes its time.
_UPLOAD_READ_TIMEOUT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request; the reply is an ``Answer``, or ``Lost`` after a silence of the read time-out."""

    request: Request
    read_timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait; there is no reply."""

    seconds: float


T = TypeVar("T")
Step = Send | Pause
Reply = Answer | Lost | None
Flow = Generator[Step, Reply, T]


class Session:
    """What one client keeps between calls: the store's address, the credentials, an access token if any.

    ``clock`` counts seconds from any beginning and never goes back; ``jitter`` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str,
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        # The paths have the prefix already; people copy an address with it as often as without.
        self.base_url = checked_url("base_url", base_url).removesuffix("/v1")
        self._credentials = credentials
        self._clock = clock
        self._jitter = jitter
        self._token: Token | None = None

    def __repr__(self) -> str:
        """Where the store is, and whose credentials; never the credentials."""
        return f"Session({self.base_url!r}, client_id={self._credentials.client_id!r})"

    def upload(self, product_id: str, package: Package, *, timeout_seconds: float) -> Flow[str]:
        """Upload the package; the operation ID."""
        request = upload_request(self.base_url, product_id, package)
        answer = yield from self._exchange(request, deadline_seconds=self._clock() + timeout_seconds)
        return accepted_operation_id(answer)

    def publish(self, product_id: str, *, notes: str, timeout_seconds: float) -> Flow[str]:
        """Publish the draft; the operation ID."""
        request = publish_request(self.base_url, product_id, notes=notes)
        answer = yield from self._exchange(request, deadline_seconds=self._clock() + timeout_seconds)
        try:
            return accepted_operation_id(answer)
        except AnswerUnreadable as unreadable:
            # Accepted, and no way to ask what became of it: for the caller that is a lost answer.
            raise AnswerLost(
                unreadable.message,
                http_status=unreadable.http_status,
                correlation_id=unreadable.correlation_id,
            ) from None

    def status(
        self, product_id: str, operation_id: str, *, kind: OperationKind, timeout_seconds: float
    ) -> Flow[Operation]:
        """The operation as it is now."""
        deadline_seconds = self._clock() + timeout_seconds
        return (yield from self._look(product_id, operation_id, kind=kind, deadline_seconds=deadline_seconds))

    def wait(
        self, product_id: str, operation_id: str, *, kind: OperationKind, timeout_seconds: float
    ) -> Flow[Operation]:
        """The operation once it has succeeded; the reason as an exception when it failed, or when time is up.

        It looks at least once, also when there is no time.
        """
        operation_id = checked_guid("operation_id", operation_id)
        deadline_seconds = self._clock() + timeout_seconds
        look = 0
        while True:
            look += 1
            asked_at_seconds = self._clock()
            hold_seconds = int(max(0.0, min(LONGEST_HOLD_SECONDS, deadline_seconds - asked_at_seconds)))
            operation = yield from self._look(
                product_id,
                operation_id,
                kind=kind,
                deadline_seconds=deadline_seconds,
                hold_seconds=hold_seconds,
                patience=WHILE_WAITING,
            )
            if failure := failure_of(operation):
                raise failure
            if operation.succeeded:
                return operation
            now_seconds = self._clock()
            if now_seconds >= deadline_seconds:
                raise Timeout(
                    f"The {kind} was still in progress after {timeout_seconds:.0f} seconds.",
                    advice="It goes on in the store; do not send it twice. "
                    f"Ask again: openaddons status {operation_id}",
                    operation=operation,
                )
            pause = poll_pause_seconds(look, held_seconds=now_seconds - asked_at_seconds)
            yield Pause(min(pause, deadline_seconds - now_seconds))

    def _look(
        self,
        product_id: str,
        operation_id: str,
        *,
        kind: OperationKind,
        deadline_seconds: float,
        hold_seconds: int = 0,
        patience: Patience = ONE_CALL,
    ) -> Flow[Operation]:
        request = status_request(
            self.base_url, product_id, operation_id, kind=kind, hold_seconds=hold_seconds
        )
        answer = yield from self._exchange(
            request, deadline_seconds=deadline_seconds, hold_seconds=hold_seconds, patience=patience
        )
        return operation_of(answer, kind=kind, operation_id=request.operation_id or operation_id)

    def _exchange(
        self,
        request: Request,
        *,
        deadline_seconds: float,
        hold_seconds: int = 0,
        patience: Patience = ONE_CALL,
    ) -> Flow[Answer]:
        """Send the request with credentials until it succeeds, or sending it again is no use; then raise."""
        attempt = 1
        renewed = False
        while True:
            token_was_kept = self._token is not None
            authorization = yield from self._authorization(deadline_seconds=deadline_seconds)
            signed = replace(request, headers={"User-Agent": USER_AGENT, **request.headers, **authorization})
            remaining_seconds = deadline_seconds - self._clock()
            outcome = yield Send(signed, self._read_timeout_seconds(request, remaining_seconds, hold_seconds))
            assert outcome is not None
            if isinstance(outcome, Answer):
                outcome = outcome.without(self._secrets())
                if 200 <= outcome.status < 300:
                    return outcome
                if outcome.status == 401 and token_was_kept and not renewed:
                    # The store may have revoked the token before its time. A 401 has accepted nothing.
                    self._token, renewed = None, True
                    continue
            pause = self._pause_seconds(request, outcome, attempt, patience, deadline_seconds)
            if pause is None:
                raise refusal_of(request, outcome, credentials=self._credentials)
            yield Pause(pause)
            attempt += 1

    def _authorization(self, *, deadline_seconds: float) -> Flow[dict[str, str]]:
        credentials = self._credentials
        if isinstance(credentials, ApiKey):
            return {"Authorization": f"ApiKey {credentials.key}", "X-ClientID": credentials.client_id}
        if self._token is None or self._clock() >= self._token.renew_at_seconds:
            self._token = yield from self._fetch_token(credentials, deadline_seconds=deadline_seconds)
        return {"Authorization": f"Bearer {self._token.value}"}

    def _fetch_token(self, credentials: ClientSecret, *, deadline_seconds: float) -> Flow[Token]:
        request = token_request(credentials)
        request = replace(request, headers={"User-Agent": USER_AGENT, **request.headers})
        attempt = 1
        while True:
            asked_at_seconds = self._clock()
            remaining_seconds = deadline_seconds - asked_at_seconds
            outcome = yield Send(request, self._read_timeout_seconds(request, remaining_seconds, 0))
            assert outcome is not None
            if isinstance(outcome, Answer):
                outcome = outcome.without(credentials.secrets)
                if outcome.status == 200:
                    return token_of(outcome, now_seconds=asked_at_seconds)
            pause = self._pause_seconds(request, outcome, attempt, ONE_CALL, deadline_seconds)
            if pause is None:
                raise refusal_of(request, outcome, credentials=credentials)
            yield Pause(pause)
            attempt += 1

    def _pause_seconds(
        self,
        request: Request,
        outcome: Answer | Lost,
        attempt: int,
        patience: Patience,
        deadline_seconds: float,
    ) -> float | None:
        return pause_seconds(
            request.endpoint,
            outcome,
            attempt=attempt,
            patience=patience,
            remaining_seconds=deadline_seconds - self._clock(),
            jitter=self._jitter(),
        )

    def _secrets(self) -> tuple[str, ...]:
        return (*self._credentials.secrets, *([self._token.value] if self._token else []))

    @staticmethod
    def _read_timeout_seconds(request: Request, remaining_seconds: float, hold_seconds: int) -> float:
        """Long enough for an answer that is held; within the caller's time, but never hopelessly short."""
        if request.endpoint is Endpoint.UPLOAD:
            return _UPLOAD_READ_TIMEOUT_SECONDS
        patience_seconds = max(_SHORTEST_READ_TIMEOUT_SECONDS, remaining_seconds - hold_seconds)
        return hold_seconds + min(_READ_TIMEOUT_SECONDS, patience_seconds)
