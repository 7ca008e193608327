"""The engine of the embedded default: threads in the serving process."""

import queue
import threading
import time
from typing import Final

import structlog

from openaddons.store.products import products_with_work
from openaddons.store.session import Changes
from openaddons.work.workshop import Workshop

log = structlog.get_logger()

SWEEP_SECONDS: Final = 1.0


class InlineEngine:
    """Looks at a product the moment its work is committed, and sweeps for what became due or was left."""

    def __init__(self, workshop: Workshop, *, threads: int) -> None:
        self._workshop = workshop
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
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
        for _ in self._threads:
            self._queue.put(None)
        deadline = time.monotonic() + timeout_seconds
        for thread in (*self._threads, self._sweeper):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def submit(self, product_id: str) -> None:
        """Have a thread look at the product soon."""
        with self._lock:
            if product_id in self._queued:
                return
            self._queued.add(product_id)
        self._queue.put(product_id)

    def _on_commit(self, changes: Changes) -> None:
        for product_id in changes.products_with_work:
            self.submit(product_id)

    def _work(self) -> None:
        while (product_id := self._queue.get()) is not None and not self._stopping.is_set():
            # Taken off the list before the look: what is committed during the look is queued again.
            with self._lock:
                self._queued.discard(product_id)
            try:
                self._workshop.look_at(product_id)
            except Exception:
                log.exception("work.failed", product_id=product_id)

    def _sweep(self) -> None:
        while not self._stopping.is_set():
            try:
                for product_id in self._workshop.tools.database.read(products_with_work):
                    self.submit(product_id)
            except Exception:
                log.exception("sweep.failed")
            self._stopping.wait(SWEEP_SECONDS)
