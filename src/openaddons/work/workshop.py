"""What happens after a 202: everything that a product has to do, one step after the other.

An engine says "look at this product", perhaps twice, perhaps from two processes: the steps are claimed by
lease and attempt, so each takes effect once. What a step writes and the end of the step are one transaction.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from openaddons.errors import Refusal
from openaddons.store.leases import Lease, set_leases
from openaddons.store.operations import Claim, ClaimLost, OperationKind, claim_operation, end_operation
from openaddons.store.products import has_work
from openaddons.store.releasing import finish_unpublishing
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import Submission, claim_submission
from openaddons.work.certification import certify
from openaddons.work.outcomes import generic_failure, irrecoverable_failure, unexpected_failure
from openaddons.work.publishing import publish
from openaddons.work.releasing import release
from openaddons.work.tools import Tools
from openaddons.work.uploads import check_upload

log = structlog.get_logger()

_LONGEST_PAUSE_SECONDS = 10.0
_LONGEST_FINISH_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.02


class Workshop:
    """Carries out the steps of products. Safe to use from many threads and processes at once."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._lease = timedelta(seconds=tools.settings.lease_seconds)
        self._held: set[Lease] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None
        self._turns = threading.Condition()
        self._under_way = 0
        self._paused = False

    def look_at(self, product_id: str) -> None:
        """Do everything that the product has to do now and that nobody else is doing."""
        stepping = True
        while stepping and not self._stopping.is_set():
            with self._taking_turn():
                stepping = self._step(product_id)

    def finish(self, product_id: str) -> bool:
        """As `look_at`, but what another thread or process is doing is waited for: for a person who waits.

        False when something was left to do after a minute.
        """
        deadline = time.monotonic() + _LONGEST_FINISH_SECONDS
        while self.tools.database.read(has_work, product_id=product_id):
            if self._stopping.is_set() or time.monotonic() > deadline:
                return False
            self.look_at(product_id)
            self._stopping.wait(_LOOK_AGAIN_SECONDS)
        return True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No step of this workshop is under way, and none begins, until the end of the block."""
        with self._turns:
            self._paused = True
            self._turns.wait_for(lambda: not self._under_way)
        try:
            yield
        finally:
            with self._turns:
                self._paused = False
                self._turns.notify_all()

    @contextmanager
    def _taking_turn(self) -> Iterator[None]:
        with self._turns:
            self._turns.wait_for(lambda: not self._paused)
            self._under_way += 1
        try:
            yield
        finally:
            with self._turns:
                self._under_way -= 1
                self._turns.notify_all()

    def begin_no_more(self) -> None:
        """From now on only the steps under way go on, and their leases with them."""
        self._stopping.set()

    def close(self) -> None:
        """Begin no further step, and let the leases of this process run out."""
        self.begin_no_more()
        self._ended.set()
        if self._heart is not None:
            self._heart.join()

    def _step(self, product_id: str) -> bool:
        """Take one step; False when there is none to take. Operations come first, in their order."""
        database, script = self.tools.database, self.tools.script
        operation = None
        if script is None or not script.holds(database, product_id):
            operation = database.run(claim_operation, product_id=product_id, lease=self._lease)
        if operation is not None:
            with self._holding(Lease("operations", operation.id, operation.attempt)):
                return self._carry_out(operation)
        submission = database.run(claim_submission, product_id=product_id, lease=self._lease)
        if submission is not None:
            with self._holding(Lease("submissions", submission.id, submission.attempt)):
                return self._advance(submission)
        return database.run(finish_unpublishing, product_id=product_id)

    def _carry_out(self, claim: Claim) -> bool:
        """Carry an operation to its end. Any failure of ours is tried again, up to the limit of attempts."""
        words = log.bind(
            operation_id=claim.id, product_id=claim.product_id, correlation_id=claim.correlation_id
        )
        database = self.tools.database
        if claim.attempt > self.tools.settings.attempts_limit:
            # The process died in every attempt: whatever does that must not be tried for ever.
            words.error("operation.given-up", attempts=claim.attempt - 1)
            database.run(end_operation, claim=claim, outcome=generic_failure(claim))
            return True
        try:
            self._end(claim)
        except ClaimLost:
            words.warning("operation.taken-over", attempt=claim.attempt)
        except Refusal as refusal:
            words.error("operation.irrecoverable", code=refusal.code, reason=refusal.message)
            database.run(end_operation, claim=claim, outcome=irrecoverable_failure(claim))
        except Exception:  # whatever it is, the operation must come to an end
            words.exception("operation.failed", attempt=claim.attempt)
            if claim.attempt < self.tools.settings.attempts_limit:
                self._pause(Lease("operations", claim.id, claim.attempt))
                return False
            database.run(end_operation, claim=claim, outcome=unexpected_failure(claim, database.clock.now()))
        return True

    def _end(self, claim: Claim) -> None:
        scripted = self.tools.script and self.tools.script.outcome(claim)
        if scripted:
            self.tools.database.run(end_operation, claim=claim, outcome=scripted)
        elif claim.kind is OperationKind.UPLOAD:
            check_upload(self.tools, claim)
        else:
            publish(self.tools, claim)

    def _advance(self, claim: Submission) -> bool:
        """Certify or release a submission. A failure of ours leaves it where it is, to be tried again."""
        words = log.bind(submission_id=claim.id, product_id=claim.product_id)
        step: Callable[[Tools, Submission], None] = (
            release if claim.state is SubmissionState.APPROVED else certify
        )
        try:
            step(self.tools, claim)
        except ClaimLost:
            words.warning("submission.taken-over", attempt=claim.attempt)
        except Exception:
            words.exception("submission.step-failed", attempt=claim.attempt)
            self._pause(Lease("submissions", claim.id, claim.attempt))
            return False
        return True

    def _pause(self, lease: Lease) -> None:
        """Keep the lease a little longer, then let it run out: so the retry needs no sleeping thread."""
        seconds = min(0.1 * 2**lease.attempt, _LONGEST_PAUSE_SECONDS)
        self.tools.database.run(set_leases, [lease], length=timedelta(seconds=seconds))

    @contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """Renew the lease for as long as the step takes."""
        with self._lock:
            self._held.add(lease)
            if self._heart is None:
                self._heart = threading.Thread(target=self._beat, name="openaddons-leases", daemon=True)
                self._heart.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)

    def _beat(self) -> None:
        while not self._ended.wait(self._lease.total_seconds() / 3):
            with self._lock:
                held = tuple(self._held)
            if not held:
                continue
            started = time.monotonic()
            try:
                self.tools.database.run(set_leases, held, length=self._lease)
            except Exception:
                log.exception("lease.not-renewed", seconds=time.monotonic() - started)
