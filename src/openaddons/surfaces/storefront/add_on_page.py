"""What the page of an add-on says beyond its row: permissions in words, what they became, and the policies."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from openaddons.packages.permissions import (
    Content,
    PermissionWarning,
    difference,
    optional,
    required,
    warnings,
)
from openaddons.store.catalogue import AddOn
from openaddons.surfaces.storefront.policy import (
    CONDITIONS,
    NAMES,
    SYSTEM_TITLES,
    Browser,
    Document,
    Entry,
    Format,
    Mode,
    System,
    make_policy,
)


class Change(NamedTuple):
    """What a release may do that the one before it might not, and the other way round."""

    former_version: str
    gained: tuple[PermissionWarning, ...]
    lost: tuple[PermissionWarning, ...]


class BrowserPolicy(NamedTuple):
    """The policy of one browser on one system."""

    browser: Browser
    title: str
    document: Document


class SystemPolicies(NamedTuple):
    """The policies of all browsers on one system."""

    system: System
    title: str
    condition: str
    browsers: tuple[BrowserPolicy, ...]


class AddOnView(NamedTuple):
    """What the template shows."""

    required: tuple[PermissionWarning, ...]
    optional: tuple[PermissionWarning, ...]
    """What it may ask for later, and does not have from the beginning."""
    change: Change | None
    """None: it is the first release."""
    systems: tuple[SystemPolicies, ...]
    value: Document
    """ExtensionSettings alone, the same for all browsers."""
    update_urls: Mapping[str, str]
    """By ring; the empty name is for all."""


def add_on_view(add_on: AddOn, *, mode: Mode, ring: str, update_urls: Mapping[str, str]) -> AddOnView:
    """The view of an add-on, with policies for this mode and ring."""
    entries = [Entry(add_on.crx_id, mode, update_urls[ring])]
    at_once = warnings(required(add_on.manifest))
    return AddOnView(
        required=at_once,
        optional=tuple(each for each in warnings(optional(add_on.manifest)) if each not in at_once),
        change=None if add_on.former_version is None else _change(add_on, add_on.former_version),
        systems=tuple(
            SystemPolicies(
                system,
                title,
                CONDITIONS[system],
                tuple(
                    BrowserPolicy(
                        browser,
                        NAMES[browser].title,
                        make_policy(entries, browser=browser, system=system, form=Format.FILE),
                    )
                    for browser in Browser
                ),
            )
            for system, title in SYSTEM_TITLES.items()
        ),
        value=make_policy(entries, browser=Browser.EDGE, system=System.WINDOWS, form=Format.VALUE),
        update_urls=update_urls,
    )


def _change(add_on: AddOn, former_version: str) -> Change:
    # Of the files nothing is known here; only what is asked for at installation counts.
    no_files: Mapping[str, str] = MappingProxyType({})
    changed = difference(Content(add_on.former_manifest, no_files), Content(add_on.manifest, no_files))
    return Change(former_version, changed.required.warnings_gained, changed.required.warnings_lost)
