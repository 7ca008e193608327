"""Which product of which store, with whose credentials: what every publishing command has to know first."""

import os
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from openaddons.cli.output import one_line, wrong_usage
from openaddons.cli.publishing.options import CONFIG_NAME, DEFAULT_TIMEOUT_SECONDS, ENVIRONMENT, SPELLED
from openaddons.cli.publishing.sources import (
    SECRETS,
    STDIN,
    Found,
    Source,
    dotenv_source,
    environment_source,
    find,
    key_file_secret,
    keyring_secret,
    table_sources,
)
from openaddons.client import MICROSOFT_BASE_URL
from openaddons.client.models import (
    ApiKey,
    ClientSecret,
    Credentials,
    checked_guid,
    checked_url,
)

_REPEATED: Final = ("base_url", "product_id", "client_id", "ca_file", "config")
"""What of the options is to be typed again in another command."""
_TITLES: Final[Mapping[str, str]] = {
    "base_url": "store",
    "product_id": "product",
    "client_id": "client ID",
    "api_key": "API key",
    "client_secret": "client secret",
    "token_url": "token URL",
    "ca_file": "authorities",
}


class Destination(NamedTuple):
    """Which product of which store, with whose credentials; and how to speak about it."""

    base_url: str
    product: str | None
    """The product ID; None for a command that needs none."""
    credentials: Credentials
    ca_file: Found | None
    """The certificate authorities to trust in place of the machine's."""
    timeout_seconds: float
    as_json: bool
    quiet: bool
    key_from_stdin: bool
    arguments: str
    """What of this was an option, to be typed again in another command; no secrets."""
    places: tuple[str, ...]
    """Where each setting was found, for people; no secrets."""
    defaults: tuple[Source, ...]
    """What openaddons.toml says of the publishing itself."""

    @property
    def product_id(self) -> str:
        """The product ID, for a command that needs one."""
        assert self.product is not None  # it would not have begun
        return self.product

    def default(self, name: str) -> Any:
        """What openaddons.toml says; None where it does not."""
        found = find(self.defaults, name)
        return None if found is None else found.value

    def command(self, *words: str) -> str:
        """A command line to type next, for the same product of the same store."""
        return " ".join(["openaddons", *(shlex.quote(one_line(word)) for word in words)]) + self.arguments


def destination_of(given: Mapping[str, Any], *, typed: Collection[str], needs_product: bool) -> Destination:
    """The destination that options, environment and files give together; UsageError where something is missing.

    ``given`` has the value of every option in ``options.DESTINATION``, ``typed`` the names of those that were typed.
    """
    config = given["config"]
    typed_source = Source({name: Found(given[name], SPELLED[name]) for name in ENVIRONMENT if name in typed})
    ranks = [typed_source, environment_source(), dotenv_source(".env")]
    product = find(ranks, "product_id")
    if "config" in typed and not os.path.exists(config):
        raise wrong_usage(f"{one_line(config)} does not exist.")
    tables = table_sources(config, product)
    base_url = find([*ranks, *tables], "base_url") or Found(
        MICROSOFT_BASE_URL, "Microsoft's store, by default"
    )
    base_url = Found(_checked(checked_url, base_url, "the store's address"), base_url.place)
    product = _product(product, tables)
    if product is None and needs_product:
        raise wrong_usage(f"The product ID is missing. {_advice('product_id')}")
    client_id = find([*ranks, *tables], "client_id")
    if client_id is None:
        raise wrong_usage(f"The client ID is missing. {_advice('client_id')}")
    client_id = Found(client_id.value.strip(), client_id.place)
    wants_keyring = bool(given["keyring"] or getattr(find(tables, "keyring"), "value", False))
    name, secret = _secret([*ranks, *tables], base_url, client_id, keyring=wants_keyring)
    token_url = find([*ranks, *tables], "token_url")
    found = {"base_url": base_url} | ({} if product is None else {"product_id": product})
    found |= {"client_id": client_id, name: secret}
    if token_url is not None and name == "client_secret":
        found["token_url"] = token_url
    ca_file = find([*ranks, *tables], "ca_file")
    if ca_file is not None:
        found["ca_file"] = ca_file
    timeout_seconds = given["timeout_seconds"]
    return Destination(
        base_url=base_url.value,
        product=None if product is None else product.value,
        credentials=_credentials(client_id.value, name, secret.value.strip(), token_url),
        ca_file=ca_file,
        timeout_seconds=_table_timeout(tables) if timeout_seconds is None else timeout_seconds,
        as_json=given["as_json"],
        quiet=given["quiet"],
        key_from_stdin=secret.place == STDIN,
        arguments=_arguments(given, typed),
        places=tuple(_place(name, each) for name, each in found.items()),
        defaults=tuple(tables),
    )


