"""``openaddons answer``: the publisher's answer to a reviewer, from afar."""

import re

import click

from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.managed import standing_of_submission
from openaddons.cli.publishing.running import EXIT_CODES, publishing_command
from openaddons.cli.publishing.steps import Run
from openaddons.client import NotFound


def _digits(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A submission ID, checked, if there is one; for click."""
    if value is not None and not re.fullmatch("[0-9]{1,20}", value):
        raise click.BadParameter("it is made of digits.")
    return value


@click.command(epilog=EXIT_CODES)
@click.argument("text", metavar="TEXT")
@click.option(
    "--submission",
    "submission_id",
    metavar="ID",
    callback=_digits,
    help="Which (default: the one that is pending, else the newest).",
)
@publishing_command
def answer(run: Run, *, text: str, submission_id: str | None) -> Ending:
    """Answer the open question of a reviewer about the product's submission. Then the review goes on.

    `openaddons status` shows the question. Only OpenAddons has questions.
    """
    product_id = run.destination.product_id
    if submission_id is None:
        submission = run.store.product(product_id).submission
        if submission is None:
            raise NotFound(f"Product {product_id} has no submission.", advice="There is nothing to answer.")
        submission_id = submission.id
    answered = run.store.answer(product_id, submission_id, text)
    return standing_of_submission(
        "answered", f"The question about submission {answered.id} is answered.", answered
    )
