from typing import Any

import httpx2
import pytest

from openaddons.client import (
    AnswerLost,
    AnswerUnreadable,
    ChangedMeanwhile,
    CredentialsCheck,
    CredentialsRejected,
    Draft,
    EdgeAddons,
    EdgeAddonsError,
    NetworkError,
    NotFound,
    RequestRefused,
    ReviewFailed,
    SubmissionCancelled,
    Timeout,
)

from .managed import SUBMISSION, answer, event, key, live, problem, product, submission
from .managing import A_PRODUCT, A_SUBMISSION
from .scripted import (
    API_KEY,
    BASE_URL,
    CUT,
    OPERATION,
    PRODUCT,
    Scripted,
    ScriptedStore,
    StoppedClock,
    client,
    operation,
)

pytestmark = pytest.mark.usefixtures("both_shells")

NOT_FOUND = httpx2.Response(404, json={"statusCode": 404, "message": "Resource not found."})


def managed(*script: Scripted) -> ScriptedStore:
    return ScriptedStore(*script, managed=True)


def test_products_are_asked_for_by_the_page() -> None:
    store = managed(
        answer({"products": [product()], "next": "c/1"}), answer({"products": [product()], "next": None})
    )

    assert list(client(store).products()) == [A_PRODUCT, A_PRODUCT]
    assert [dict(request.url.params) for request in store.requests] == [
        {"limit": "100"},
        {"limit": "100", "after": "c/1"},
    ]


@pytest.mark.parametrize("products", [[product()], []])
def test_a_page_that_leads_to_itself_is_not_followed_for_ever(products: list[Any]) -> None:
    store = managed(*[answer({"products": products, "next": "1"})] * 3)

    with pytest.raises(AnswerUnreadable, match="has not a page after this one"):
        list(client(store).products())


def test_a_new_secret_is_not_in_its_repr() -> None:
    made = client(managed(answer(key(secret="n3w"), 201))).create_key()

    assert made.secret == "n3w"
    assert "n3w" not in repr(made)


@pytest.mark.parametrize("bad_id", ["", "..", "a/b", "1?x", "1 2", "x" * 101])
def test_an_id_that_would_lead_elsewhere_is_not_put_in_a_path(bad_id: str) -> None:
    with pytest.raises(ValueError, match="submission_id must be"):
        client(managed()).cancel(PRODUCT, bad_id)


def test_events_go_on_before_the_last_that_was_told() -> None:
    store = managed(answer({"events": [event(8)], "next": 8}), answer({"events": [event(7)], "next": None}))

    assert [each.number for each in client(store).events(PRODUCT)] == [8, 7]
    assert dict(store.requests[1].url.params) == {"limit": "100", "before": "8"}


# Refusals


@pytest.mark.parametrize(
    ("refused", "kind", "exit_code"),
    [
        (problem(400, "ValueRefused", "reason: it is missing."), RequestRefused, 5),
        (problem(401, "CredentialsInvalid", "The API key was revoked."), CredentialsRejected, 3),
        (problem(403, "KeyScoped", "This key is for one product."), CredentialsRejected, 3),
        (problem(404), NotFound, 2),
        (problem(413, "BodyTooLarge", "The request body is too large."), RequestRefused, 5),
        (problem(409, "ChangedMeanwhile", "It has changed."), ChangedMeanwhile, 5),
        (problem(409, "TransitionRefused", "The submission is In the store."), RequestRefused, 5),
    ],
)
def test_a_refusal_says_its_code_and_reason(
    refused: httpx2.Response, kind: type[EdgeAddonsError], exit_code: int
) -> None:
    with pytest.raises(kind) as caught:
        client(managed(refused)).cancel(PRODUCT, SUBMISSION)

    document = refused.json()
    assert caught.value.error_code == document["code"]
    assert document["detail"] in caught.value.message
    assert caught.value.correlation_id == "c-1"
    assert caught.value.exit_code == exit_code


@pytest.mark.parametrize("trouble", [CUT, httpx2.Response(502)])
def test_a_change_whose_answer_is_lost_is_not_sent_again(trouble: Scripted) -> None:
    store = managed(trouble)

    with pytest.raises(AnswerLost) as caught:
        client(store).create_key()

    assert len(store.requests) == 1
    assert "what is the case" in caught.value.advice


def test_a_question_whose_answer_is_lost_is_asked_again() -> None:
    assert client(managed(CUT, httpx2.Response(500), answer(product()))).product(PRODUCT) == A_PRODUCT


def test_a_question_that_is_never_answered_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match="question about the product"):
        client(managed(*[CUT] * 6)).product(PRODUCT)


@pytest.mark.parametrize(
    "value", [[], {}, product(name=7), product(live={"version": "1"}), product(draft={"modules": [7]})]
)
def test_an_answer_of_another_form_is_unreadable(value: object) -> None:
    with pytest.raises(AnswerUnreadable, match="The store's answer to the question about the product"):
        client(managed(answer(value))).product(PRODUCT)


def test_words_and_fields_that_are_new_do_not_hurt() -> None:
    newer = product(state="Archived", extra=1, draft={"version": None, "modules": [], "size": 3})

    found = client(managed(answer(newer))).product(PRODUCT)

    assert (found.state, found.draft) == ("Archived", Draft(None, ()))


