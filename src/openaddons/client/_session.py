"""One exchange with a store: credentials, access tokens, and sending again where that is safe.

A flow is a generator, the same for the sync and the async shell: it yields a ``Send`` or a ``Pause``, is sent
the outcome, and returns the result of the call or raises an ``EdgeAddonsError``. A shell carries the steps out
and decides nothing. ``_flows.py`` has the flow of each call.
"""

from collections.abc import Callable, Generator
from typing import Final, NamedTuple, TypeVar

from openaddons.client._core import (
    USER_AGENT,
    Answer,
    Endpoint,
    Lost,
    Request,
    Token,
    token_of,
    token_request,
)
from openaddons.client._refusals import refusal_of
from openaddons.client._retry import ONE_CALL, Patience, pause_seconds
from openaddons.client.models import ApiKey, ClientSecret, Credentials, checked_url, is_microsofts

_READ_TIMEOUT_SECONDS: Final = 30.0
_SHORTEST_READ_TIMEOUT_SECONDS: Final = 5.0

# A store reads and stores the whole package before it answers; a big one on a slow disk takes its time.
_UPLOAD_READ_TIMEOUT_SECONDS: Final = 300.0


class Send(NamedTuple):
    """Send the request; the reply is an ``Answer``, or ``Lost`` after a silence of the read time-out."""

    request: Request
    read_timeout_seconds: float


class Pause(NamedTuple):
    """Wait; there is no reply."""

    seconds: float


T = TypeVar("T")
Step = Send | Pause
Reply = Answer | Lost | None
Flow = Generator[Step, Reply, T]


class Session:
    """What one client keeps between calls: the store's address, the credentials, an access token if any.

    ``clock`` counts seconds from any beginning and never goes back.
    """

    def __init__(self, credentials: Credentials, *, base_url: str, clock: Callable[[], float]) -> None:
        # The paths have the prefix already; people copy an address with it as often as without.
        self.base_url = checked_url("base_url", base_url).removesuffix("/v1")
        self.clock = clock
        self._credentials = credentials
        self._token: Token | None = None
        self.publishes: set[str] = set()
        """The operation IDs of the publishes that the store is known to have accepted from this client."""

    @property
    def at_microsoft(self) -> bool:
        """True for Microsoft's own store, which has the reference's calls and no others."""
        return is_microsofts(self.base_url)

    def __repr__(self) -> str:
        """Where the store is, and whose credentials; never the credentials."""
        return f"Session({self.base_url!r}, client_id={self._credentials.client_id!r})"

    def exchange(
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
            signed = yield from self._signed(request, deadline_seconds=deadline_seconds)
            remaining_seconds = deadline_seconds - self.clock()
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

    def _signed(self, request: Request, *, deadline_seconds: float) -> Flow[Request]:
        # No secret becomes a local variable of a frame that may raise: tracebacks are printed with locals.
        credentials = self._credentials
        headers = {"User-Agent": USER_AGENT, **request.headers}
        if isinstance(credentials, ApiKey):
            return request._replace(
                headers=headers
                | {"Authorization": f"ApiKey {credentials.key}", "X-ClientID": credentials.client_id},
            )
        if self._token is None or self.clock() >= self._token.renew_at_seconds:
            self._token = yield from self._fetch_token(credentials, deadline_seconds=deadline_seconds)
        return request._replace(headers=headers | {"Authorization": f"Bearer {self._token.value}"})

    def _fetch_token(self, credentials: ClientSecret, *, deadline_seconds: float) -> Flow[Token]:
        request = token_request(credentials)
        request = request._replace(headers={"User-Agent": USER_AGENT, **request.headers})
        attempt = 1
        while True:
            asked_at_seconds = self.clock()
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
        import random  # here, for its import takes longer than most of ours, and most calls come to no pause

        return pause_seconds(
            request.endpoint,
            outcome,
            attempt=attempt,
            patience=patience,
            remaining_seconds=deadline_seconds - self.clock(),
            jitter=random.random(),  # noqa: S311 - it spreads clients and guards nothing
        )

    def _secrets(self) -> tuple[str, ...]:
        return (*self._credentials.secrets, *([self._token.value] if self._token else []))

    @staticmethod
    def _read_timeout_seconds(request: Request, remaining_seconds: float, hold_seconds: int) -> float:
        """Long enough for an answer that is held; within the caller's time, but never hopelessly short."""
        uploads = request.endpoint is Endpoint.UPLOAD
        longest_seconds = _UPLOAD_READ_TIMEOUT_SECONDS if uploads else _READ_TIMEOUT_SECONDS
        patience_seconds = max(_SHORTEST_READ_TIMEOUT_SECONDS, remaining_seconds - hold_seconds)
        return hold_seconds + min(longest_seconds, patience_seconds)
