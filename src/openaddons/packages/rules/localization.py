"""What a package says in each of its languages."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from openaddons.packages.catalogues import Catalogue, CatalogueReader, Problem
from openaddons.packages.data.locales import LOCALES
from openaddons.packages.regexes import regex
from openaddons.packages.rules.subject import Subject

FOLDER: Final = "_locales/"
SHOWN_IN_STORES: Final = ("name", "description")
"""Keys whose texts every store shows."""

# Chromium 156 was asked about some sixty. Of an encoding and of keywords it says little, so does this.
_TAG = regex(
    "[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?(?:[-_](?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    "(?:[-_][a-wyz0-9](?:[-_][a-z0-9]{2,8})+)*(?:[-_]x(?:[-_][a-z0-9]{1,8})+)?"
    r"(?:\.[^@]*)?(?:@(?:[^=]*|[a-z]{3,}=.*))?",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)


def is_locale_tag(text: str) -> bool:
    """Whether it could be the name of a locale, known or not (ui/base/l10n/l10n_util.cc IsValidLocaleSyntax)."""
    return _TAG.fullmatch(text) is not None


def known_locales(subject: Subject) -> Iterator[str]:
    """Folders that the browser looks into. Others are no concern of it."""
    return (name for name in subject.manifest.locales if name in LOCALES)


def catalogue_of(subject: Subject, locale: str) -> Catalogue | None:
    """None if there is none, or none that can be unpacked. It is asked for the texts that stores show."""
    name, limit_bytes = f"{FOLDER}{locale}/messages.json", subject.limits.manifest_bytes
    excess = subject.contents.excess(name, limit_bytes)
    if excess is not None:
        return Catalogue(problems=(Problem(excess),))
    reader = CatalogueReader(subject.manifest.message_names(*SHOWN_IN_STORES))
    return subject.contents.see(name, reader, limit_bytes)


def stores_texts(subject: Subject, locale: str) -> Mapping[str, str]:
    """What a locale has of the messages that stores show, or the locale that it is a variety of."""
    texts: dict[str, str] = {}
    for name in reversed(tuple(parents(locale))):
        found = catalogue_of(subject, name)
        texts.update({} if found is None else found.texts)
    return texts


def parents(locale: str) -> Iterator[str]:
    """The locale itself, then what it is a variety of."""
    while locale:
        yield locale
        locale = locale.rpartition("_")[0]
