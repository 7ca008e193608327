"""Which product of which store, with whose credentials: what every publishing command has to know first."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click
from click.core import ParameterSource

from openaddons.cli.output import json_option, one_line
from openaddons.cli.publishing.sources import (
    ENVIRONMENT,
    SECRETS,
    Found,
    Source,
    dotenv_source,
    find,
    key_file_secret,
    keyring_secret,
    table_sources,
)
from openaddons.client.models import (
    MICROSOFT_BASE_URL,
    ApiKey,
    ClientSecret,
    Credentials,
    checked_guid,
    checked_url,
)

F = TypeVar("F", bound=Callable[..., Any])

DESTINATION_NAMES: Final = (*ENVIRONMENT, "keyring", "config", "timeout_seconds", "as_json", "quiet")
"""What ``destination_of`` is given of a command's options."""

CONFIG_NAME: Final = "openaddons.toml"
_DEFAULT_TIMEOUT_SECONDS: Final = 600.0
_REPEATED: Final = {
    "base_url": "--base-url",
    "product_id": "--product",
    "client_id": "--client-id",
    "ca_file": "--ca-file",
}
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


def destination_options(command: F) -> F:
    """The options that say where to publish; the command is handed them by ``DESTINATION_NAMES``."""
    wrapped: Any = command
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    result: F = wrapped
    return result


