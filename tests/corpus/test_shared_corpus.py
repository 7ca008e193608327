"""The check against a corpus of packages whose answers a real browser gave."""

import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from openaddons.packages.check import check
from openaddons.packages.rules.registry import RULES

HERE = Path(__file__).parents[2]
CORPUS = HERE.parent / "shared" / "corpus"
COUNTED = ("browser", "store", "zip")
"""The tiers with one right answer; ``choice`` has none."""

Verdicts: TypeAlias = list[tuple[dict[str, Any], list[str]]]

# The next three tables are explained in docs/agreement.md.
DISAGREEMENTS = {
    "chr-line-71-13-d2cf": "the browser on Linux, which was asked, does not read the key; others do, and refuse"
}
# Refused, but by a rule that says it more exactly.
REFUSED_BY = dict.fromkeys(
    (
        "chr-init_invalid_options_url_invalid-ec78",
        "mut-optpage-null__gces-api-samples-userscripts-d9ea",
        "mut-optpage-null__ks-7a14",
    ),
    "OptionsInvalid",
)
# Sound validators may differ here, and this one does: 150 folders inside each other are not too many for it.
CHOSEN = {"zip-path-deep-150-7be3"}


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """Case and the codes of its errors, for every case."""
    if not (CORPUS / "cases.jsonl").exists():
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"there is no corpus in {CORPUS}")
    cases = [json.loads(line) for line in (CORPUS / "cases.jsonl").read_text().splitlines()]
    return [
        (case, [finding.code for finding in check(io.BytesIO((CORPUS / case["zip"]).read_bytes())).errors])
        for case in cases
    ]


def agrees(case: dict[str, Any], codes: list[str]) -> bool:
    return bool(case["expected"] == "reject") == bool(codes)


def test_the_check_agrees_with_the_browser(verdicts: Verdicts) -> None:
    counted = [agrees(case, codes) for case, codes in verdicts if case["tier"] in COUNTED]
    accepted = [
        bool(codes) for case, codes in verdicts if case["tier"] in COUNTED and case["expected"] == "accept"
    ]

    assert len(counted) > 1000
    assert len(accepted) > 500
    assert sum(counted) / len(counted) >= 0.99
    assert sum(accepted) / len(accepted) <= 0.003


def test_every_disagreement_is_explained(verdicts: Verdicts) -> None:
    found = {case["name"] for case, codes in verdicts if case["tier"] in COUNTED and not agrees(case, codes)}

    assert found == DISAGREEMENTS.keys()


def test_no_package_that_a_browser_takes_is_refused(verdicts: Verdicts) -> None:
    """Not even where sound validators may differ."""
    refused = {
        case["name"]: codes
        for case, codes in verdicts
        if case["expected"] == "accept" and codes and case["name"] not in DISAGREEMENTS
    }

    assert refused == {}


def test_every_case_is_refused_by_its_rule(verdicts: Verdicts) -> None:
    missed = {
        case["name"]: (case["rule"], codes)
        for case, codes in verdicts
        if case["rule"] is not None
        and REFUSED_BY.get(case["name"], case["rule"]) not in codes
        and case["name"] not in CHOSEN
    }

    assert missed == {}


def test_the_tables_of_rules_are_the_same(verdicts: Verdicts) -> None:
    assert verdicts
    table = {row["id"]: row["severity"] for row in json.loads((CORPUS / "rules.json").read_text())}

    assert {row.id: row.severity for row in RULES.values()} == table


def test_the_page_on_agreement_is_right(verdicts: Verdicts) -> None:
    page = (HERE / "docs" / "agreement.md").read_text()
    cases = Counter(case["tier"] for case, _ in verdicts)
    agreeing = Counter(case["tier"] for case, codes in verdicts if agrees(case, codes))

    assert [
        row for tier in cases if (row := f"| {tier} | {cases[tier]} | {agreeing[tier]} |") not in page
    ] == []
    assert [name for name in (*DISAGREEMENTS, *REFUSED_BY, *CHOSEN) if f"`{name}`" not in page] == []
