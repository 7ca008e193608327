import re
import string
from collections import Counter

import pytest

from openaddons.packages import check
from openaddons.packages.rules.registry import RULES, Rule, declare
from openaddons.packages.rules.subject import PACKAGE_RULES


def test_every_rule_has_an_id_that_can_be_a_code() -> None:
    assert check.GROUPS
    assert [code for code in RULES if not re.fullmatch("[A-Z][A-Za-z0-9]+", code)] == []


@pytest.mark.parametrize("row", RULES.values(), ids=str)
def test_every_rule_says_what_is_wrong_why_what_to_do_and_where_it_comes_from(row: Rule) -> None:
    assert row.message.endswith((".", "}"))
    assert row.what.endswith((".", "…"))
    assert row.why.endswith(".")
    assert row.fix.endswith(".")
    assert row.source
    assert row.severity in {"error", "warning"}


@pytest.mark.parametrize("part", ["what", "why"])
def test_no_two_rules_say_the_same(part: str) -> None:
    times = Counter(getattr(row, part) for row in RULES.values())

    assert [text for text, count in times.items() if count > 1] == []


def test_no_rule_gives_its_message_as_the_reason() -> None:
    assert [row.id for row in RULES.values() if row.why == row.what] == []


@pytest.mark.parametrize("row", RULES.values(), ids=str)
def test_every_rule_can_be_filled_in(row: Rule) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(row.message + row.fix) if name} - {
        "line",
        "column",
    }
    finding = row.finding(file="a.js", line=1, column=2, **dict.fromkeys(names, "{fact}"))

    assert (finding.code, finding.severity, finding.line, finding.column) == (row.id, row.severity, 1, 2)


def test_an_id_is_declared_once() -> None:
    with pytest.raises(ValueError):
        declare("InvalidName", "error", message="m", why="w", fix="f", source="s")


def test_rules_on_packages_are_in_the_table() -> None:
    assert [rule.row for rule in PACKAGE_RULES if RULES[rule.row.id] is not rule.row] == []
