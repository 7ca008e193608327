"""The catalogue as people see it: what is in the store for all, found by words or by its CRX ID.

Visibility and listing are those that were submitted with the live release, not the draft's. A page asks the
database a fixed number of times, however much it shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from openaddons.packages.version import Version
from openaddons.store.images import Image, find_images
from openaddons.store.modules import Module, read_language, starting_content
from openaddons.store.offered import IS_SERVED, SERVED
from openaddons.store.session import Transaction
from openaddons.store.states import ProductState
from openaddons.store.tables import (
    catalogue,
    packages,
    products,
    publishers,
    releases,
    rings,
    submissions,
)

PAGE_PRODUCTS: Final = 24
_DESCRIPTION_CHARACTERS: Final = 300
_HISTORY_RELEASES: Final = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A product as one of many."""

    crx_id: str
    name: str
    description: str
    publisher: str
    version: str
    icon_key: str | None
    updated_time: datetime


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """A part of the catalogue, by name."""

    products: tuple[Listed, ...]
    more: bool
    """Whether another page follows."""


class PastRelease(NamedTuple):
    """A release that all were offered."""

    version: str
    size_bytes: int
    offered_time: datetime
    withdrawn: bool
    package_id: str


@dataclass(frozen=True, slots=True)
class AddOn:
    """A product as its own page shows it."""

    crx_id: str
    name: str
    description: str
    language: str | None
    """Of the description; None: it is the manifest's."""
    screenshots: tuple[Image, ...]
    """Those of the description's language, or if it has none of the package's."""
    publisher: str
    properties: Mapping[str, Any]
    """Content of the modules PROPERTIES and PRIVACY in one: category, URLs, purposes."""
    version: str
    digest: str
    size_bytes: int
    icon_key: str | None
    minimum_chrome_version: str | None
    updated_time: datetime
    manifest: Mapping[str, Any]
    former_version: str | None
    """The highest one below this that all were offered."""
    former_manifest: Mapping[str, Any]
    history: tuple[PastRelease, ...]
    """The newest first, itself included."""
    rings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicySubject:
    """What a policy needs to know of a product."""

    blocked: bool
    rings: tuple[str, ...]


# Of a product that all may have: what was submitted with the release that is live.
_LIVE: Final = (
    products.join(publishers, publishers.c.id == products.c.publisher_id)
    .join(releases, releases.c.id == products.c.live_release_id)
    .join(submissions, submissions.c.id == releases.c.submission_id)
    .join(packages, packages.c.id == submissions.c.package_id)
)


def refresh_catalogue(connection: sa.Connection, *, product_id: str) -> None:
    """Make the product's row anew from what is offered now. Its row in ``products`` must be locked."""
    connection.execute(catalogue.delete().where(catalogue.c.product_id == product_id))
    query = (
        sa.select(
            products.c.crx_id,
            publishers.c.name.label("publisher"),
            submissions.c.modules,
            packages.c.name,
            packages.c.facts,
        )
        .select_from(_LIVE)
        .where(products.c.id == product_id, IS_SERVED)
    )
    row = connection.execute(query).one_or_none()
    if row is None or _module(row.modules, Module.AVAILABILITY)["visibility"] != "Public":
        return
    name, summary = _kept(row.name), _kept(row.facts["description"])
    listing = _module(row.modules, Module.LISTING).values()
    terms = [term for language in listing for term in read_language(language)["search_terms"]]
    words = "\n".join((name, summary, row.publisher, row.crx_id, *map(_kept, terms)))
    connection.execute(
        catalogue.insert(),
        {
            "product_id": product_id,
            "name": name,
            "description": summary[:_DESCRIPTION_CHARACTERS],
            "sorted_name": name.casefold()[:600],
            "words": words.casefold(),
        },
    )


def search_catalogue(tx: Transaction, *, words: Sequence[str], page: int) -> CataloguePage:
    """The products in which all of the words occur, whatever their case. Pages count from 1. One question."""
    query = (
        sa.select(
            products.c.crx_id,
            catalogue.c.name,
            catalogue.c.description,
            publishers.c.name.label("publisher"),
            releases.c.version,
            releases.c.icon_key,
            sa.func.coalesce(releases.c.offered_to_all_time, releases.c.created_time).label("updated_time"),
        )
        .select_from(catalogue)
        .join(products, products.c.id == catalogue.c.product_id)
        .join(publishers, publishers.c.id == products.c.publisher_id)
        .join(releases, releases.c.id == products.c.live_release_id)
        .where(*(catalogue.c.words.contains(word.casefold(), autoescape=True) for word in words))
        .order_by(catalogue.c.sorted_name, catalogue.c.product_id)
        .limit(PAGE_PRODUCTS + 1)
        .offset((page - 1) * PAGE_PRODUCTS)
    )
    found = tuple(Listed(**row) for row in tx.execute(query).mappings())
    return CataloguePage(found[:PAGE_PRODUCTS], more=len(found) > PAGE_PRODUCTS)


