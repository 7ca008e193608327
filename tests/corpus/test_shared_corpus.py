"""The check against a corpus of packages whose answers a real browser gave."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from openaddons.packages.check import check
from openaddons.packages.rules.registry import RULES

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

Verdicts: TypeAlias = list[tuple[dict[str, Any], list[str]]]

pytestmark = pytest.mark.skipif(
    not (CORPUS / "cases.jsonl").exists(),
    reason="there is no corpus in ../shared/corpus beside the repository",
)

# Sound validators may differ here, and this one does: 150 folders inside each other are not too many for it.
NOT_OURS = {"zip-path-deep-150-7be3"}


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """Case and the codes of its errors, for every case."""
    cases = [json.loads(line) for line in (CORPUS / "cases.jsonl").read_text().splitlines()]
    return [
        (case, [finding.code for finding in check(io.BytesIO((CORPUS / case["zip"]).read_bytes())).errors])
        for case in cases
    ]


def test_no_package_that_a_browser_takes_is_refused(verdicts: Verdicts) -> None:
    refused = {case["name"]: codes for case, codes in verdicts if case["expected"] == "accept" and codes}

    assert refused == {}


def test_every_case_of_our_rules_is_refused_by_that_rule(verdicts: Verdicts) -> None:
    missed = {
        case["name"]: (case["rule"], codes)
        for case, codes in verdicts
        if case["rule"] in RULES and case["rule"] not in codes and case["name"] not in NOT_OURS
    }

    assert missed == {}


def test_all_hazardous_archives_are_refused(verdicts: Verdicts) -> None:
    taken = Counter(
        bool(codes) for case, codes in verdicts if case["tier"] == "zip" and case["expected"] == "reject"
    )

    assert taken[False] == 0
    assert taken[True] > 90
