"""Drafts: the one unpublished state of a product, in modules that are valid or not."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from openaddons.errors import ChangedMeanwhile
from openaddons.ids import new_guid
from openaddons.objects import StoredObject
from openaddons.packages.check import Package
from openaddons.packages.findings import Finding
from openaddons.policies import Requirement
from openaddons.store.images import check_listing_images
from openaddons.store.modules import Module, PackageFacts, language_tag, read_content
from openaddons.store.products import lock_product
from openaddons.store.session import Transaction
from openaddons.store.tables import contents, drafts, packages
from openaddons.store.validity import Problem, problems


@dataclass(frozen=True, slots=True)
class ModuleStatus:
    """A module as it stands in a draft: its content and what is wrong with it (nothing: it is valid)."""

    module: Module
    content: dict[str, Any]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be submitted now."""

    product_id: str
    revision: int
    live_revision: int | None
    package_id: str | None
    version: str | None
    modules: tuple[ModuleStatus, ...]


def package_facts(row: sa.RowMapping | None) -> PackageFacts | None:
    """What the modules need to know of the draft's package."""
    if row is None:
        return None
    facts = row["facts"]
    return PackageFacts(
        name=row["name"],
        description=facts["description"],
        locales=tuple(facts["locales"]),
        permissions=tuple(facts["permissions"]),
    )


def read_package(tx: Transaction, *, package_id: str | None) -> sa.RowMapping | None:
    """The row of a package."""
    if package_id is None:
        return None
    return tx.one_or_none(sa.select(packages).where(packages.c.id == package_id))


def draft_row(tx: Transaction, *, product_id: str) -> sa.RowMapping:
    """The row of a product's draft."""
    return tx.execute(sa.select(drafts).where(drafts.c.product_id == product_id)).mappings().one()


def module_statuses(
    draft: sa.RowMapping, package: sa.RowMapping | None, *, require: Requirement
) -> tuple[ModuleStatus, ...]:
    """Every module of a draft with its problems."""
    facts = package_facts(package)
    contents: dict[Module, dict[str, Any]] = {
        Module.PACKAGES: {}
        if package is None
        else {"version": package["version"], "sha256": package["digest"]}
    }
    contents |= {Module(name): content for name, content in draft["modules"].items()}
    return tuple(
        ModuleStatus(
            module=module,
            content=contents[module],
            problems=problems(module, contents[module], package=facts, require=require),
        )
        for module in Module
    )


def read_draft(tx: Transaction, *, product_id: str, require: Requirement) -> Draft:
    """A product's draft with the state of every module."""
    row = draft_row(tx, product_id=product_id)
    return describe_draft(row, read_package(tx, package_id=row["package_id"]), require=require)


def describe_draft(row: sa.RowMapping, package: sa.RowMapping | None, *, require: Requirement) -> Draft:
    """A draft from its row and that of its package."""
    return Draft(
        product_id=row["product_id"],
        revision=row["revision"],
        live_revision=row["live_revision"],
        package_id=row["package_id"],
        version=None if package is None else package["version"],
        modules=module_statuses(row, package, require=require),
    )


