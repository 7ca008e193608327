"""Patterns are compiled when they are used; that each can be is known before."""

import pkgutil
from importlib import import_module

import pytest

from openaddons import packages
from openaddons.packages.regexes import _Late, regex

MODULES = [each.name for each in pkgutil.walk_packages(packages.__path__, "openaddons.packages.")]
LATE = [
    (f"{module}.{name}", value)
    for module in MODULES
    for name, value in vars(import_module(module)).items()
    if isinstance(value, _Late)
]


def test_there_are_patterns_to_look_at() -> None:
    assert len(LATE) > 50


@pytest.mark.parametrize("late", [value for _, value in LATE], ids=[name for name, _ in LATE])
def test_a_pattern_compiles(late: _Late) -> None:
    assert late.pattern == late._given[0]


def test_a_method_is_found_once() -> None:
    word = regex("[a-z]+")

    assert word.fullmatch("abc") is not None
    assert word.fullmatch is word.fullmatch
