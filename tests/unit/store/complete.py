"""A complete draft, of which tests change what they are about."""

from typing import Any

from openaddons.policies import Requirement
from openaddons.store.modules import (
    Module,
    PackageFacts,
    read_content,
)
from openaddons.store.validity import Problem, problems

KEY = "ab" * 32 + ".01234567"


CONTENT_MODULES = [module for module in Module if module is not Module.PACKAGES]


PACKAGE = PackageFacts(
    name="Sample", description="Does one thing.", locales=("en", "pt_BR"), permissions=("tabs", "storage")
)


LANGUAGE = {
    "description": "d" * 250,
    "logo": KEY,
    "small_tile": KEY,
    "large_tile": KEY,
    "screenshots": [KEY] * 6,
    "youtube_url": "https://www.youtube.com/watch?v=x",
    "search_terms": ["one two three"] * 7,
}


COMPLETE: dict[Module, dict[str, Any]] = {
    Module.AVAILABILITY: {"visibility": "Hidden", "markets": ["DE", "US"]},
    Module.PROPERTIES: {
        "category": "Productivity",
        "website_url": "https://example.com/",
        "support_contact": "help@example.com",
        "mature_content": True,
    },
    Module.PRIVACY: {
        "single_purpose": "It does one thing.",
        "permission_justifications": {"tabs": "To list them.", "storage": "To remember."},
        "remote_code": True,
        "remote_code_justification": "It runs what the user writes.",
        "data_usage": ["Location"],
        "certifications": True,
        "privacy_policy_url": "https://example.com/privacy",
    },
    Module.LISTING: {"en": LANGUAGE, "pt-BR": LANGUAGE},
}


def found(
    module: Module,
    changes: dict[str, Any] | None = None,
    *,
    package: PackageFacts | None = PACKAGE,
    require: Requirement = Requirement.PACKAGE,
) -> tuple[Problem, ...]:
    """Problems of the complete module with these changes."""
    content = read_content(module, COMPLETE[module] | (changes or {}))
    return problems(module, content, package=package, require=require)


def found_in_language(
    changes: dict[str, Any], *, require: Requirement = Requirement.PACKAGE
) -> tuple[str, ...]:
    package = PackageFacts(name="Sample", description="Text.", locales=("en",), permissions=())
    content = read_content(Module.LISTING, {"en": LANGUAGE | changes})
    return problems(Module.LISTING, content, package=package, require=require)
