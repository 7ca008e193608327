"""``openaddons status`` and ``openaddons wait``: where a product stands, what became of an upload or a publish."""

import click

from openaddons.cli.output import note
from openaddons.cli.publishing import ending
from openaddons.cli.publishing.by_click import EXIT_CODES, guid, publishing_command
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.steps import Run, Until, followed, wait_for_draft, wait_for_submission
from openaddons.client import NotFound, Operation, OperationKind, failure_of

_KIND = click.option(
    "--kind",
    type=click.Choice([kind.value for kind in OperationKind]),
    help="What the operation is; without it both are tried.",
)


@click.command(epilog=EXIT_CODES)
@click.argument("operation_id", metavar="[OPERATION_ID]", required=False, callback=guid)
@_KIND
@publishing_command
def status(run: Run, *, operation_id: str | None, kind: str | None) -> Ending:
    """Show what the product waits for, since when, its place in the queue, how long reviews take, what comes next.

    That only OpenAddons tells. With OPERATION_ID: what became of that upload or publish, at any store.
    """
    if operation_id is None:
        from openaddons.cli.publishing.managed import standing_of_product

        return standing_of_product(run.store.product(run.destination.product_id), run.destination)
    operation = _look(run, operation_id, kind)
    if operation.ended:
        return _ended(run, operation, Until.IN_REVIEW)
    return Ending(
        outcome="in_progress",
        text=f"The {operation.kind} {operation_id} is in progress.",
        advice="To wait for its end:",
        commands=(run.destination.command("wait", operation_id),),
        operation=operation,
        exit_code=8,
    )


@click.command(epilog=EXIT_CODES)
@click.argument("operation_id", metavar="OPERATION_ID", callback=guid)
@_KIND
@click.option(
    "--until",
    type=click.Choice([level.value for level in Until if level is not Until.NONE]),
    default=Until.ACCEPTED.value,
    show_default=True,
    help="How far to follow a publish, as --wait of `openaddons publish`.",
)
@publishing_command
def wait(run: Run, *, operation_id: str, kind: str | None, until: str) -> Ending:
    """Wait for the end of the upload or publish OPERATION_ID, also of one that another process began."""
    operation = _look(run, operation_id, kind)
    if not operation.ended:
        waits = {OperationKind.UPLOAD: wait_for_draft, OperationKind.PUBLISH: wait_for_submission}
        operation = waits[operation.kind](run, operation_id)
    return _ended(run, operation, Until(until))


def _ended(run: Run, operation: Operation, until: Until) -> Ending:
    if failure := failure_of(operation):
        raise failure
    if operation.kind is OperationKind.UPLOAD:
        return ending.uploaded(operation, run.progress, run.destination)
    return followed(run, operation, until)


def _look(run: Run, operation_id: str, kind: str | None) -> Operation:
    """The operation, which is what the command is about from now on."""
    operation = _found(run, operation_id, kind)
    if operation.kind is OperationKind.UPLOAD:
        run.progress.upload_id = operation_id
    else:
        run.progress.publish_id = operation_id
    return operation


def _found(run: Run, operation_id: str, kind: str | None) -> Operation:
    """The operation; where the kind is not known, an upload, and if there is none, a publish."""
    product_id = run.destination.product_id
    if kind == OperationKind.UPLOAD:
        return run.store.upload_status(product_id, operation_id)
    if kind == OperationKind.PUBLISH:
        return run.store.publish_status(product_id, operation_id)
    try:
        return run.store.upload_status(product_id, operation_id)
    except NotFound:
        note("It is no upload; looking for a publish ...", quiet=run.destination.quiet)
    try:
        return run.store.publish_status(product_id, operation_id)
    except NotFound as missing:
        raise NotFound(
            f"Product {product_id} has neither an upload nor a publish {operation_id}.",
            operation_id=operation_id,
            http_status=missing.http_status,
            correlation_id=missing.correlation_id,
        ) from None