# Credentials


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ((NOT_FOUND, answer(product())), True),
        ((NOT_FOUND, problem(404)), False),
        ((NOT_FOUND, NOT_FOUND), None),
        ((operation(), NOT_FOUND), None),
    ],
)
def test_good_credentials_are_found_without_changing_anything(
    script: tuple[Scripted, ...], *, known: bool | None
) -> None:
    store = managed(*script)

    assert client(store).check_credentials(PRODUCT) == CredentialsCheck(product_known=known)
    assert [request.method for request in store.requests] == ["GET", "GET"]
    assert store.requests[0].url.path.endswith("/operations/00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize("status", [401, 403])
def test_bad_credentials_are_rejected(status: int) -> None:
    with pytest.raises(CredentialsRejected):
        client(managed(httpx2.Response(status))).check_credentials(PRODUCT)


def test_a_page_of_another_program_does_not_pass_for_good_credentials() -> None:
    page = httpx2.Response(404, html="<html>404 Web Site not found</html>")

    with pytest.raises(AnswerUnreadable) as caught:
        client(managed(page)).check_credentials(PRODUCT)

    assert "base URL" in caught.value.advice


def test_microsofts_store_does_not_tell_whether_the_product_is_known() -> None:
    store = managed(httpx2.Response(404))

    with EdgeAddons(
        API_KEY, base_url="https://api.addons.microsoftedge.microsoft.com", transport=store.transport
    ) as addons:
        assert addons.check_credentials(PRODUCT) == CredentialsCheck(product_known=None)

    assert len(store.requests) == 1


# Waiting for the store


def test_a_version_is_waited_for_until_it_is_live() -> None:
    clock = StoppedClock()
    store = managed(
        answer(product()),
        CUT,
        answer(product(submission=submission("Approved"))),
        answer(product(live=live("1.2.0"))),
    )

    found = client(store, clock=clock).wait_in_store(PRODUCT, "1.2.0")

    assert found.live is not None
    assert found.live.version == "1.2.0"
    assert len(clock.slept) == 3


@pytest.mark.parametrize("state", ["In the store", "Superseded"])
def test_a_version_that_a_ring_has_or_that_was_followed_has_arrived(state: str) -> None:
    store = managed(answer(product(submission=submission(state))))

    assert client(store).wait_in_store(PRODUCT, "1.2.0").state == "In the store + update in review"


def test_a_version_that_is_not_the_newest_is_looked_for() -> None:
    other = answer(product(submission=submission(version="1.3")))
    listed = answer({"submissions": [submission(version="1.3"), submission("Review failed", reason="No.")]})

    with pytest.raises(ReviewFailed, match=r"Version 1\.2\.0 failed its review: No\."):
        client(managed(other, listed)).wait_in_store(PRODUCT, "1.2.0")


@pytest.mark.parametrize(
    ("state", "kind"), [("Review failed", ReviewFailed), ("Cancelled", SubmissionCancelled)]
)
def test_a_submission_that_is_dropped_ends_the_wait(state: str, kind: type[EdgeAddonsError]) -> None:
    dropped = submission(state, reason="It asks for too much.")

    with pytest.raises(kind, match="It asks for too much") as caught:
        client(managed(answer(product(submission=dropped)))).wait_in_store(PRODUCT, "1.2.0")

    assert caught.value.exit_code == 5
    assert caught.value.submission is not None
    assert caught.value.submission.id == SUBMISSION
    assert caught.value.operation_id == OPERATION


def test_a_version_that_was_never_submitted_is_not_waited_for() -> None:
    store = managed(answer(product(submission=None)), answer({"submissions": []}))

    with pytest.raises(NotFound, match=r"Version 1\.2\.0 of product .* has not been submitted"):
        client(store).wait_in_store(PRODUCT, "1.2.0")


def test_a_review_that_takes_longer_says_what_it_waits_for() -> None:
    clock = StoppedClock()
    store = managed(*[answer(product())] * 99)

    with pytest.raises(
        Timeout, match="still In review after 60 seconds; it waits for a reviewer's"
    ) as caught:
        client(store, clock=clock).wait_in_store(PRODUCT, "1.2.0", timeout_seconds=60)

    assert caught.value.exit_code == 8
    assert caught.value.submission == A_SUBMISSION
    assert clock.seconds - 1000 == 60


# The address


def test_the_address_comes_from_the_environment_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_ADDONS_BASE_URL", BASE_URL)

    with EdgeAddons(API_KEY) as from_environment, EdgeAddons(API_KEY, base_url="http://a.test") as given:
        assert BASE_URL in repr(from_environment)
        assert "http://a.test" in repr(given)


@pytest.mark.parametrize("empty", [None, ""])
def test_without_any_address_it_is_microsofts(monkeypatch: pytest.MonkeyPatch, empty: str | None) -> None:
    monkeypatch.delenv("EDGE_ADDONS_BASE_URL", raising=False)
    if empty is not None:
        monkeypatch.setenv("EDGE_ADDONS_BASE_URL", empty)

    with EdgeAddons(API_KEY) as addons:
        assert "api.addons.microsoftedge.microsoft.com" in repr(addons)
