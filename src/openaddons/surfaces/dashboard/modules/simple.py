"""Availability and Properties."""

from collections.abc import Mapping
from typing import Any, Final

from openaddons.store.countries import COUNTRIES
from openaddons.store.modules import CATEGORIES, Module
from openaddons.surfaces.dashboard.forms import Form
from openaddons.surfaces.dashboard.modules.editing import ModuleForm
from openaddons.surfaces.dashboard.pages import Page, Visit


def _read_availability(form: Form) -> dict[str, Any]:
    chosen = form["markets"] == "chosen"
    return {
        "visibility": form["visibility"],
        "markets": form.all("countries") if chosen else "all",
    }


def _read_properties(form: Form) -> dict[str, Any]:
    return {
        "category": form["category"] or None,
        "website_url": form["website_url"] or None,
        "support_contact": form["support_contact"] or None,
        "mature_content": "mature_content" in form,
    }


def _countries(_visit: Visit) -> Mapping[str, Any]:
    return {"countries": COUNTRIES}


def _categories(_visit: Visit) -> Mapping[str, Any]:
    return {"categories": CATEGORIES}


PAGES: Final[tuple[Page, ...]] = (
    *ModuleForm(Module.AVAILABILITY, _read_availability, _countries).pages(),
    *ModuleForm(Module.PROPERTIES, _read_properties, _categories).pages(),
)
