"""The values of the management API about drafts (docs/modules.md has the fields of each content). All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openaddons.client.products import DraftModule


@dataclass(frozen=True, slots=True)
class ModuleContent(DraftModule):
    """A part of the draft with its content. The ``tag`` changes with the content: it says what somebody has seen."""

    tag: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DraftContent:
    """The one unpublished state of a product, with the content of its modules."""

    version: str | None
    """None while it has no package."""
    modules: tuple[ModuleContent, ...]


@dataclass(frozen=True, slots=True)
class ListingLanguage:
    """The listing in one language; problems and ``tag`` are of that language."""

    language: str
    valid: bool
    problems: tuple[str, ...]
    tag: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """An image for the listing, kept as a PNG. By its ``key`` the listing names it."""

    key: str
    width_pixels: int
    height_pixels: int
    sha256: str
    size_bytes: int
    created_time: datetime | None
