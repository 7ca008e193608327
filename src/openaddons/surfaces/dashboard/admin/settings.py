"""The settings that are in force, where each comes from, and the limits that follow."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr

from openaddons.settings import Settings
from openaddons.store.images import IMAGES_LIMIT
from openaddons.store.modules import SCREENSHOTS_LIMIT, SEARCH_TERM_CHARACTERS_LIMIT, SEARCH_TERMS_LIMIT
from openaddons.surfaces.dashboard.pages import Html, Page, Visit, Who
from openaddons.surfaces.edge.notes import NOTES_CHARACTERS_LIMIT
from openaddons.text import size_in_words
from openaddons.work.tools import upload_limits


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as people read it."""

    variable: str
    """Of the environment."""
    value: str
    source: str
    help: str


def settings_in_force(settings: Settings) -> list[Setting]:
    """Every setting, in the order of docs/settings.md. Nothing secret is shown."""
    environment = Settings()
    return [
        Setting(
            variable=f"OPENADDONS_{name.upper()}",
            value=_shown(name, settings),
            source=_source(name, settings, environment),
            help=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _source(name: str, settings: Settings, environment: Settings) -> str:
    if name not in settings.model_fields_set:
        return "default"
    if name in environment.model_fields_set and getattr(environment, name) == getattr(settings, name):
        return "environment"
    return "command line"


def _shown(name: str, settings: Settings) -> str:
    """A value for people: what a default stands for, and of secrets only that they are set."""
    in_force: dict[str, Any] = {
        "data": settings.data.absolute(),
        "database": sa.make_url(settings.database_url).render_as_string(hide_password=True),
        "objects": _without_query(settings.objects_url),
        "public_url": settings.base_url,
        "engine": settings.engine_kind,
    }
    value = in_force.get(name, getattr(settings, name))
    if isinstance(value, SecretStr):
        return "set, and not shown"
    if value in {None, ""}:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int) and name != "port" else str(value)


def _without_query(url: str) -> str:
    """An object store's URL may hold its credentials in the query."""
    address, mark, _ = url.partition("?")
    return address + ("?…" if mark else "")


def limits_in_force(settings: Settings) -> list[tuple[str, str]]:
    """What publishers may send, in words."""
    package = upload_limits(settings)
    return [
        ("A package", size_in_words(package.package_bytes)),
        ("Files and folders in it", f"{package.entries:,}"),
        ("Its content, unpacked", size_in_words(package.unpacked_bytes)),
        ("One file of it, unpacked", size_in_words(package.file_bytes)),
        ("manifest.json, and each messages.json", size_in_words(package.manifest_bytes)),
        ("The add-on's name, in each language", f"{package.name_characters} characters"),
        ("The add-on's short description, in each language", f"{package.description_characters} characters"),
        ("Screenshots in each language", str(SCREENSHOTS_LIMIT)),
        (
            "Search terms in each language",
            f"{SEARCH_TERMS_LIMIT} of {SEARCH_TERM_CHARACTERS_LIMIT} characters",
        ),
        ("Images of a product", f"{IMAGES_LIMIT:,}"),
        ("Notes for certification", f"{NOTES_CHARACTERS_LIMIT:,} characters"),
    ]


def _show(visit: Visit) -> Html:
    values = {"settings": settings_in_force(visit.settings), "limits": limits_in_force(visit.settings)}
    return Html("admin/settings.html", values)


PAGES: Final = (Page("settings", "GET", "/admin/settings", Who.ADMINISTRATOR, _show),)
