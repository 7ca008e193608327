"""The port behind which work is handed out: an engine only says "look at this product".

`InlineEngine` (work/inline.py) does so in the serving process, `QueueEngine` and `run_worker`
(work/postgres.py) with a queue in PostgreSQL and worker processes. One contract suite holds both.
"""

from typing import Protocol


class Engine(Protocol):
    """Hands out work. It is told of it by the database's hooks, in or after the transaction that made it."""

    def start(self) -> None:
        """Begin to hand out work, and take up what a kill left."""
        ...

    def stop(self, *, timeout_seconds: float) -> bool:
        """Begin nothing new and wait for what is under way. False when the time ran out before its end."""
        ...
