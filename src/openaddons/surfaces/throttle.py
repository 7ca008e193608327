"""How often and how many at a time: per client ID, per process."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from openaddons.errors import TooManyRequests

_RETRY_SECONDS_LIMIT: Final = 60  # a client waits no longer than that (clients.md, web-ext-deploy)


class Throttle:
    """Counts requests by kind and client ID."""

    def __init__(self, *, per_minute: dict[str, int], at_once: dict[str, int]) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_minute = {kind: RateLimitItemPerMinute(count) for kind, count in per_minute.items()}
        self._at_once = at_once
        self._under_way: dict[tuple[str, str], int] = {}

    def check(self, kind: str, client_id: str) -> None:
        """Count one request. Raises `TooManyRequests` with the seconds until there is room again."""
        item = self._per_minute[kind]
        if not self._limiter.hit(item, kind, client_id):
            reset_time = self._limiter.get_window_stats(item, kind, client_id).reset_time
            seconds = max(1, min(_RETRY_SECONDS_LIMIT, math.ceil(reset_time - time.time())))
            raise TooManyRequests(retry_after_seconds=seconds)

    @contextmanager
    def one_of_few(self, kind: str, client_id: str) -> Iterator[None]:
        """Be one of the requests of this kind under way. Raises `TooManyRequests` when there are too many."""
        key = (kind, client_id)
        if self._under_way.get(key, 0) >= self._at_once[kind]:
            raise TooManyRequests(retry_after_seconds=1)
        self._under_way[key] = self._under_way.get(key, 0) + 1
        try:
            yield
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