def _product(asked: Found | None, tables: list[Source]) -> Found | None:
    """The product ID: as it was asked for, or as the table of that name has it; None where neither says one."""
    product = find(tables, "product_id")
    try:
        return Found(checked_guid("", asked.value if asked else ""), asked.place if asked else "")
    except ValueError:
        pass  # a name, whose table was found
    return product and Found(_checked(checked_guid, product, "product_id"), product.place)


def _secret(sources: list[Source], base_url: Found, client_id: Found, *, keyring: bool) -> tuple[str, Found]:
    """The name and the value of the secret: of the first source that has any."""
    for source in sources:
        names = [name for name in ("api_key", "api_key_file", "client_secret") if name in source.settings]
        if len(names) > 1:
            both = " and ".join(source.settings[name].place for name in names)
            raise wrong_usage(f"Give an API key or a client secret, not both: there are {both}.")
        if names == ["api_key_file"]:
            return "api_key", key_file_secret(source.settings["api_key_file"])
        if names:
            return names[0], source.settings[names[0]]
    if keyring:
        return "api_key", keyring_secret(base_url.value, client_id.value)
    raise wrong_usage(
        "Give an API key (EDGE_ADDONS_API_KEY) or a client secret (EDGE_ADDONS_CLIENT_SECRET), in the "
        "environment or in .env; or --keyring."
    )


def _credentials(client_id: str, name: str, secret: str, token_url: Found | None) -> Credentials:
    try:
        if name == "api_key":
            return ApiKey(client_id, secret)
        if token_url is None:
            raise wrong_usage("A client secret needs --token-url (EDGE_ADDONS_TOKEN_URL).")
        return ClientSecret(client_id, secret, token_url.value.strip())
    except ValueError as problem:
        raise wrong_usage(f"The credentials cannot be sent: {problem}.") from None


def _checked(check: Callable[[str, str], str], found: Found, name: str) -> str:
    try:
        return check(f"{name} ({found.place})", str(found.value))
    except ValueError as problem:
        raise wrong_usage(f"{problem}.") from None


def _table_timeout(tables: list[Source]) -> float:
    found = find(tables, "timeout_seconds")
    if found is None:
        return DEFAULT_TIMEOUT_SECONDS
    if not 0 <= found.value < float("inf"):
        raise wrong_usage(f"{found.place}: timeout_seconds must be 0 or more.")
    return float(found.value)


def _arguments(given: Mapping[str, Any], typed: Collection[str]) -> str:
    return "".join(
        f" {SPELLED[name]} {shlex.quote(one_line(given[name]))}" for name in _REPEATED if name in typed
    )


def _advice(name: str) -> str:
    key = f", or {name} in {CONFIG_NAME}"
    return f"Give {SPELLED[name]}, or {ENVIRONMENT[name]} in the environment or in .env{key}."


def _place(name: str, found: Found) -> str:
    """``store          https://… (.env, line 2)``; of a secret the place alone."""
    value = "" if name in SECRETS else f"{one_line(str(found.value))} "
    return f"{_TITLES[name]:<14} {value}({found.place})"