def find_add_on(tx: Transaction, *, crx_id: str, languages: Sequence[str] = ()) -> AddOn | None:
    """The product of that CRX ID with all that its page shows, be it Hidden; None if it is not in the store.

    Its listing is shown in the first of ``languages`` that it has. Five questions at most: what is live, what was
    before it, the manifest of the one before, the rings, the screenshots.
    """
    query = (
        sa.select(
            products.c.id,
            publishers.c.name.label("publisher"),
            submissions.c.modules,
            packages.c.name,
            packages.c.facts,
            releases,
        )
        .select_from(_LIVE)
        .where(products.c.crx_id == crx_id, IS_SERVED)
        .set_label_style(sa.LABEL_STYLE_DISAMBIGUATE_ONLY)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    history = _history(tx, product_id=row.id)
    former = _former(history, Version.parse(row.version))
    former_facts: Any = None
    if former is not None:
        facts = sa.select(packages.c.facts).where(packages.c.id == former.package_id)
        former_facts = tx.execute(facts).scalar_one()
    shown = _shown(row.modules, row.facts, languages)
    return AddOn(
        crx_id=crx_id,
        name=row.name,
        description=shown.description,
        language=shown.language,
        screenshots=_screenshots(tx, row.id, shown.screenshots),
        publisher=row.publisher,
        properties=_module(row.modules, Module.PROPERTIES) | _module(row.modules, Module.PRIVACY),
        version=row.version,
        digest=row.digest,
        size_bytes=row.size_bytes,
        icon_key=row.icon_key,
        minimum_chrome_version=row.minimum_chrome_version,
        updated_time=row.offered_to_all_time or row.created_time,
        manifest=row.facts["manifest"],
        former_version=None if former is None else former.version,
        former_manifest=former_facts["manifest"] if former_facts else {},
        history=history,
        rings=_rings(tx),
    )


def find_icon_key(tx: Transaction, *, crx_id: str) -> str | None:
    """The object of the product's icon; an empty text if it has none, None if it is not in the store."""
    query = sa.select(releases.c.icon_key).select_from(_LIVE).where(products.c.crx_id == crx_id, IS_SERVED)
    row = tx.execute(query).one_or_none()
    return None if row is None else row.icon_key or ""


def find_policy_subject(tx: Transaction, *, crx_id: str) -> PolicySubject | None:
    """What a policy says of the product: also of one that is kept back, but of none that is not in the store.

    One in quarantine is said to be installed: browsers that have it keep it, and others find nothing to install.
    """
    query = sa.select(products.c.state).where(products.c.crx_id == crx_id)
    state = tx.execute(query).scalar_one_or_none()
    if state != ProductState.BLOCKED and state not in SERVED:
        return None
    return PolicySubject(blocked=state == ProductState.BLOCKED, rings=_rings(tx))


def _history(tx: Transaction, *, product_id: str) -> tuple[PastRelease, ...]:
    query = (
        sa.select(
            releases.c.version,
            releases.c.size_bytes,
            releases.c.offered_to_all_time.label("offered_time"),
            releases.c.withdrawn_time.is_not(None).label("withdrawn"),
            submissions.c.package_id,
        )
        .join(submissions, submissions.c.id == releases.c.submission_id)
        .where(releases.c.product_id == product_id, releases.c.offered_to_all_time.is_not(None))
        .order_by(releases.c.offered_to_all_time.desc())
        .limit(_HISTORY_RELEASES)
    )
    return tuple(PastRelease(**row) for row in tx.execute(query).mappings())


def _former(history: Sequence[PastRelease], live: Version) -> PastRelease | None:
    earlier = [each for each in history if not each.withdrawn and Version.parse(each.version) < live]
    return max(earlier, key=lambda each: Version.parse(each.version), default=None)


def _rings(tx: Transaction) -> tuple[str, ...]:
    return tuple(tx.execute(sa.select(rings.c.name).order_by(rings.c.name)).scalars())


def _module(modules: Mapping[str, Any], module: Module) -> dict[str, Any]:
    """The content of a module, also when it was stored before a field was known."""
    content: dict[str, Any] = modules.get(module.value, {})
    return starting_content(module) | content


class _Shown(NamedTuple):
    """A listing in one language."""

    description: str
    language: str | None
    screenshots: Sequence[str]


def _shown(modules: Mapping[str, Any], facts: Mapping[str, Any], languages: Sequence[str]) -> _Shown:
    """The listing in the first of the languages that it has a text in, else in the package's default language, else
    in any; without a text the manifest's.
    """
    listing = {each: read_language(content) for each, content in _module(modules, Module.LISTING).items()}
    written = [each for each, content in listing.items() if content["description"].strip()]
    default = (facts["default_locale"] or "en").replace("_", "-")
    language = _best(written, (*languages, default)) or next(iter(written), None)
    own, fallback = (listing[each]["screenshots"] if each in listing else [] for each in (language, default))
    text = facts["description"] if language is None else listing[language]["description"].strip()
    return _Shown(text, language, own or fallback)


def _best(there: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first that is wanted of those there: for de-AT also de (RFC 4647, section 3.4), for pt also pt-BR."""
    known = {each.lower(): each for each in there}
    for each in wanted:
        parts = each.lower().split("-")
        for count in range(len(parts), 0, -1):
            if (found := known.get("-".join(parts[:count]))) is not None:
                return found
        for tag, found in known.items():
            if tag.split("-")[0] == parts[0]:
                return found
    return None


def _screenshots(tx: Transaction, product_id: str, keys: Sequence[str]) -> tuple[Image, ...]:
    if not keys:
        return ()
    found = find_images(tx, product_id=product_id, keys=keys)
    return tuple(found[key] for key in keys)


def is_screenshot(tx: Transaction, *, crx_id: str, key: str) -> bool:
    """Whether the page of the product shows that image, be it in any language."""
    query = sa.select(submissions.c.modules).select_from(_LIVE).where(products.c.crx_id == crx_id, IS_SERVED)
    modules = tx.execute(query).scalar_one_or_none()
    listing = {} if modules is None else _module(modules, Module.LISTING)
    return any(key in read_language(content)["screenshots"] for content in listing.values())


def _kept(text: str) -> str:
    """A stranger's text as both databases take it: without NUL and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
