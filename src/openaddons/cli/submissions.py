"""``openaddons submission``: what is in certification, and the decisions about it."""

from collections.abc import Callable
from typing import Any

import click

from openaddons.cli.output import emit, json_option, one_line, table
from openaddons.cli.reviews import review_text
from openaddons.cli.standings import standing_lines
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.settings import Settings
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.certification.questions import answer_question, ask_publisher, list_questions
from openaddons.store.certification.queue import (
    add_internal_note,
    give_submission_back,
    list_internal_notes,
    take_submission,
)
from openaddons.store.certification.reviews import review_of_submission
from openaddons.store.certification.standing import Standing, standing_of, standings_of
from openaddons.store.products import find_product
from openaddons.store.releases import read_release
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


def _answer(found: Submission, standing: Standing) -> dict[str, Any]:
    answer: dict[str, Any] = plain(found)
    told = {"waits_for": standing.awaited, "standing": plain(standing)}
    return {"submission_id": answer.pop("id")} | answer | told


def _decide(
    settings: Settings, verb: Callable[..., Submission], submission_id: str, *, as_json: bool, **values: Any
) -> None:
    """Carry a decision out, do at once what follows from it, and tell where the submission stands then."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        decided = database.run(verb, submission_id=submission_id, actor=operator(), **values)
        workshop.finish(decided.product_id)
        found = database.read(read_submission, submission_id=submission_id)
        standing = database.read(standing_of, submission=found)
    waits = f"; it waits for {standing.awaited}" if standing.awaited else ""
    has_it = f"; {one_line(found.taken_by)} has it" if found.taken_by else ""
    emit(
        _answer(found, standing),
        as_json=as_json,
        text=f"Submission {found.id} (version {found.version}): {found.state}{waits}{has_it}.",
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
        standings = database.read(standings_of, found=found)
    rows = [("SUBMISSION", "VERSION", "KIND", "STATE", "SINCE", "WAITS FOR", "HAS IT")]
    rows += [
        (
            each.id,
            each.version,
            "roll back" if each.restored_release_id else "update",
            each.state.value,
            f"{standings[each.id].since:%Y-%m-%d %H:%M} UTC",
            standings[each.id].awaited or "",
            one_line(each.taken_by or ""),
        )
        for each in found
    ]
    emit(
        {"submissions": [_answer(each, standings[each.id]) for each in found]},
        as_json=as_json,
        text=table(rows, empty="There is no submission."),
    )


@submission.command(short_help="Show a submission.")
@click.argument("submission_id")
@store_options
@json_option
def show(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Show a submission: what it waits for, what it may do and changes, and every warning of the check.

    It is compared with what was in the store when it was made.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(read_submission, submission_id=submission_id)
        standing = database.read(standing_of, submission=found)
        questions = database.read(list_questions, submission_ids=[submission_id])
        notes = database.read(list_internal_notes, submission_id=submission_id)
        review = database.read(review_of_submission, submission_id=submission_id)
        restored_id = found.restored_release_id
        restored = None if restored_id is None else database.read(read_release, release_id=restored_id)
    package = review.package
    lines = [
        f"Submission {found.id}: {found.state}",
        f"  version    {found.version}{f', a roll back to {restored.version}' if restored else ''}",
        f"  package    {one_line(package.name)} {package.version}, {package.size_bytes} bytes",
        f"  sha256     {package.digest}",
        f"  policy     {'none: a roll back needs no review' if restored else found.certification}",
        *standing_lines(standing, reviews_take=standing.reviews_take),
        f"  has it     {one_line(found.taken_by or 'nobody')}",
        f"  notes      {one_line(found.notes) or '(none)'}",
    ]
    lines += [f"  reason     {one_line(found.reason)}"] if found.reason else []
    lines += [f"  policy     {number} {DEVELOPER_POLICIES[number].title}" for number in found.policies]
    for each in questions:
        lines += [f"  question   {one_line(each.text)}", f"  answer     {one_line(each.answer or '(none)')}"]
    lines += [f"  among us   {one_line(each.written_by)}: {one_line(each.text)}" for each in notes]
    told = {
        "restores": restored and restored.version,
        "questions": plain(questions),
        "internal_notes": plain(notes),
        "review": review.to_json(),
    }
    emit(
        _answer(found, standing) | told,
        as_json=as_json,
        text="\n".join([*lines, "", review_text(review)]),
    )


@submission.command(short_help="Have it, so that no other reviewer looks at it.")
@click.argument("submission_id")
@click.option("--instead-of", metavar="WHO", help="Take it over from whom `submission show` names.")
@store_options
@json_option
def take(settings: Settings, *, submission_id: str, instead_of: str | None, as_json: bool) -> None:
    """Take a submission, so that no other reviewer looks at the same one; give-back lets it go again."""
    _decide(settings, take_submission, submission_id, instead_of=instead_of, as_json=as_json)


@submission.command("give-back", short_help="Have it no more.")
@click.argument("submission_id")
@store_options
@json_option
def give_back(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Give a submission back that you took, undecided."""
    _decide(settings, give_submission_back, submission_id, as_json=as_json)


