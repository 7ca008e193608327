"""What it costs at least that there are many: lookups in a plain dict, most of which wait for memory."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks import multitude

_TURNS: Final = 5_000
_ELEMENT: Final = b"e" * 380
"""What is found with a key: as long as the answer for an add-on that is behind."""


class PlainDict:
    """A dict of as many elements as there are products, each found by a CRX ID."""

    def __init__(self, products: int, *, ids: int) -> None:
        crx_ids = [multitude.crx_id(number).encode() for number in range(1, products + 1)]
        self._elements = {crx_id: crx_id + _ELEMENT for crx_id in crx_ids}
        chance = random.Random(ids)
        self._queries = [b"&".join(chance.sample(crx_ids, ids)) for _ in range(_TURNS)]

    def find_us(self) -> float:
        """Microseconds of CPU to cut a query and find what it asks about."""
        return self._measure(lambda _found: None)

    def read_us(self) -> float:
        """The same, and to put what is found one after the other."""
        return self._measure(b"".join)

    def _measure(self, use: Callable[[Sequence[bytes]], object]) -> float:
        elements = self._elements
        begin = time.thread_time()
        for query in self._queries:
            use([elements[crx_id] for crx_id in query.split(b"&")])
        return (time.thread_time() - begin) / _TURNS * 1e6
