"""Rules on _locales, the catalogues in it, and the manifest's ``default_locale``."""

from collections.abc import Iterator

from openaddons.packages.catalogues import RESERVED, undefined
from openaddons.packages.data.locales import LOCALES
from openaddons.packages.rules.localization import (
    FOLDER,
    SHOWN_IN_STORES,
    catalogue_of,
    is_locale_tag,
    known_locales,
    parents,
)
from openaddons.packages.rules.reach import EVERY, reach_texts
from openaddons.packages.rules.subject import Fault, Subject, rule

_KNOWN_IN_ANY_CASE = {name.lower() for name in LOCALES}
# extension_l10n_util.cc LocalizeManifest: the values in which the browser replaces names of messages, whether
# or not it reads them otherwise.
_LOCALIZED = (
    ("name",),
    ("short_name",),
    ("description",),
    ("action", "default_title"),
    ("browser_action", "default_title"),
    ("page_action", "default_title"),
    ("omnibox", "keyword"),
    ("file_browser_handlers", EVERY, "default_title"),
    ("input_components", EVERY, "name"),
    ("input_components", EVERY, "description"),
    ("app", "launch", "local_path"),
    ("app", "launch", "web_url"),
    ("commands", EVERY, "description"),
    ("chrome_settings_overrides", "homepage"),
    ("chrome_settings_overrides", "search_provider", EVERY),
    ("chrome_settings_overrides", "search_provider", "alternate_urls", EVERY),
    ("chrome_settings_overrides", "startup_pages", EVERY),
)


def _has_folder(subject: Subject) -> bool:
    return any(name.startswith(FOLDER) for name in subject.archive.files)


@rule(
    "DefaultLocaleInvalid",
    "error",
    message="Invalid value for default locale - locale name must be a string.",
    why="Every message that the user's language lacks is taken from this locale. Chromium refuses a value "
    "that can be no locale's name.",
    fix='Use for example "en".',
    source="default_locale_handler.cc",
)
def default_locale_invalid(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    # With a folder _locales, the browser says LocalesWithoutDefault of the same fault.
    if "default_locale" in keys and not _has_folder(subject):
        value = keys["default_locale"]
        if not (isinstance(value, str) and is_locale_tag(value)):
            yield Fault(key=("default_locale",))


@rule(
    "LocalesWithoutDefault",
    "error",
    message="Localization used, but default_locale wasn't specified in the manifest.",
    why="Not every user's language is among the translations. Chromium refuses an extension that has no "
    "default to show to all others.",
    fix="Set default_locale to a folder of _locales, for example en or pt_BR.",
    source="file_util.cc LoadMessageBundle",
)
def locales_without_default(subject: Subject) -> Iterator[Fault]:
    if not _has_folder(subject):
        return
    locale = subject.manifest.default_locale
    if locale not in LOCALES or locale not in subject.manifest.locales:
        yield Fault(key=("default_locale",))


@rule(
    "LocalesMissing",
    "error",
    message="Default locale was specified, but _locales subtree is missing.",
    why="With this key the manifest announces catalogues. Chromium refuses the extension if there is no "
    "folder with them: mostly the build did not copy it.",
    fix="Add _locales/{locale}/messages.json.",
    source="default_locale_handler.cc Validate",
)
def locales_missing(subject: Subject) -> Iterator[Fault]:
    locale = subject.manifest.default_locale
    # What can be no locale is DefaultLocaleInvalid.
    if locale is not None and is_locale_tag(locale) and not _has_folder(subject):
        yield Fault(key=("default_locale",), facts={"locale": locale})


@rule(
    "LocaleCatalogMissing",
    "error",
    message="Catalog file is missing for locale {locale}.",
    why="A folder with a locale's name announces a translation. Chromium refuses the extension if the "
    "catalogue is not in it, whatever language the user speaks.",
    fix="Add messages.json to the folder, or remove it.",
    source="extension_l10n_util.cc AddLocale; default_locale_handler.cc Validate",
)
def locale_catalog_missing(subject: Subject) -> Iterator[Fault]:
    for locale in subject.manifest.locales:
        name = f"{FOLDER}{locale}/messages.json"
        # Without regard to case: where the file system has none, the browser takes the folder.
        if locale.lower() in _KNOWN_IN_ANY_CASE and name not in subject.archive.files:
            yield Fault(file=name, facts={"locale": locale})


@rule(
    "LocaleMessagesInvalid",
    "error",
    message="Invalid locale file '{path}': {detail}.",
    why="Chromium refuses to load an extension with a faulty catalogue, be it in a language that the "
    "developer never sees. A list or a text at its top level even ends the browser.",
    fix="Fix the catalogue.",
    source="message_bundle.cc; Chromium 156 crashes when the top level is a list or string",
)
def locale_messages_invalid(subject: Subject) -> Iterator[Fault]:
    for locale in known_locales(subject):
        catalogue = catalogue_of(subject, locale)
        name = f"{FOLDER}{locale}/messages.json"
        for problem in () if catalogue is None else catalogue.problems:
            facts = {"path": name, "detail": problem.detail}
            yield Fault(file=name, line=problem.line, column=problem.column, facts=facts)


@rule(
    "LocaleMessageUndefined",
    "error",
    message="Variable __MSG_{name}__ used but not defined.",
    why="The browser puts messages into the manifest as it loads it. It refuses the extension if the "
    "default locale lacks one, rather than show the bare placeholder.",
    fix="Define it in _locales/{locale}/messages.json.",
    source="extension_l10n_util.cc LocalizeManifest, message_bundle.cc ReplaceVariables",
)
def locale_message_undefined(subject: Subject) -> Iterator[Fault]:
    locale = subject.manifest.default_locale
    if locale not in LOCALES or locale not in subject.manifest.locales:
        return
    catalogue = catalogue_of(subject, locale)
    if catalogue is None or catalogue.problems:
        return
    known = subject.manifest.messages.keys() | RESERVED
    for steps in _LOCALIZED:
        for path, text in reach_texts(subject.manifest.keys, *steps):
            for name in undefined(text, known, "__MSG_", "__"):
                yield Fault(key=path, facts={"name": name, "locale": locale})


@rule(
    "LocaleTranslationMissing",
    "warning",
    message="{name} is not translated in {locale}.",
    why="Stores take the add-on's name and description in each language from its catalogue. Edge leaves "
    "the language out, and the Chrome Web Store refuses the package.",
    fix="Translate it or remove the locale.",
    source="Edge skips the language (publish-extension.md); Web Store refuses (SwitchyDelta#4)",
)
def locale_translation_missing(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    default = subject.manifest.default_locale
    used = {
        name.lower()
        for key in SHOWN_IN_STORES
        for _, text in reach_texts(keys, key)
        for name in undefined(text, RESERVED, "__MSG_", "__")
    }
    if not used or default not in LOCALES:
        return
    for locale in known_locales(subject):
        # A regional catalogue need not repeat what its language's has: en_GB falls back to en.
        fallbacks = [found for name in parents(locale) if (found := catalogue_of(subject, name)) is not None]
        if locale == default or not any(catalogue.message_count for catalogue in fallbacks):
            continue
        for name in sorted(used.difference(*(catalogue.names for catalogue in fallbacks))):
            yield Fault(file=f"{FOLDER}{locale}/messages.json", facts={"name": name, "locale": locale})
