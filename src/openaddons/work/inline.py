"""The engine of the embedded default: threads in the serving process. A worker process is one too, fed by a queue."""

import queue
import threading
import time
from concurrent.futures import Future
from typing import Final

import structlog

from openaddons.store.products import products_with_work
from openaddons.store.session import Changes
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

_SWEEP_SECONDS: Final = 1.0


class InlineEngine:
    """Looks at a product the moment its work is committed, and sweeps for what became due or was left."""

    def __init__(self, workshop: Workshop, *, threads: int) -> None:
        self._workshop = workshop
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: dict[str, Future[None]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # A lease that runs out is noticed no later than after its own length again.
        self._sweep_seconds = min(_SWEEP_SECONDS, workshop.tools.settings.lease_seconds)
        self._threads = [
            threading.Thread(target=self._work, name=f"openaddons-work-{number}", daemon=True)
            for number in range(threads)
        ]
        self._sweeper = threading.Thread(target=self._sweep, name="openaddons-sweep", daemon=True)
        workshop.tools.database.after_commit.append(self._on_commit)

    def start(self) -> None:
        """Start the threads; the sweeper's first round takes up what a kill left."""
        for thread in (*self._threads, self._sweeper):
            thread.start()

    def stop(self, *, timeout_seconds: float) -> bool:
        """Let the steps under way end. What is not begun stays in the tables for the next start."""
        self._stopping.set()
        self._workshop.begin_no_more()
        for _ in self._threads:
            self._queue.put(None)
        deadline = time.monotonic() + timeout_seconds
        for thread in (*self._threads, self._sweeper):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def submit(self, product_id: str) -> Future[None]:
        """Have a thread look at the product soon. The future is done when it has."""
        with self._lock:
            looked_at = self._queued.get(product_id)
            if looked_at is None:
                looked_at = self._queued[product_id] = Future()
                looked_at.set_running_or_notify_cancel()  # whoever waits for it cannot take it back
                self._queue.put(product_id)
            return looked_at

    def _on_commit(self, changes: Changes) -> None:
        for product_id in changes.products_with_work:
            self.submit(product_id)

    def _work(self) -> None:
        while (product_id := self._queue.get()) is not None and not self._stopping.is_set():
            # Taken off the list before the look: what is committed during the look is queued again.
            with self._lock:
                looked_at = self._queued.pop(product_id)
            try:
                self._workshop.look_at(product_id)
            except Exception:
                log.exception("work.failed", product_id=product_id)
            looked_at.set_result(None)

    def _sweep(self) -> None:
        while not self._stopping.is_set():
            try:
                for product_id in self._workshop.tools.database.read(products_with_work):
                    self.submit(product_id)
            except Exception:
                log.exception("sweep.failed")
            self._stopping.wait(self._sweep_seconds)
