"""The pages that derive from the code are as the code says."""

import runpy
from pathlib import Path

import pytest

from openaddons import errors
from openaddons.errors import Refusal

DOCS = Path(__file__).parent.parent / "docs"
PAGES = runpy.run_path(str(DOCS / "make.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_a_made_page_is_up_to_date(name: str) -> None:
    assert PAGES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run: make docs"


def _refusals(of: type[Refusal]) -> list[type[Refusal]]:
    return [of, *(found for each in of.__subclasses__() for found in _refusals(each))]


def test_the_tree_in_the_docstring_names_every_refusal() -> None:
    named = errors.__doc__ or ""
    own = [each for each in _refusals(Refusal) if each.__module__ == "openaddons.errors"]

    assert [each.__name__ for each in own if each.__name__ not in named] == []


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [each.code for each in _refusals(Refusal) if "code" in vars(each)]

    assert sorted(codes) == sorted(set(codes))
