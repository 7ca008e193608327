"""The commands that ask an OpenAddons store from afar for more than the reference has."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.command_line import CommandLine
from tests.unit.client.managed import (
    DELIVERY,
    SUBMISSION,
    WEBHOOK,
    answer,
    delivery,
    problem,
    product,
    question,
    standing,
    submission,
    webhook,
)
from tests.unit.client.scripted import OPERATION, PRODUCT, Scripted, operation

BY_PRESS = standing(waitsFor="answer", words="the publisher's answer", place=None, reviews=None)
ANSWERED = question(answer="To count them.", closedTime="2026-11-26T12:00:00.0000000Z")


def sent(openaddons: CommandLine) -> list[tuple[str, str, Any]]:
    """What the store was asked: method, path below /manage/v1, body."""
    return [
        (
            each.method,
            each.url.path.removeprefix("/manage/v1"),
            json.loads(each.content) if each.content else None,
        )
        for each in openaddons.store.requests
    ]


# Where it stands


def test_status_says_what_the_product_waits_for(openaddons: CommandLine) -> None:
    reviewed = submission(questions=[ANSWERED], policies=[])
    told = answer(product(keptBack=None, submission=reviewed))

    result = openaddons("status", script=(told,), managed=True)

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "Tab Tally is: In the store + update in review. It waits for a reviewer's decision.",
            "  live       1.1.0",
            f"  submitted  1.2.0: In review, {SUBMISSION}",
            "  waits for  a reviewer's decision",
            "  since      2026-11-26 11:00 UTC",
            "  due        2026-12-07 11:00 UTC",
            "  place      3 of 12 in the queue",
            "  reviews    of the newest 40 reviews half took up to 5 hours, nine of ten up to 3 days",
            "  next       A reviewer approves it.",
        ],
    )


def test_status_shows_what_is_asked_and_what_was_refused_and_how_to_answer(openaddons: CommandLine) -> None:
    asked = submission(standing=BY_PRESS, reason="No\x1b[2J.", questions=[ANSWERED, question()])
    told = answer(product(live=None, standing=BY_PRESS, submission=asked))

    result = openaddons("status", script=(told,), managed=True)

    assert result.stdout.splitlines()[0].endswith("the publisher's answer. openaddons answer TEXT")
    assert result.stdout.splitlines()[1:6] == [
        "  kept back  It is looked at.",
        "  live       nothing",
        f"  submitted  1.2.0: In review, {SUBMISSION}",
        "  reason     1.1.3 No [2J.",
        "  question   What are the tabs read for?",
    ]


def test_status_is_told_to_scripts(openaddons: CommandLine) -> None:
    said = json.loads(openaddons("status", "--json", script=(answer(product()),), managed=True).stdout)

    assert (said["outcome"], said["exit_code"], said["product_id"]) == ("standing", 0, PRODUCT)
    assert said["product"]["standing"]["place"] == {"number": 3, "total": 12}
    assert said["product"]["standing"]["since"] == "2026-11-26T11:00:01+00:00"


def test_the_status_of_a_publish_says_what_its_submission_waits_for(openaddons: CommandLine) -> None:
    script = (operation(), answer(product()))
    result = openaddons("status", OPERATION, "--kind", "publish", script=script, managed=True)

    assert result.stdout.endswith("Version 1.2.0 waits for a reviewer's decision.\n")


# Questions


@pytest.mark.parametrize(
    ("options", "before"),
    [
        ((), (answer(product()),)),
        (("--submission", SUBMISSION), ()),
    ],
)
def test_an_answer_goes_to_the_submission_that_is_pending_or_named(
    openaddons: CommandLine, options: tuple[str, ...], before: tuple[Scripted, ...]
) -> None:
    script = (*before, answer(submission(questions=[ANSWERED])))
    result = openaddons("answer", "To count them.", *options, script=script, managed=True)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"The question about submission {SUBMISSION} is answered. It waits for")
    assert sent(openaddons)[-1] == (
        "POST",
        f"/products/{PRODUCT}/submissions/{SUBMISSION}/answer",
        {"answer": "To count them."},
    )


@pytest.mark.parametrize(
    ("words", "path", "body", "outcome"),
    [
        (["cancel", "--reason", "No."], f"submissions/{SUBMISSION}/cancel", {"reason": "No."}, "cancelled"),
        (["hold"], f"submissions/{SUBMISSION}/hold", {}, "held"),
        (["hold", "--end"], f"submissions/{SUBMISSION}/release", {}, "let_go"),
        (
            ["rollback", "--reason", "It leaks.", "--to", "1.0", "--as", "1.3"],
            "rollback",
            {"to": "1.0", "as": "1.3", "reason": "It leaks."},
            "rolling_back",
        ),
    ],
)
def test_what_a_publisher_decides_is_sent_and_says_where_it_stands_then(
    openaddons: CommandLine, words: list[str], path: str, body: Any, outcome: str
) -> None:
    looks = () if words[0] == "rollback" else (answer(product()),)
    script = (*looks, answer(submission()))
    said = json.loads(openaddons(*words, "--json", script=script, managed=True).stdout)

    assert (said["outcome"], said["exit_code"]) == (outcome, 0)
    assert said["submission"]["standing"]["words"] == "a reviewer's decision"
    assert sent(openaddons)[-1] == ("POST", f"/products/{PRODUCT}/{path}", body)


def test_a_product_without_a_submission_has_no_question(openaddons: CommandLine) -> None:
    result = openaddons("answer", "So.", script=(answer(product(submission=None)),), managed=True)

    assert (result.exit_code, "has no submission" in result.stderr) == (2, True)


# Webhooks

NO_PRODUCT: dict[str, str | None] = {"EDGE_ADDONS_PRODUCT_ID": None}
NEW = webhook(secret="whsec_new", formerSecretUntil="2026-11-27T11:00:00.0000000Z")
EMPTY = answer({"webhooks": []})


@pytest.mark.parametrize(
    ("words", "request_line", "body", "answered", "outcome"),
    [
        (["list"], "GET /webhooks", None, answer({"webhooks": [webhook()]}), "listed"),
        (
            ["create", "https://ci.example.com/add-ons", "--type", "release.created"],
            "POST /webhooks",
            {"url": "https://ci.example.com/add-ons", "types": ["release.created"]},
            answer(NEW, 201),
            "created",
        ),
        (
            ["change", WEBHOOK, "--all-types", "--disable"],
            f"PATCH /webhooks/{WEBHOOK}",
            {"types": [], "enabled": False},
            answer(webhook(enabled=False)),
            "changed",
        ),
        (
            ["rotate", WEBHOOK, "--overlap-hours", "0"],
            f"POST /webhooks/{WEBHOOK}/rotate",
            {"overlapHours": 0},
            answer(NEW),
            "rotated",
        ),
        (["test", WEBHOOK], f"POST /webhooks/{WEBHOOK}/test", {}, answer({"id": DELIVERY}, 202), "queued"),
        (
            ["deliveries", WEBHOOK, "--limit", "1"],
            f"GET /webhooks/{WEBHOOK}/deliveries",
            None,
            answer({"deliveries": [delivery(), delivery()], "next": DELIVERY}),
            "listed",
        ),
        (
            ["redeliver", WEBHOOK, DELIVERY],
            f"POST /webhooks/{WEBHOOK}/deliveries/{DELIVERY}/redeliver",
            {},
            answer({"id": DELIVERY}, 202),
            "queued",
        ),
        (["delete", WEBHOOK], f"DELETE /webhooks/{WEBHOOK}", None, answer({}, 204), "deleted"),
    ],
)
def test_webhooks_are_managed_without_naming_a_product(
    openaddons: CommandLine, words: list[str], request_line: str, body: Any, answered: Scripted, outcome: str
) -> None:
    result = openaddons("webhook", *words, "--json", script=(answered,), env=NO_PRODUCT, managed=True)

    said = json.loads(result.stdout)
    assert (result.exit_code, said["outcome"], said["product_id"]) == (0, outcome, None)
    assert sent(openaddons) == [(*request_line.split(" "), body)]


def test_webhooks_and_their_deliveries_are_tables_for_people(openaddons: CommandLine) -> None:
    hooks = [webhook(), webhook(types=[], enabled=False, disabledReason="It \x1b took nothing.")]
    listed = openaddons("webhook", "list", script=(answer({"webhooks": hooks}),), managed=True)
    log = answer({"deliveries": [delivery()], "next": None})
    posted = openaddons("webhook", "deliveries", WEBHOOK, script=(log,), managed=True)

    assert listed.stdout.splitlines()[2:] == [
        f"{WEBHOOK}  enabled                     never         release.created  https://ci.example.com/add-ons",
        f"{WEBHOOK}  disabled: It took nothing.  never         all              https://ci.example.com/add-ons",
    ]
    assert posted.stdout.splitlines()[2] == (
        f"{DELIVERY}  webhook.tested  Pending  1      2026-11-26 11:00 UTC  500 Oops."
    )


@pytest.mark.parametrize("words", [["create", "https://ci.example.com/"], ["rotate", WEBHOOK]])
def test_a_new_secret_is_printed_and_not_in_the_summary_of_a_build(
    openaddons: CommandLine, words: list[str]
) -> None:
    env = NO_PRODUCT | {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "output"}
    result = openaddons("webhook", *words, script=(answer(NEW),), env=env, managed=True)

    assert "  secret  whsec_new\n" in result.stdout
    assert "whsec_" not in "".join(Path(name).read_text(encoding="utf-8") for name in ("summary", "output"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["webhook", "delete", "../keys"], "must be a GUID"),
        (["webhook", "change", WEBHOOK], "Give --url"),
        (["webhook", "change", WEBHOOK, "--type", "a", "--all-types"], "not both"),
        (["answer", "Yes.", "--submission", "../x"], "made of digits"),
    ],
)
def test_wrong_usage_sends_nothing(openaddons: CommandLine, words: list[str], said: str) -> None:
    result = openaddons(*words, managed=True)

    assert (result.exit_code, said in result.stderr, openaddons.store.requests) == (2, True, [])


def test_a_refusal_is_told_with_its_code_and_ends_with_5(openaddons: CommandLine) -> None:
    refused = problem(400, "ValueRefused", "types: a list is needed.")
    result = openaddons(
        "webhook", "create", "https://a.test/", "--type", "x", script=(refused,), managed=True
    )

    assert result.exit_code == 5
    assert "types: a list is needed. [ValueRefused]" in result.stderr


@pytest.mark.parametrize("words", [["status"], ["answer", "Yes."], ["cancel"], ["webhook", "list"]])
def test_a_store_of_another_make_is_not_supported(openaddons: CommandLine, words: list[str]) -> None:
    assert openaddons(*words).exit_code == 2
