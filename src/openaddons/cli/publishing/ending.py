"""How a command ends: what is true now, why, and what to type next. Values only; ``telling`` prints them."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openaddons.cli.output import one_line
from openaddons.cli.publishing.destination import Destination
from openaddons.cli.publishing.packages import Chosen
from openaddons.client import (
    CredentialsRejected,
    EdgeAddonsError,
    NothingToPublish,
    Operation,
    OperationError,
    OperationFailed,
    OperationKind,
    PackageRefused,
    StoreTrouble,
    SubmissionInProgress,
    Timeout,
    UnexpectedFailure,
)

if TYPE_CHECKING:
    from openaddons.client import ProductState

# The sentence with which the reference ends a publish that succeeded.
_SUBMISSION_ID: Final = re.compile(r"submission with ID ([0-9]{1,20})\b")


class Step(Enum):
    """How far a command has come; what to do after a failure hangs on it."""

    LOOK = auto()
    UPLOAD = auto()
    WAIT_UPLOAD = auto()
    PUBLISH = auto()
    WAIT_PUBLISH = auto()
    WAIT_IN_STORE = auto()


_WAITS: Final = frozenset({Step.WAIT_UPLOAD, Step.WAIT_PUBLISH, Step.WAIT_IN_STORE})


class Progress:
    """What a command has done so far, for whoever has to go on from there."""

    def __init__(
        self, *, publishes: bool = False, step: Step = Step.LOOK, package: Chosen | None = None
    ) -> None:
        self.publishes = publishes
        """Whether it publishes what it uploads."""
        self.step = step
        self.package = package
        self.upload_id: str | None = None
        self.publish_id: str | None = None


class Ending(NamedTuple):
    """What a command has to say. ``outcome`` is a word for scripts; it never changes its meaning."""

    outcome: str
    text: str
    advice: str
    commands: tuple[str, ...] = ()
    """What to type next."""
    exit_code: int = 0
    message: str | None = None
    """What the store said."""
    operation: Operation | None = None
    errors: tuple[OperationError, ...] = ()
    error_code: str | None = None
    http_status: int | None = None
    correlation_id: str | None = None
    details: tuple[str, ...] = ()
    """Further lines for people."""
    facts: Mapping[str, Any] = MappingProxyType({})
    """What else scripts are told, by name."""

    @property
    def submission_id(self) -> str | None:
        """The submission that a publish made."""
        found = _SUBMISSION_ID.search(self.message or "")
        return None if found is None else found[1]


def ending_of_failure(failure: EdgeAddonsError, progress: Progress, destination: Destination) -> Ending:
    """The failure, with the commands that lead on from the step at which it came."""
    advice, commands = _way_on(failure, progress, destination)
    return Ending(
        outcome=re.sub(r"(?<!^)(?=[A-Z])", "_", type(failure).__name__).lower(),
        text=one_line(failure.message),
        advice=one_line(advice),
        commands=commands,
        exit_code=failure.exit_code,
        message=failure.message,
        operation=failure.operation,
        errors=failure.errors,
        error_code=failure.error_code,
        http_status=failure.http_status,
        correlation_id=failure.correlation_id,
    )


def accepted(kind: OperationKind, operation_id: str, destination: Destination) -> Ending:
    """The store has the request, and nobody waited for what becomes of it."""
    return Ending(
        "accepted",
        f"The store accepted the {kind} for product {destination.product_id}: operation {operation_id}.",
        "To wait for its end:",
        commands=(destination.command("wait", operation_id),),
    )


def uploaded(operation: Operation, progress: Progress, destination: Destination) -> Ending:
    """The package is the draft."""
    return Ending(
        "uploaded",
        f"{_package(progress)} is now the draft of product {destination.product_id}.{_said(operation)}",
        "To send it to certification:",
        commands=(destination.command("publish", "--draft"),),
        message=operation.message,
        operation=operation,
    )


def published(
    operation: Operation, progress: Progress, destination: Destination, *, state: "ProductState | None" = None
) -> Ending:
    """There is a submission; ``state`` is how the product stands, where the store says it."""
    what = _package(progress) if progress.package else "The draft"
    text = f"{what} of product {destination.product_id} is sent to certification.{_said(operation)}"
    advice = "Browsers get it when it has passed certification."
    if state is not None:
        submission = state.submission
        text = f"{text} The product is now: {one_line(state.state)}."
        if submission is not None and submission.waits_for:
            advice = f"Version {one_line(submission.version)} waits for {one_line(submission.waits_for)}."
    return Ending(
        "published",
        text,
        advice,
        message=operation.message,
        operation=operation,
        facts=_facts(state),
    )


def in_store(operation: Operation, state: "ProductState") -> Ending:
    """Browsers are offered the version."""
    version = one_line(state.live.version) if state.live else "?"
    return Ending(
        "in_store",
        f"Version {version} of {one_line(state.name)} is in the store.",
        "Browsers get it with their next update check.",
        message=operation.message,
        operation=operation,
        facts=_facts(state),
    )


def unchanged(nothing: NothingToPublish, destination: Destination) -> Ending:
    """There was nothing to publish, and that is well."""
    return Ending(
        "unchanged",
        f"There is nothing new to publish for product {destination.product_id}.",
        "Nothing has to be done.",
        message=nothing.message,
        operation=nothing.operation,
    )


def refused_here(chosen: Chosen) -> Ending:
    """The check found errors, so nothing was sent."""
    return Ending(
        "package_refused",
        f"{chosen.name} has errors, so nothing was sent.",
        "Correct what the errors name, or send it all the same with --no-lint.",
        exit_code=PackageRefused.exit_code,
    )


def _package(progress: Progress) -> str:
    chosen = progress.package
    if chosen is None:
        return "The package"
    return f"{chosen.name} ({chosen.version})" if chosen.version else chosen.name


def _said(operation: Operation) -> str:
    return f" {one_line(operation.message).rstrip('.')}." if operation.message else ""


def _facts(state: "ProductState | None") -> dict[str, Any]:
    return {} if state is None else {"product_state": state.state}


def commands_from(progress: Progress, destination: Destination) -> tuple[str, ...]:
    """The commands that take up what was begun: nothing that the store has is sent again."""
    verb = "publish" if progress.publishes else "upload"
    package = progress.package.path if progress.package else ""
    publish_draft = destination.command("publish", "--draft")
    match progress.step:
        case Step.LOOK:
            return ()
        case Step.UPLOAD:
            return (destination.command(verb, package),)
        case Step.WAIT_UPLOAD:
            wait = destination.command("wait", progress.upload_id or "")
            return (wait, publish_draft) if progress.publishes else (wait,)
        case Step.PUBLISH:
            return (publish_draft,)
        case Step.WAIT_PUBLISH:
            return (destination.command("wait", progress.publish_id or ""),)
        case Step.WAIT_IN_STORE:
            return (destination.command("wait", progress.publish_id or "", "--until", "in-store"),)


def _way_on(
    failure: EdgeAddonsError, progress: Progress, destination: Destination
) -> tuple[str, tuple[str, ...]]:
    """What to do after the failure, in words and as commands."""
    commands: tuple[str, ...] = ()
    advice = failure.advice
    match failure:
        case CredentialsRejected():
            commands = (destination.command("check-credentials"),)
        case SubmissionInProgress():
            # After a rehearsal the package is not yet the draft.
            rehearsed = progress.package if progress.step is Step.LOOK else None
            what = rehearsed.path if rehearsed else "--draft"
            commands = (destination.command("publish", what, "--wait-for-slot", "3600"),)
        case PackageRefused() if progress.package:
            commands = (f"openaddons lint {progress.package.quoted}",)
        case OperationFailed() | UnexpectedFailure():
            # That operation has ended: its step has to be done again.
            before = {Step.WAIT_UPLOAD: Step.UPLOAD, Step.WAIT_PUBLISH: Step.PUBLISH}
            again = Progress(
                publishes=progress.publishes,
                step=before.get(progress.step, Step.LOOK),
                package=progress.package,
            )
            commands = commands_from(again, destination)
        case StoreTrouble() | Timeout():
            commands = commands_from(progress, destination)
            if progress.step in _WAITS:
                advice = "It goes on in the store; nothing has to be sent again. To take it up:"
    return advice, commands