def destination_of(
    *,
    needs_product: bool,
    config: Path,
    timeout_seconds: float | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> Destination:
    """The destination that options, environment and files give together; UsageError where something is missing."""
    context = click.get_current_context()
    ranks = [_given_source(context, given, ParameterSource.COMMANDLINE)]
    ranks.append(_given_source(context, given, ParameterSource.ENVIRONMENT))
    ranks.append(dotenv_source(Path(".env")))
    product = find(ranks, "product_id")
    if context.get_parameter_source("config") is ParameterSource.COMMANDLINE and not config.exists():
        raise click.UsageError(f"{one_line(str(config))} does not exist.")
    tables = table_sources(config, product)
    base_url = find([*ranks, *tables], "base_url") or Found(
        MICROSOFT_BASE_URL, "Microsoft's store, by default"
    )
    base_url = Found(_checked(checked_url, base_url, "the store's address"), base_url.place)
    product = _product(product, tables)
    if product is None and needs_product:
        raise click.UsageError(f"The product ID is missing. {_advice('product_id', '--product')}")
    client_id = find([*ranks, *tables], "client_id")
    if client_id is None:
        raise click.UsageError(f"The client ID is missing. {_advice('client_id', '--client-id')}")
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
    timeout = timeout_seconds if timeout_seconds is not None else _table_timeout(tables)
    return Destination(
        base_url=base_url.value,
        product=None if product is None else product.value,
        credentials=_credentials(client_id.value, name, secret.value.strip(), token_url),
        ca_file=ca_file,
        timeout_seconds=timeout,
        as_json=as_json,
        quiet=quiet,
        arguments=_arguments(ranks[0], config, context),
        places=tuple(_place(name, each) for name, each in found.items()),
        defaults=tuple(tables),
    )


def _given_source(context: click.Context, given: Mapping[str, Any], source: ParameterSource) -> Source:
    """What click read from the command line, or from the environment."""
    settings = {}
    for name, variable in ENVIRONMENT.items():
        if given.get(name) is not None and context.get_parameter_source(name) is source:
            option = "--product" if name == "product_id" else f"--{name.replace('_', '-')}"
            place = option if source is ParameterSource.COMMANDLINE else variable
            settings[name] = Found(given[name], place)
    return Source(settings)


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
            raise click.UsageError(f"Give an API key or a client secret, not both: there are {both}.")
        if names == ["api_key_file"]:
            return "api_key", key_file_secret(source.settings["api_key_file"])
        if names:
            return names[0], source.settings[names[0]]
    if keyring:
        return "api_key", keyring_secret(base_url.value, client_id.value)
    raise click.UsageError(
        "Give an API key (EDGE_ADDONS_API_KEY) or a client secret (EDGE_ADDONS_CLIENT_SECRET), in the "
        "environment or in .env; or --keyring."
    )


def _credentials(client_id: str, name: str, secret: str, token_url: Found | None) -> Credentials:
    try:
        if name == "api_key":
            return ApiKey(client_id, secret)
        if token_url is None:
            raise click.UsageError("A client secret needs --token-url (EDGE_ADDONS_TOKEN_URL).")
        return ClientSecret(client_id, secret, token_url.value.strip())
    except ValueError as problem:
        raise click.UsageError(f"The credentials cannot be sent: {problem}.") from None


def _checked(check: Callable[[str, str], str], found: Found, name: str) -> str:
    try:
        return check(f"{name} ({found.place})", str(found.value))
    except ValueError as problem:
        raise click.UsageError(f"{problem}.") from None


def _table_timeout(tables: list[Source]) -> float:
    found = find(tables, "timeout_seconds")
    if found is None:
        return _DEFAULT_TIMEOUT_SECONDS
    if not 0 <= found.value < float("inf"):
        raise click.UsageError(f"{found.place}: timeout_seconds must be 0 or more.")
    return float(found.value)


def _arguments(options: Source, config: Path, context: click.Context) -> str:
    words = [
        f" {option} {shlex.quote(one_line(str(options.settings[name].value)))}"
        for name, option in _REPEATED.items()
        if name in options.settings
    ]
    if context.get_parameter_source("config") is ParameterSource.COMMANDLINE:
        words.append(f" --config {shlex.quote(one_line(str(config)))}")
    return "".join(words)


def _advice(name: str, option: str) -> str:
    key = f", or {name} in {CONFIG_NAME}"
    return f"Give {option}, or {ENVIRONMENT[name]} in the environment or in .env{key}."


def _place(name: str, found: Found) -> str:
    """``store          https://… (.env, line 2)``; of a secret the place alone."""
    value = "" if name in SECRETS else f"{one_line(str(found.value))} "
    return f"{_TITLES[name]:<14} {value}({found.place})"


def _option(option: str, name: str, metavar: str, text: str) -> Callable[[F], F]:
    return click.option(option, name, envvar=ENVIRONMENT[name], show_envvar=True, metavar=metavar, help=text)


_OPTIONS: Final = (
    _option("--base-url", "base_url", "URL", "The store's address; without it, Microsoft's store."),
    _option("--product", "product_id", "ID|NAME", "The product ID, or a name in openaddons.toml."),
    _option("--client-id", "client_id", "ID", "The client ID of the API key or client secret."),
    _option(
        "--api-key",
        "api_key",
        "KEY",
        "The API key. Better given in the environment: other users of a machine see arguments.",
    ),
    _option("--api-key-file", "api_key_file", "FILE", "A file with the API key, or - for stdin."),
    _option(
        "--client-secret",
        "client_secret",
        "SECRET",
        "A client secret in place of an API key; needs --token-url.",
    ),
    _option("--token-url", "token_url", "URL", "Where the client secret is exchanged for an access token."),
    _option(
        "--ca-file", "ca_file", "FILE", "Certificate authorities (PEM) to trust in place of the machine's."
    ),
    click.option("--keyring", is_flag=True, help="Take the API key from the operating system's keyring."),
    click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        default=CONFIG_NAME,
        show_default=True,
        metavar="FILE",
        help="Settings that are kept with the code.",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=click.FloatRange(min=0),
        show_default=f"{_DEFAULT_TIMEOUT_SECONDS:.0f}",
        metavar="SECONDS",
        help="The longest that the command may take.",
    ),
    json_option,
    click.option("--quiet", "-q", is_flag=True, help="No progress on stderr."),
    click.option("--verbose", "-v", is_flag=True, help="Say where each setting was found, on stderr."),
)
