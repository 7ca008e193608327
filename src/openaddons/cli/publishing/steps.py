"""The steps of publishing, each said on stderr when it begins and noted for whoever must go on after a failure."""

import time
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from openaddons.cli.output import note, progress_bar, size_in_words
from openaddons.cli.publishing.destination import Destination
from openaddons.cli.publishing.ending import Ending, Progress, Step, in_store, published
from openaddons.cli.publishing.notes import Notes
from openaddons.cli.publishing.packages import Chosen, opened
from openaddons.client import (
    EdgeAddons,
    NotFound,
    NotSupported,
    Operation,
    SubmissionInProgress,
)

if TYPE_CHECKING:
    from openaddons.client import ProductState

_SLOT_PAUSES_SECONDS: Final = (2.0, 5.0, 10.0, 30.0, 60.0)


class Until(StrEnum):
    """How far a publish is followed."""

    NONE = "none"
    ACCEPTED = "accepted"
    IN_REVIEW = "in-review"
    IN_STORE = "in-store"


class Deadline:
    """One ``--timeout`` for all the steps of a command."""

    def __init__(self, timeout_seconds: float) -> None:
        self._ends_at_seconds = time.monotonic() + timeout_seconds

    @property
    def remaining_seconds(self) -> float:
        """How much of it is left, never below 0."""
        return max(0.0, self._ends_at_seconds - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Sleep, and let that time not count."""
        time.sleep(seconds)
        self._ends_at_seconds += seconds


class Run:
    """One run of a command: for whom, with which store, until when, and how far it has come."""

    def __init__(self, destination: Destination, store: EdgeAddons, progress: Progress) -> None:
        self.destination = destination
        self.store = store
        self.progress = progress
        self.deadline = Deadline(destination.timeout_seconds)

    def begin(self, step: Step, text: str) -> None:
        """Note the step, and say it where somebody reads along."""
        self.progress.step = step
        note(text, quiet=self.destination.quiet)


def send_package(run: Run, chosen: Chosen) -> str:
    """Upload the package; the operation ID."""
    with opened(chosen) as file:
        size = size_in_words(file.seek(0, 2))
        file.seek(0)
        bar = progress_bar(f"Uploading {chosen.name}", quiet=run.destination.quiet)
        run.progress.step = Step.UPLOAD
        if bar is None:
            run.begin(Step.UPLOAD, f"Uploading {chosen.name} ({size}) to {run.destination.base_url} ...")
        run.progress.upload_id = run.store.upload(
            run.destination.product_id, file, progress=bar, timeout_seconds=run.deadline.remaining_seconds
        )
    return run.progress.upload_id


def wait_for_draft(run: Run, operation_id: str) -> Operation:
    """Wait until the store has checked the package and it is the draft."""
    run.begin(Step.WAIT_UPLOAD, f"Operation {operation_id}: the store checks it ...")
    return run.store.wait_upload(
        run.destination.product_id, operation_id, timeout_seconds=run.deadline.remaining_seconds
    )


def send_publish(run: Run, notes: Notes) -> str:
    """Publish the draft; the operation ID."""
    run.begin(Step.PUBLISH, "Publishing the draft ...")
    run.progress.publish_id = run.store.publish(
        run.destination.product_id,
        notes=notes.text,
        notes_as_text=notes.as_text,
        timeout_seconds=run.deadline.remaining_seconds,
    )
    return run.progress.publish_id


def wait_for_submission(run: Run, operation_id: str) -> Operation:
    """Wait until there is a submission."""
    run.begin(Step.WAIT_PUBLISH, f"Operation {operation_id}: it becomes a submission ...")
    return run.store.wait_publish(
        run.destination.product_id, operation_id, timeout_seconds=run.deadline.remaining_seconds
    )


def publish_in_a_free_slot(run: Run, notes: Notes, *, slot_seconds: float) -> Operation:
    """Publish and wait; while another submission is in progress, try again for ``slot_seconds``.

    That a store takes no second submission is said by the operation alone, and such a publish changes nothing.
    """
    attempt, waited_seconds = 0, 0.0
    while True:
        try:
            return wait_for_submission(run, send_publish(run, notes))
        except SubmissionInProgress:
            pause = _SLOT_PAUSES_SECONDS[min(attempt, len(_SLOT_PAUSES_SECONDS) - 1)]
            pause = min(pause, slot_seconds - waited_seconds)
            if pause <= 0:
                raise
            note(
                f"Another submission is in progress; trying again in {pause:.0f} s ...",
                quiet=run.destination.quiet,
            )
            run.deadline.pause(pause)
            attempt, waited_seconds = attempt + 1, waited_seconds + pause


def wait_in_store(run: Run, operation_id: str) -> "ProductState":
    """Wait until browsers get the version that the publish made a submission of.

    Raises NotSupported where the store is not OpenAddons.
    """
    run.begin(Step.WAIT_IN_STORE, "Waiting until it is in the store ...")
    product_id = run.destination.product_id
    version = next(
        (each.version for each in run.store.submissions(product_id) if each.operation_id == operation_id),
        None,
    )
    if version is None:
        raise NotFound(
            f"The store knows no submission of the operation {operation_id} any more.",
            operation_id=operation_id,
        )
    return run.store.wait_in_store(product_id, version, timeout_seconds=run.deadline.remaining_seconds)


def followed(run: Run, operation: Operation, until: Until) -> Ending:
    """The ending of a publish that succeeded, once it has come as far as that.

    A store that is not OpenAddons says no more of a product than that it has the submission.
    """
    if until is Until.IN_STORE:
        return in_store(operation, wait_in_store(run, operation.id))
    state = None
    if until is Until.IN_REVIEW:
        with suppress(NotSupported):
            state = run.store.product(run.destination.product_id)
    return published(operation, run.progress, run.destination, state=state)