@submission.command(short_help="Note something for the other reviewers.")
@click.argument("submission_id")
@click.option("--note", "text", required=True, help="Reviewers alone read it; the publisher does not.")
@store_options
@json_option
def note(settings: Settings, *, submission_id: str, text: str, as_json: bool) -> None:
    """Note something about a submission for the other reviewers, whatever its state. `submission show` has all."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        database.run(add_internal_note, submission_id=submission_id, text=text, actor=operator())
        notes = database.read(list_internal_notes, submission_id=submission_id)
    emit(
        {"submission_id": submission_id, "internal_notes": plain(notes)},
        as_json=as_json,
        text=f"It is noted. Submission {submission_id} has {len(notes)} notes of reviewers.",
    )


@submission.command(short_help="Pass certification.")
@click.argument("submission_id")
@store_options
@json_option
def approve(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Approve a submission. Unless it is held, it is signed and released at once."""
    _decide(settings, approve_submission, submission_id, as_json=as_json)


@submission.command(short_help="Fail certification.")
@click.argument("submission_id")
@click.option("--reason", required=True, help="What must change; the publisher reads it.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="N",
    type=click.Choice([*DEVELOPER_POLICIES]),
    help="Number of the developer policy that is not kept; may be repeated.",
)
@store_options
@json_option
def reject(
    settings: Settings, *, submission_id: str, reason: str, policies: tuple[str, ...], as_json: bool
) -> None:
    """Reject a submission with a reason that the publisher can act on."""
    _decide(settings, reject_submission, submission_id, reason=reason, policies=policies, as_json=as_json)


@submission.command(short_help="Ask the publisher.")
@click.argument("submission_id")
@click.option("--question", required=True, help="What you want to know; the publisher reads and answers it.")
@store_options
@json_option
def ask(settings: Settings, *, submission_id: str, question: str, as_json: bool) -> None:
    """Ask the publisher something. Until the answer the submission waits for them, and no policy approves it."""
    days = settings.review_days
    _decide(settings, ask_publisher, submission_id, text=question, review_days=days, as_json=as_json)


@submission.command(short_help="Answer a question.")
@click.argument("submission_id")
@click.option("--answer", required=True, help="The reviewer reads it.")
@store_options
@json_option
def answer(settings: Settings, *, submission_id: str, answer: str, as_json: bool) -> None:
    """Answer the open question about a submission, for its publisher. Then it waits for a reviewer again."""
    _decide(settings, answer_question, submission_id, answer=answer, as_json=as_json)


@submission.command(short_help="Take a submission back.")
@click.argument("submission_id")
@click.option("--reason", default="", help="Why.")
@store_options
@json_option
def cancel(settings: Settings, *, submission_id: str, reason: str, as_json: bool) -> None:
    """Cancel a submission that is not in the store yet. Its draft can be sent again as it is."""
    _decide(settings, cancel_submission, submission_id, reason=reason, as_json=as_json)


@submission.command(short_help="Keep it from release once approved.")
@click.argument("submission_id")
@store_options
@json_option
def hold(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Hold a submission: when approved, it waits for openaddons submission release."""
    _decide(settings, hold_submission, submission_id, held=True, as_json=as_json)


@submission.command(short_help="End a hold.")
@click.argument("submission_id")
@store_options
@json_option
def release(settings: Settings, *, submission_id: str, as_json: bool) -> None:
    """Let a held submission go: if it is approved, it is signed and released at once."""
    _decide(settings, hold_submission, submission_id, held=False, as_json=as_json)
