"""docs/evidence.md: each behaviour has a source of a kind that the page explains, and a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
ROWS = [tuple(line.strip("| ").split(" | ")) for line in PAGE.splitlines() if "::test_" in line]
# The first table of the page: the word that a source begins with, and what it stands for.
MARKS = re.findall(r"^\| (\w+) \| \w", PAGE.partition("\n## ")[0], re.MULTILINE)[1:]


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_behaviour_has_a_source_and_a_test_that_is_there(row: tuple[str, ...]) -> None:
    _, source, named = row
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert re.split(r"\W", source.removeprefix("the "))[0] in MARKS
