"""The rules of the package check, each with what goes wrong where it is broken and how to mend it."""

from collections.abc import Mapping
from typing import Final

from openaddons.errors import NotFound
from openaddons.packages.check import GROUPS
from openaddons.packages.rules.registry import RULES, Rule
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who


def known_rules() -> Mapping[str, Rule]:
    """Every rule by the code of its findings."""
    assert GROUPS  # importing the groups is what fills the table
    return RULES


def _show(visit: Visit) -> Html:
    rule = known_rules().get(visit.path["code"])
    if rule is None:
        raise NotFound
    return Html("products/rule.html", {"rule": rule})


PAGES: Final = (Page("rule", "GET", "/rules/{code}", Who.SIGNED_IN, _show),)
