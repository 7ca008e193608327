"""The certification queue on both databases: who has what, questions, reasons, and what a publisher is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from openaddons.app import open_store
from openaddons.clock import SettableClock
from openaddons.errors import Refusal, TransitionRefused, ValueRefused
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.certification.policies import (
    Certification,
    Source,
    certification_in_force,
    choose_store_certification,
    store_certification_in_force,
)
from openaddons.store.certification.questions import answer_question, ask_publisher, list_questions
from openaddons.store.certification.queue import (
    Show,
    add_internal_note,
    count_queue,
    give_submission_back,
    list_internal_notes,
    page_of_queue,
    take_submission,
)
from openaddons.store.certification.standing import (
    Place,
    ReviewRecord,
    Standing,
    WaitsFor,
    standing_of,
    standing_of_product,
)
from openaddons.store.events import list_events
from openaddons.store.operations import ClaimLost
from openaddons.store.products import Product, find_product, set_certification
from openaddons.store.states import ProductState, SubmissionState
from openaddons.store.submissions import (
    Submission,
    approve_submission,
    cancel_submission,
    claim_submission,
    hold_submission,
    read_submission,
    reject_submission,
)
from openaddons.work.certification import certify
from openaddons.work.creating import put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_draft, make_zip

THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Desk:
    """A store where people decide, at a time that stands still."""

    def __init__(self, workshop: Workshop, clock: SettableClock) -> None:
        self.workshop, self.clock = workshop, clock
        self.database = workshop.tools.database
        self.account: Account = make_account(workshop)

    def do(
        self, verb: Callable[..., Any], submission: Submission, actor: str = "anna", **facts: Any
    ) -> Submission:
        self.database.run(verb, submission_id=submission.id, actor=actor, **facts)
        return self.now(submission)

    def now(self, submission: Submission) -> Submission:
        return self.database.read(read_submission, submission_id=submission.id)

    def submitted(self, product: Product | None = None, *, version: str = "1.0.0") -> Submission:
        """A submission of a new product, or of this one."""
        product = product or make_draft(self.workshop, self.account)
        path = self.workshop.tools.settings.data / "package.zip"
        path.write_bytes(make_zip(version))
        put_package(self.workshop, product=product, publisher=self.account.publisher, path=path, actor="test")
        made = submit(self.workshop, product_id=product.id, notes="", actor="test")
        assert isinstance(made, Submission), made
        return made

    def standing(self, submission: Submission) -> Standing:
        return self.database.read(standing_of, submission=self.now(submission))

    def ask(self, submission: Submission, text: str = "What is tabs for?") -> Submission:
        return self.do(ask_publisher, submission, text=text, review_days=7)

    def queue(self, show: Show = Show.ALL, **facts: Any) -> list[str]:
        page = self.database.read(page_of_queue, show=show, reviewer="anna", limit=50, **facts)
        return [each.submission.id for each in page]


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    clock = SettableClock()
    clock.freeze()
    clock.set(THURSDAY)
    settings = settings.model_copy(update={"certification": CertificationPolicy.MANUAL})
    with open_store(settings, clock) as workshop:
        yield Desk(workshop, clock)


def test_a_review_is_due_after_business_days(desk: Desk) -> None:
    assert desk.submitted().review_due_time == datetime(2026, 12, 7, 14, tzinfo=UTC)


def test_where_no_person_decides_no_review_is_due(desk: Desk) -> None:
    desk.database.run(choose_store_certification, policy=CertificationPolicy.DELAYED, actor="root")

    assert desk.submitted().review_due_time is None


def test_who_takes_a_submission_has_it_until_it_is_given_back(desk: Desk) -> None:
    submission = desk.submitted()

    taken = desk.do(take_submission, submission)
    again = desk.do(take_submission, submission)
    back = desk.do(give_submission_back, submission)

    assert (taken.taken_by, taken.taken_time) == ("anna", THURSDAY)
    assert again == taken
    assert (back.taken_by, back.taken_time) == (None, None)
    events = desk.database.read(list_events, subject=submission.id)
    assert [(each.verb, each.actor) for each in reversed(events)][1:] == [
        ("submission.taken", "anna"),
        ("submission.given-back", "anna"),
    ]


def test_of_two_who_take_a_submission_at_once_one_has_it(desk: Desk) -> None:
    submission = desk.submitted()

    def take(actor: str) -> str | None:
        try:
            return desk.do(take_submission, submission, actor).taken_by
        except TransitionRefused:
            return None

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(take, ["anna", "bert"]))

    assert [each for each in outcomes if each] == [desk.now(submission).taken_by]


def test_taking_over_needs_the_name_of_who_has_it(desk: Desk) -> None:
    submission = desk.do(take_submission, desk.submitted())

    with pytest.raises(TransitionRefused, match="anna has it"):
        desk.do(take_submission, submission, "bert")
    with pytest.raises(TransitionRefused, match="anna has it"):
        desk.do(give_submission_back, submission, "bert")

    assert desk.do(take_submission, submission, "bert", instead_of="anna").taken_by == "bert"


def test_of_two_who_decide_at_once_one_has_decided(desk: Desk) -> None:
    submission = desk.submitted()

    def decide(verb: Callable[..., Any], facts: dict[str, str]) -> bool:
        try:
            desk.do(verb, submission, **facts)
        except TransitionRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        decided = list(threads.map(decide, (approve_submission, reject_submission), ({}, {"reason": "No."})))

    assert sorted(decided) == [False, True]
    assert desk.now(submission).state is (
        SubmissionState.APPROVED if decided[0] else SubmissionState.REVIEW_FAILED
    )


def test_the_queue_shows_the_oldest_first_in_parts_and_pages(desk: Desk) -> None:
    first = desk.submitted()
    desk.clock.advance(timedelta(days=9))
    second = desk.do(take_submission, desk.submitted())
    third = desk.do(take_submission, desk.submitted(), "bert")
    desk.clock.advance(timedelta(days=9))

    assert sorted(desk.queue()[1:]) == sorted([second.id, third.id])
    assert desk.queue()[0] == first.id
    assert desk.queue(Show.MINE) == [second.id]
    assert desk.queue(Show.UNASSIGNED) == [first.id]
    assert desk.queue(Show.OVERDUE) == [first.id]
    assert [*desk.queue(after=first.id), *desk.queue(after=desk.queue()[-1])] == desk.queue()[1:]
    assert desk.database.read(count_queue, reviewer="anna") == {
        Show.ALL: 3,
        Show.MINE: 1,
        Show.UNASSIGNED: 1,
        Show.OVERDUE: 1,
    }


def test_an_empty_queue_counts_nothing(desk: Desk) -> None:
    assert desk.queue() == []
    assert set(desk.database.read(count_queue, reviewer="anna").values()) == {0}


def test_a_page_after_what_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueRefused, match="after"):
        desk.queue(after="1" * 19)


def test_while_a_question_is_open_the_submission_waits_for_its_publisher(desk: Desk) -> None:
    submission = desk.submitted()
    desk.clock.advance(HOUR)

    asked = desk.ask(submission)
    waiting = desk.standing(submission)
    desk.clock.advance(timedelta(days=30))
    overdue = desk.queue(Show.OVERDUE)
    answered = desk.do(answer_question, submission, "publisher", answer="To count them.")

    assert (waiting.waits_for, waiting.words) == (WaitsFor.ANSWER, "the publisher's answer")
    assert (waiting.since, waiting.place) == (THURSDAY + HOUR, None)
    assert overdue == []
    assert asked.review_due_time is not None
    assert answered.review_due_time == asked.review_due_time + timedelta(days=30)
    standing = desk.standing(submission)
    assert (standing.waits_for, standing.since) == (WaitsFor.REVIEWER, THURSDAY + HOUR + timedelta(days=30))
    (question,) = desk.database.read(list_questions, submission_ids=[submission.id])
    assert (question.text, question.asked_by) == ("What is tabs for?", "anna")
    assert (question.answer, question.answered_by) == ("To count them.", "publisher")


def test_a_second_question_waits_for_the_answer_to_the_first(desk: Desk) -> None:
    submission = desk.ask(desk.submitted())

    with pytest.raises(TransitionRefused, match="waiting for the answer"):
        desk.ask(submission)
    desk.do(answer_question, submission, answer="So.")
    with pytest.raises(TransitionRefused, match="without an open question"):
        desk.do(answer_question, submission, answer="Or so.")
    desk.ask(submission)

    assert desk.standing(submission).waits_for is WaitsFor.ANSWER


@pytest.mark.parametrize("text", ["", " \n", "nul \x00", "x" * 10_001])
def test_a_text_that_cannot_be_read_or_kept_is_refused(desk: Desk, text: str) -> None:
    submission = desk.submitted()

    for verb, facts in (
        (ask_publisher, {"text": text, "review_days": 7}),
        (reject_submission, {"reason": text}),
        (add_internal_note, {"text": text}),
    ):
        with pytest.raises(ValueRefused):
            desk.do(verb, submission, **facts)


def test_a_question_stops_the_approval_by_policy_and_from_then_on_a_person_decides(desk: Desk) -> None:
    desk.database.run(
        choose_store_certification, policy=CertificationPolicy.DELAYED, delay_seconds=3600, actor="root"
    )
    submission = desk.submitted()
    delayed = desk.standing(submission)
    desk.clock.advance(HOUR)
    claim = desk.database.run(claim_submission, product_id=submission.product_id, lease=timedelta(seconds=15))
    assert claim is not None

    desk.ask(submission)
    with pytest.raises(ClaimLost):
        certify(desk.workshop.tools, claim)
    desk.workshop.look_at(submission.product_id)
    desk.do(answer_question, submission, answer="So.")
    desk.workshop.look_at(submission.product_id)

    assert (delayed.waits_for, delayed.until) == (WaitsFor.DELAY, THURSDAY + HOUR)
    assert desk.now(submission).state is SubmissionState.IN_REVIEW
    standing = desk.standing(submission)
    assert (standing.waits_for, standing.until) == (
        WaitsFor.REVIEWER,
        datetime(2026, 12, 7, 15, tzinfo=UTC),
    )


def test_a_decision_closes_the_question(desk: Desk) -> None:
    submission = desk.ask(desk.submitted())

    desk.do(cancel_submission, submission)

    (question,) = desk.database.read(list_questions, submission_ids=[submission.id])
    assert (question.answer, question.closed_time) == (None, THURSDAY)
    with pytest.raises(TransitionRefused):
        desk.do(answer_question, submission, answer="Too late.")


def test_a_rejection_names_policies_by_number(desk: Desk) -> None:
    submission = desk.submitted()

    rejected = desk.do(
        reject_submission, submission, reason="It reads all tabs.", policies=["1.6", "1.1.1", "1.6"]
    )

    assert (rejected.reason, rejected.policies) == ("It reads all tabs.", ("1.1.1", "1.6"))
    event = desk.database.read(list_events, subject=submission.id)[0]
    assert event.facts["policies"] == ["1.1.1", "1.6"]


def test_a_number_that_no_policy_has_is_refused(desk: Desk) -> None:
    submission = desk.submitted()

    with pytest.raises(ValueRefused, match=r"9\.9"):
        desk.do(reject_submission, submission, reason="No.", policies=["9.9"])

    assert desk.now(submission).state is SubmissionState.IN_REVIEW


def test_internal_notes_are_in_no_event_that_the_publisher_sees(desk: Desk) -> None:
    submission = desk.submitted()

    desk.do(add_internal_note, submission, text="Looks like the one of last week.")
    desk.do(add_internal_note, submission, "bert", text="It is.")

    notes = desk.database.read(list_internal_notes, submission_id=submission.id)
    assert [(each.written_by, each.text) for each in notes] == [
        ("anna", "Looks like the one of last week."),
        ("bert", "It is."),
    ]
    events = desk.database.read(list_events, product_id=submission.product_id)
    assert "submission.noted" not in [each.verb for each in events]


def test_the_place_in_the_queue_counts_what_waits_for_a_reviewer(desk: Desk) -> None:
    waiting = []
    for _ in range(4):
        waiting.append(desk.submitted())
        desk.clock.advance(HOUR)
    desk.ask(waiting[0])
    desk.do(approve_submission, waiting[1])

    assert [desk.standing(each).place for each in waiting] == [None, None, Place(1, 2), Place(2, 2)]


def test_how_long_a_review_takes_is_told_once_there_is_a_record(desk: Desk) -> None:
    for number in range(5):
        waiting = desk.submitted()
        before = desk.standing(waiting)
        desk.clock.advance(HOUR * (number + 1))
        desk.do(reject_submission, waiting, reason="No.")

    assert before.record is None
    assert desk.standing(desk.submitted()).record == ReviewRecord(5, 3 * 3600, 5 * 3600)


def test_what_a_policy_approves_is_no_review(desk: Desk) -> None:
    desk.database.run(choose_store_certification, policy=CertificationPolicy.AUTOMATIC, actor="root")
    for _ in range(5):
        desk.submitted()
    desk.database.run(choose_store_certification, policy=None, actor="root")

    assert desk.standing(desk.submitted()).record is None


def test_a_held_submission_says_so_before_and_after_its_approval(desk: Desk) -> None:
    submission = desk.submitted()
    desk.do(hold_submission, submission, held=True)
    before = desk.standing(submission)
    desk.do(approve_submission, submission)
    after = desk.standing(submission)

    assert "held until somebody releases it" in before.next
    assert (after.waits_for, after.words) == (WaitsFor.RELEASE, "somebody to release it")


def test_a_product_without_a_submission_waits_for_its_publisher(desk: Desk) -> None:
    product = make_draft(desk.workshop, desk.account)

    standing = desk.database.read(standing_of_product, product=product)

    assert (standing.waits_for, standing.since) == (WaitsFor.PUBLISHER, product.created_time)


def test_the_policy_in_force_is_the_products_then_the_stores_then_the_settings(desk: Desk) -> None:
    settings = desk.workshop.tools.settings
    product = make_draft(desk.workshop, desk.account)

    def in_force() -> Certification:
        found = desk.database.read(find_product, id_or_crx_id=product.id)
        return desk.database.read(certification_in_force, product=found, settings=settings)

    seen = [in_force()]
    desk.database.run(
        choose_store_certification, policy=CertificationPolicy.DELAYED, delay_seconds=60, actor="root"
    )
    seen.append(in_force())
    desk.database.run(
        set_certification, product_id=product.id, policy="automatic", delay_seconds=None, actor="root"
    )
    seen.append(in_force())
    desk.database.run(choose_store_certification, policy=None, actor="root")

    day = settings.certification_delay_seconds
    assert seen == [
        Certification(CertificationPolicy.MANUAL, day, Source.SETTING),
        Certification(CertificationPolicy.DELAYED, 60, Source.STORE, "root", THURSDAY),
        Certification(CertificationPolicy.AUTOMATIC, 60, Source.PRODUCT),
    ]
    store = desk.database.read(store_certification_in_force, settings=settings)
    assert (store.policy, store.source) == (CertificationPolicy.MANUAL, Source.SETTING)
    events = [each for each in desk.database.read(list_events) if each.verb == "store.certification-set"]
    assert [each.facts["policy"] for each in events] == [None, "delayed"]


def test_what_the_store_chose_decides_about_the_next_submission(desk: Desk) -> None:
    desk.database.run(choose_store_certification, policy=CertificationPolicy.AUTOMATIC, actor="root")

    submission = desk.submitted()

    product = desk.database.read(find_product, id_or_crx_id=submission.product_id)
    assert product.state is ProductState.IN_STORE


@pytest.mark.parametrize("delay_seconds", [-1, 10**9])
def test_a_delay_that_is_none_is_refused(desk: Desk, delay_seconds: int) -> None:
    with pytest.raises(Refusal, match="delay"):
        desk.database.run(
            choose_store_certification,
            policy=CertificationPolicy.DELAYED,
            delay_seconds=delay_seconds,
            actor="root",
        )


# SQLite says how it would look; PostgreSQL chooses by what is in the tables, which are small here.
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_queue_is_found_without_a_look_at_all_that_was_ever_submitted(desk: Desk) -> None:
    submission = desk.submitted()
    asked: list[tuple[str, Any]] = []
    sa.event.listen(
        desk.database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3]))
    )
    desk.standing(submission)
    desk.queue()
    desk.database.read(count_queue, reviewer="anna")

    with desk.database.engine.connect() as connection:
        steps = [
            step.detail
            for statement, values in list(asked)
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    on_submissions = [step for step in steps if step.startswith(("SCAN submissions", "SEARCH submissions"))]
    assert sorted({step.partition("INDEX ")[2].partition(" (")[0] for step in on_submissions}) == [
        "ix_submissions_decided",
        "ix_submissions_in_review",
        "sqlite_autoindex_submissions_1",
    ]
