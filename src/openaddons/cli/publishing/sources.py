"""Where the publishing commands find their settings: options, environment, .env, openaddons.toml, the keyring.

The first place that has a setting decides. Each setting remembers its place, so that a person can be told it;
a value never appears in a ``repr`` or in an error.
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from openaddons.cli.output import one_line, wrong_usage
from openaddons.cli.publishing.options import ENVIRONMENT
from openaddons.client.models import checked_guid

STDIN: Final = "stdin"
"""The place of what was read from it."""

SECRETS: Final = frozenset({"api_key", "client_secret"})

_TABLE_KEYS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "base_url": str,
    "product_id": str,
    "client_id": str,
    "token_url": str,
    "api_key_file": str,
    "ca_file": str,
    "keyring": bool,
    "package": str,
    "notes_file": str,
    "notes_template": str,
    "wait": str,
    "timeout_seconds": (int, float),
}
"""What [publish] and [products.NAME] of openaddons.toml may say."""

_PATHS: Final = ("api_key_file", "ca_file", "package", "notes_file")
_LARGEST_FILE_BYTES: Final = 65_536

# A value as a shell would read it, were it harmless: what a shell expands must stand in single quotes.
_ENV_LINE: Final = r"""(?:export\s+)?(?P<name>\w+)\s*=\s*
    (?:"(?P<double>[^"\\$`]*)" | '(?P<single>[^']*)' | (?P<bare>[^\s"'\\$`]*))
    (?:\s+\#.*)?"""
_ENV_NAME: Final = r"(?:export\s+)?(EDGE_ADDONS_\w*)"


class Found(NamedTuple):
    """A setting and the place where it was found."""

    value: Any
    place: str

    def __repr__(self) -> str:
        """The place: the value may be a secret."""
        return f"Found({self.place!r})"


class Source(NamedTuple):
    """One place with the settings that it has."""

    settings: Mapping[str, Found]

    @classmethod
    def of(cls, values: Mapping[str, Any], *, place: str) -> "Source":
        """All of these, found in one place."""
        return cls({name: Found(value, place) for name, value in values.items()})


def find(sources: Sequence[Source], name: str) -> Found | None:
    """The setting as the first source has it."""
    for source in sources:
        if name in source.settings:
            return source.settings[name]
    return None


def environment_source() -> Source:
    """The variables of ours that are set; one that is empty is not."""
    return Source(
        {
            name: Found(os.environ[variable], variable)
            for name, variable in ENVIRONMENT.items()
            if os.environ.get(variable)
        }
    )


def dotenv_source(path: str) -> Source:
    """The variables of ours in the file at ``path``, if it is there. It is read, never executed.

    UsageError for a line about one of them that a shell could read differently; other lines are not ours.
    """
    settings: dict[str, Found] = {}
    setting_of = {variable: setting for setting, variable in ENVIRONMENT.items()}
    name = os.path.basename(path)
    for number, line in enumerate(_text(path).splitlines(), start=1):
        named = re.match(_ENV_NAME, line.strip())
        if named is None:
            continue
        read = re.fullmatch(_ENV_LINE, line.strip(), re.VERBOSE)
        if read is None:
            raise wrong_usage(
                f"{name}, line {number}: the value of {named[1]} is not understood. "
                f"Write {named[1]}='value', in single quotes and on one line."
            )
        value = read["double"] or read["single"] or read["bare"]
        if read["name"] in setting_of and value:
            settings[setting_of[read["name"]]] = Found(value, f"{name}, line {number}")
    return Source(settings)


def table_sources(path: str, product: Found | None) -> list[Source]:
    """[products.NAME] and [publish] of the file at ``path``, if it is there, for the product that was asked for.

    ``product`` is a name in the file or a product ID. Without one, the only product of the file is meant.
    UsageError for anything that the file may not say.
    """
    document = _toml(path)
    folder, file_name = os.path.split(path)
    _refuse_unknown(document, {"publish", "products"}, where=file_name)
    publish = _table(document.get("publish", {}), where=f"{file_name}, [publish]", folder=folder)
    products = {
        name: _table(table, where=f"{file_name}, [products.{name}]", folder=folder)
        for name, table in _as_table(document.get("products", {}), f"{file_name}, [products]").items()
    }
    name = _chosen(products, product, file_name=file_name, alone="product_id" in publish.settings)
    return [publish] if name is None else [products[name], publish]


def keyring_secret(base_url: str, client_id: str) -> Found:
    """The API key that the operating system keeps for the store; UsageError where there is none."""
    from importlib import import_module

    try:
        keyring: Any = import_module("keyring")
    except ModuleNotFoundError:
        raise wrong_usage(
            "The library keyring is not installed. Run: pip install 'openaddons[keyring]'"
        ) from None
    try:
        secret = keyring.get_password(base_url, client_id)
    except Exception as problem:
        raise wrong_usage(f"The keyring cannot be read: {type(problem).__name__}.") from None
    if not secret:
        raise wrong_usage(
            f"The keyring has no API key for this store. Run: keyring set {base_url} {one_line(client_id)}"
        )
    return Found(secret, "the keyring")


def key_file_secret(file: Found) -> Found:
    """The API key in a file, or on stdin for ``-``."""
    if file.value == "-":
        return Found(sys.stdin.read(_LARGEST_FILE_BYTES), STDIN)
    text = _text(file.value)
    if not text.strip():
        raise wrong_usage(f"{one_line(file.value)} ({file.place}) holds no API key.")
    return Found(text, f"{one_line(file.value)}, named by {file.place}")


def _chosen(
    products: Mapping[str, Source], product: Found | None, *, file_name: str, alone: bool
) -> str | None:
    """The name of the table for the product; None where [publish] or the product ID alone is enough."""
    names = ", ".join(products)
    if product is None:
        if len(products) > 1 and not alone:
            raise wrong_usage(f"{file_name} has several products: choose one with --product ({names}).")
        return None if alone else next(iter(products), None)
    if product.value in products:
        return str(product.value)
    try:
        guid = checked_guid("", product.value)
    except ValueError:
        known = f" {file_name} has: {names}." if products else ""
        raise wrong_usage(
            f"{one_line(product.value)} ({product.place}) is neither a product ID, which is a GUID such as "
            f"7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6, nor the name of a product in {file_name}.{known}"
        ) from None
    same = (name for name, table in products.items() if _guid_of(table) == guid)
    return next(same, None)


def _guid_of(table: Source) -> str | None:
    found = table.settings.get("product_id")
    return None if found is None else str(found.value).strip().lower()


def _table(value: Any, *, where: str, folder: str) -> Source:
    """One table of the file, looked through. Paths in it begin where the file lies."""
    table = _as_table(value, where)
    for secret in SECRETS & table.keys():
        raise wrong_usage(
            f"{where}: {secret} does not belong into a file that is kept with the code. Give it in the "
            f"environment ({ENVIRONMENT[secret]}), or keep it in the keyring (keyring = true)."
        )
    _refuse_unknown(table, _TABLE_KEYS.keys(), where=where)
    for name, given in table.items():
        expected = _TABLE_KEYS[name]
        if not isinstance(given, expected) or (isinstance(given, bool) and expected is not bool):
            raise wrong_usage(f"{where}: {name} has the wrong type.")
    placed = {name: os.path.join(folder, table[name]) for name in _PATHS if name in table}
    return Source.of({**table, **placed}, place=where)


def _as_table(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong_usage(f"{where}: it must be a table.")
    return value


def _refuse_unknown(table: Mapping[str, Any], known: Any, *, where: str) -> None:
    for name in table:
        if name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"It may have: {', '.join(sorted(known))}."
            raise wrong_usage(f"{where}: {one_line(name)} is not known. {hint}")


def _toml(path: str) -> Mapping[str, Any]:
    text = _text(path)
    if not text:
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        # The library's message quotes the file, where somebody may have put a secret.
        raise wrong_usage(f"{os.path.basename(path)} is not TOML. Look at quotes and brackets.") from None


def _text(path: str) -> str:
    """The text of a small file; empty where there is none."""
    name = one_line(os.path.basename(path))
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
        if len(content) > _LARGEST_FILE_BYTES:
            raise wrong_usage(f"{name} is larger than {_LARGEST_FILE_BYTES} bytes.")
        return content.decode("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):  # .env may be a virtual environment
        return ""
    except OSError as problem:
        raise wrong_usage(f"{name} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise wrong_usage(f"{name} is not UTF-8.") from None
