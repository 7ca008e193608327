"""``openaddons submission``: what is in certification, and the decisions about it."""

from collections.abc import Callable
from typing import Any

import click

from openaddons.cli.output import emit, json_option, one_line
from openaddons.cli.reviews import review_text
from openaddons.cli.store import opened, operator, plain, store_options, table
from openaddons.settings import Settings
from openaddons.store.products import find_product
from openaddons.store.reviews import review_of_submission
from openaddons.store.submissions import (
    Submission,
    approve_submission,
    cancel_submission,
    hold_submission,
    list_submissions,
    read_submission,
    reject_submission,
)


@click.group(short_help="Submissions: what is in certification.")
def submission() -> None:
    """Submissions: drafts that were sent to certification, and the decisions about them."""


def _answer(found: Submission) -> dict[str, Any]:
    answer: dict[str, Any] = plain(found)
    return {"submission_id": answer.pop("id")} | answer | {"waits_for": found.waits_for}


def _decide(
    settings: Settings, verb: Callable[..., Submission], submission_id: str, **values: Any
) -> Submission:
    """Carry a decision out, then do at once what follows from it."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        decided = database.run(verb, submission_id=submission_id, actor=operator(), **values)
        workshop.finish(decided.product_id)
        return database.read(read_submission, submission_id=submission_id)


def _tell(found: Submission, *, as_json: bool) -> None:
    waits = f"; it waits for {found.waits_for}" if found.waits_for else ""
    emit(
        _answer(found),
        as_json=as_json,
        text=f"Submission {found.id} (version {found.version}): {found.state}{waits}.",
    )


@submission.command("list", short_help="List submissions.")
@click.option("--product", "product_id", metavar="ID", help="Of this product alone.")
@click.option("--pending", is_flag=True, help="Those that wait for a decision or for release.")
@store_options
@json_option
def list_(settings: Settings, *, product_id: str | None, pending: bool, as_json: bool) -> None:
    """List submissions, newest first, with what each waits for and since when."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        if product_id is not None:
            product_id = database.read(find_product, id_or_crx_id=product_id).id
        found = database.read(list_submissions, product_id=product_id, pending=pending)
    rows = [("SUBMISSION", "VERSION", "STATE", "SINCE", "WAITS FOR")]
    rows += [
        (
            each.id,
            each.version,
            each.state.value,
            f"{each.last_updated_time:%Y-%m-%d %H:%M} UTC",
            each.waits_for or "",
        )
        for each in found
    ]
    emit(
        {"submissions": [_answer(each) for each in found]},
        as_json=as_json,
        text=table(rows, empty="There is no submission."),
    )


@submission.command(short_help="Show a submission.")
@click.argument("submission_id")
@store_options
@json_option
def show(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Show a submission for its review: what it may do, what it changes, and every warning of the check.

    It is compared with what was in the store when it was made.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(read_submission, submission_id=submission_id)
        review = database.read(review_of_submission, submission_id=submission_id)
    package = review.package
    lines = [
        f"Submission {found.id}: {found.state}",
        f"  package    {one_line(package.name)} {package.version}, {package.size_bytes} bytes",
        f"  sha256     {package.digest}",
        f"  policy     {found.certification}",
        f"  waits for  {found.waits_for or 'nothing'}",
        f"  notes      {one_line(found.notes) or '(none)'}",
    ]
    lines += [f"  reason     {one_line(found.reason)}"] if found.reason else []
    emit(
        _answer(found) | {"review": review.to_json()},
        as_json=as_json,
        text="\n".join([*lines, "", review_text(review)]),
    )


@submission.command(short_help="Pass certification.")
@click.argument("submission_id")
@store_options
@json_option
def approve(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Approve a submission. Unless it is held, it is signed and released at once."""
    _tell(_decide(settings, approve_submission, submission_id), as_json=as_json)


@submission.command(short_help="Fail certification.")
@click.argument("submission_id")
@click.option("--reason", required=True, help="What must change; the publisher reads it.")
@store_options
@json_option
def reject(settings: Settings, *, submission_id: str, reason: str, as_json: bool) -> None:
    """Reject a submission with a reason that the publisher can act on."""
    _tell(_decide(settings, reject_submission, submission_id, reason=reason), as_json=as_json)


@submission.command(short_help="Take a submission back.")
@click.argument("submission_id")
@click.option("--reason", default="", help="Why.")
@store_options
@json_option
def cancel(settings: Settings, *, submission_id: str, reason: str, as_json: bool) -> None:
    """Cancel a submission that is not in the store yet. Its draft can be sent again as it is."""
    _tell(_decide(settings, cancel_submission, submission_id, reason=reason), as_json=as_json)


@submission.command(short_help="Keep it from release once approved.")
@click.argument("submission_id")
@store_options
@json_option
def hold(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Hold a submission: when approved, it waits for openaddons submission release."""
    _tell(_decide(settings, hold_submission, submission_id, held=True), as_json=as_json)


@submission.command(short_help="End a hold.")
@click.argument("submission_id")
@store_options
@json_option
def release(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Let a held submission go: if it is approved, it is signed and released at once."""
    _tell(_decide(settings, hold_submission, submission_id, held=False), as_json=as_json)
