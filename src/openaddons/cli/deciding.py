"""``openaddons answer``, ``cancel``, ``hold`` and ``rollback``: what a publisher decides, from afar."""

import re
from typing import Final

import click

from openaddons.cli.publishing.by_click import EXIT_CODES, publishing_command
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.managed import standing_of_submission
from openaddons.cli.publishing.steps import Run
from openaddons.client import NotFound


def _digits(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A submission ID, checked, if there is one; for click."""
    if value is not None and not re.fullmatch("[0-9]{1,20}", value):
        raise click.BadParameter("it is made of digits.")
    return value


_SUBMISSION: Final = click.option(
    "--submission",
    "submission_id",
    metavar="ID",
    callback=_digits,
    help="Which (default: the one that is pending, else the newest).",
)


@click.command(epilog=EXIT_CODES)
@click.argument("text", metavar="TEXT")
@_SUBMISSION
@publishing_command
def answer(run: Run, *, text: str, submission_id: str | None) -> Ending:
    """Answer the open question of a reviewer about the product's submission. Then the review goes on.

    `openaddons status` shows the question. Only OpenAddons has questions.
    """
    answered = run.store.answer(run.destination.product_id, _chosen(run, submission_id), text)
    return standing_of_submission(
        "answered", f"The question about submission {answered.id} is answered.", answered
    )


@click.command(epilog=EXIT_CODES)
@_SUBMISSION
@click.option("--reason", default="", help="Why.")
@publishing_command
def cancel(run: Run, *, submission_id: str | None, reason: str) -> Ending:
    """Take a submission back that is not in the store yet. Its draft can be sent again as it is.

    Only OpenAddons can be asked that.
    """
    submission_id = _chosen(run, submission_id)
    cancelled = run.store.cancel(run.destination.product_id, submission_id, reason=reason)
    return standing_of_submission("cancelled", f"Submission {cancelled.id} is cancelled.", cancelled)


@click.command(epilog=EXIT_CODES)
@_SUBMISSION
@click.option("--end", is_flag=True, help="Let it go: browsers get it as soon as it is approved.")
@publishing_command
def hold(run: Run, *, submission_id: str | None, end: bool) -> Ending:
    """Keep a submission out of the store when it has been approved, until `openaddons hold --end`.

    Only OpenAddons can be asked that.
    """
    decide = run.store.release if end else run.store.hold
    held = decide(run.destination.product_id, _chosen(run, submission_id))
    done = "is held no longer" if end else "is held"
    return standing_of_submission("let_go" if end else "held", f"Submission {held.id} {done}.", held)


@click.command(epilog=EXIT_CODES)
@click.option("--reason", required=True, help="Why.")
@click.option("--to", metavar="VERSION", help="Whose content comes back (default: what was offered before).")
@click.option("--as", "as_version", metavar="VERSION", help="The number it gets (default: the next).")
@publishing_command
def rollback(run: Run, *, reason: str, to: str | None, as_version: str | None) -> Ending:
    """Give browsers older content as a new release with a higher version. It needs no review.

    Only OpenAddons can be asked that.
    """
    asked = run.store.roll_back(run.destination.product_id, reason=reason, to=to, as_version=as_version)
    return standing_of_submission(
        "rolling_back", f"The content of {asked.restores} comes again as {asked.version}.", asked
    )


def _chosen(run: Run, submission_id: str | None) -> str:
    """The submission that was named, else the product's own."""
    if submission_id is not None:
        return submission_id
    product_id = run.destination.product_id
    submission = run.store.product(product_id).submission
    if submission is None:
        raise NotFound(f"Product {product_id} has no submission.", advice="Publish a package first.")
    return submission.id
