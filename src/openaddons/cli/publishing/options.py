"""The options that say where to publish: of every command that speaks to a store."""

from collections.abc import Mapping
from typing import Final

from openaddons.cli.options import JSON, Option

CONFIG_NAME: Final = "openaddons.toml"
DEFAULT_TIMEOUT_SECONDS: Final = 600.0

DESTINATION: Final = (
    Option(
        "base_url",
        ("--base-url",),
        "The store's address; without it, Microsoft's store.",
        metavar="URL",
        variable="EDGE_ADDONS_BASE_URL",
    ),
    Option(
        "product_id",
        ("--product",),
        "The product ID, or a name in openaddons.toml.",
        metavar="ID|NAME",
        variable="EDGE_ADDONS_PRODUCT_ID",
    ),
    Option(
        "client_id",
        ("--client-id",),
        "The client ID of the API key or client secret.",
        metavar="ID",
        variable="EDGE_ADDONS_CLIENT_ID",
    ),
    Option(
        "api_key",
        ("--api-key",),
        "The API key. Better given in the environment: other users of a machine see arguments.",
        metavar="KEY",
        variable="EDGE_ADDONS_API_KEY",
    ),
    Option(
        "api_key_file",
        ("--api-key-file",),
        "A file with the API key, or - for stdin.",
        metavar="FILE",
        variable="EDGE_ADDONS_API_KEY_FILE",
    ),
    Option(
        "client_secret",
        ("--client-secret",),
        "A client secret in place of an API key; needs --token-url.",
        metavar="SECRET",
        variable="EDGE_ADDONS_CLIENT_SECRET",
    ),
    Option(
        "token_url",
        ("--token-url",),
        "Where the client secret is exchanged for an access token.",
        metavar="URL",
        variable="EDGE_ADDONS_TOKEN_URL",
    ),
    Option(
        "ca_file",
        ("--ca-file",),
        "Certificate authorities (PEM) to trust in place of the machine's.",
        metavar="FILE",
        variable="EDGE_ADDONS_CA_FILE",
    ),
    Option("keyring", ("--keyring",), "Take the API key from the operating system's keyring."),
    Option(
        "config",
        ("--config",),
        "Settings that are kept with the code.",
        metavar="FILE",
        takes="file",
        default=CONFIG_NAME,
        default_in_help=True,
    ),
    Option(
        "timeout_seconds",
        ("--timeout",),
        "The longest that the command may take.",
        metavar="SECONDS",
        takes="seconds",
        default_in_help=f"{DEFAULT_TIMEOUT_SECONDS:.0f}",
    ),
    JSON,
    Option("quiet", ("--quiet", "-q"), "No progress on stderr."),
    Option("verbose", ("--verbose", "-v"), "Say where each setting was found, on stderr."),
)

SPELLED: Final[Mapping[str, str]] = {option.name: option.spelled[0] for option in DESTINATION}

ENVIRONMENT: Final[Mapping[str, str]] = {
    option.name: option.variable for option in DESTINATION if option.variable is not None
}
"""The variable of each setting, in the environment and in .env."""