def content_tag(content: object) -> str:
    """Names a content, be it of a module or of one language of a listing: what differs has another tag."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def set_module(
    tx: Transaction,
    *,
    product_id: str,
    module: Module,
    content: object,
    actor: str,
    if_tag: str | None = None,
) -> None:
    """Replace the content of a module. It may be incomplete, but not malformed: raises `ValueRefused`.

    With ``if_tag`` only what has that tag is replaced: raises `ChangedMeanwhile`. To replace it by what it holds
    already changes nothing and is never refused.
    """
    accepted = read_content(module, content)
    product = lock_product(tx, product_id=product_id)
    if module is Module.LISTING:
        check_listing_images(tx, product_id=product_id, listing=accepted)
    row = draft_row(tx, product_id=product_id)
    current = row["modules"][module.value]
    if current == accepted:
        return
    _check_tag(if_tag, current, what=f"The module {module.value}")
    tx.execute(
        drafts.update()
        .where(drafts.c.product_id == product_id)
        .values(
            modules=row["modules"] | {module.value: accepted},
            revision=row["revision"] + 1,
            last_updated_time=tx.now,
        )
    )
    tx.record(
        "draft.changed",
        actor=actor,
        publisher_id=product.publisher_id,
        product_id=product_id,
        module=module.value,
    )


def set_language(
    tx: Transaction,
    *,
    product_id: str,
    language: str,
    content: object,
    actor: str,
    if_tag: str | None = None,
) -> None:
    """Replace one language of a draft's listing, or with None remove it. Refuses as `set_module` does.

    The tag is that of the language's content; of a language that is not there that of None.
    """
    language = language_tag("language", language)
    lock_product(tx, product_id=product_id)
    listing = dict(draft_row(tx, product_id=product_id)["modules"][Module.LISTING.value])
    accepted = None if content is None else read_content(Module.LISTING, {language: content})[language]
    current = listing.get(language)
    if accepted != current:
        _check_tag(if_tag, current, what=f"The listing in {language}")
    if accepted is None:
        listing.pop(language, None)
    else:
        listing[language] = accepted
    set_module(tx, product_id=product_id, module=Module.LISTING, content=listing, actor=actor)


def spread_images(tx: Transaction, *, product_id: str, language: str, place: str, actor: str) -> None:
    """Show in all languages of a draft's listing what one shows in a place: ``logo``, a tile, ``screenshots``.

    The language is one of the listing's.
    """
    lock_product(tx, product_id=product_id)
    listing = draft_row(tx, product_id=product_id)["modules"][Module.LISTING.value]
    shown = listing[language][place]
    spread = {each: content | {place: shown} for each, content in listing.items()}
    set_module(tx, product_id=product_id, module=Module.LISTING, content=spread, actor=actor)


def _check_tag(if_tag: str | None, current: object, *, what: str) -> None:
    if if_tag is not None and if_tag != content_tag(current):
        raise ChangedMeanwhile(what=what)


def set_package(
    tx: Transaction,
    *,
    product_id: str,
    package: Package,
    stored: StoredObject,
    findings: tuple[Finding, ...],
    finding_total: int,
    digests: bytes,
) -> None:
    """Make a checked package the draft's. The very same bytes again change nothing.

    ``findings`` are kept for the reviewer and the publisher; there were ``finding_total``. ``digests`` are
    those of its files, packed (`pack_digests`).
    """
    lock_product(tx, product_id=product_id)
    row = draft_row(tx, product_id=product_id)
    current = read_package(tx, package_id=row["package_id"])
    if current is not None and current["digest"] == stored.digest:
        return
    package_id = new_guid()
    tx.execute(
        packages.insert(),
        {
            "id": package_id,
            "product_id": product_id,
            "object_key": stored.key,
            "digest": stored.digest,
            "size_bytes": stored.size_bytes,
            "name": package.name.replace("\x00", "\ufffd")[:200],  # PostgreSQL keeps no NUL
            "version": str(package.version),
            "file_name": package.file_name,
            "facts": {
                "description": package.description,
                "manifest": package.manifest,
                "default_locale": package.default_locale,
                "locales": list(package.locales),
                "permissions": list(package.permissions),
                "file_count": package.file_count,
                "unpacked_bytes": package.unpacked_bytes,
                "finding_total": finding_total,
            },
            "findings": [finding._asdict() for finding in findings],
            "created_time": tx.now,
        },
    )
    tx.execute(contents.insert(), {"package_id": package_id, "digests": digests})
    tx.execute(
        drafts.update()
        .where(drafts.c.product_id == product_id)
        .values(package_id=package_id, revision=row["revision"] + 1, last_updated_time=tx.now)
    )
