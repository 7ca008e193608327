"""The values of the client: credentials in, operations out. All frozen; a secret never shows in ``repr``."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from openaddons.client._surroundings import MICROSOFT_BASE_URL

MICROSOFT_SCOPE: Final = f"{MICROSOFT_BASE_URL}/.default"
"""The scope that an access token for the Edge Add-ons API is asked for."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class OperationKind(StrEnum):
    """What an operation does. Its id alone does not tell: each kind is asked for at a path of its own."""

    UPLOAD = "upload"
    PUBLISH = "publish"


class OperationStatus(StrEnum):
    """How far an operation is, in the spelling of the reference."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class KeyKind(StrEnum):
    """The two generations of credentials."""

    API_KEY = "apiKey"
    CLIENT_SECRET = "clientSecret"  # noqa: S105 - the name of a kind


class OperationError(NamedTuple):
    """One entry of ``errors``. The reference has a sentence alone; OpenAddons adds where it applies."""

    message: str
    code: str | None = None
    file: str | None = None
    line: int | None = None


class Operation(NamedTuple):
    """One asynchronous request, as the store described it last.

    See "Check the status of a package upload" and "Check the publishing status" in the reference.
    ``error_code`` is None where the store sent null or ``""``. A time the store wrote in a form of its own
    is None: no caller should fail for it.
    """

    kind: OperationKind
    id: str
    status: OperationStatus
    created_time: datetime | None = None
    last_updated_time: datetime | None = None
    message: str | None = None
    error_code: str | None = None
    errors: tuple[OperationError, ...] = ()

    @property
    def ended(self) -> bool:
        """True when the status will not change any more."""
        return self.status is not OperationStatus.IN_PROGRESS

    @property
    def succeeded(self) -> bool:
        """True when the store did what was asked."""
        return self.status is OperationStatus.SUCCEEDED


class _Sealed:
    """What a frozen dataclass is, without the import of dataclasses, which takes longer than that of this package.

    No tuple: what writes a tuple into a log or into JSON would write the secret in it.
    """

    def __init__(self, **values: str) -> None:
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} stays as it is; make another")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if name not in {"key", "secret"})
        return f"{type(self).__name__}({', '.join(shown)})"


class ApiKey(_Sealed):
    """An API key with its client ID (v1.1 of the API). Raises ValueError for one that HTTP cannot carry."""

    client_id: str
    key: str

    def __init__(self, client_id: str, key: str) -> None:
        # What fails later fails in a library's message that quotes the key.
        _check_visible("client_id", client_id)
        _check_visible("key", key)
        super().__init__(client_id=client_id, key=key)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may show."""
        return (self.key,)


class ClientSecret(_Sealed):
    """A client secret, exchanged at ``token_url`` for an access token (RFC 6749 section 4.4).

    Microsoft's store no longer takes these; a store of your own does. Raises ValueError for values that
    cannot be sent.
    """

    client_id: str
    secret: str
    token_url: str
    scope: str

    def __init__(self, client_id: str, secret: str, token_url: str, scope: str = MICROSOFT_SCOPE) -> None:
        _check_visible("client_id", client_id)
        _check_visible("secret", secret)
        checked_url("token_url", token_url)
        super().__init__(client_id=client_id, secret=secret, token_url=token_url, scope=scope)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may show."""
        return (self.secret,)


Credentials = ApiKey | ClientSecret


def checked_url(name: str, url: str) -> str:
    """``url`` without a final slash; ValueError unless it is plain http or https to a host.

    The error does not repeat the address: one with a password in it is among those that are refused.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{name} must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError(f"{name} must hold no user name, password, query or fragment")
    return url.strip().rstrip("/")


def is_microsofts(url: str) -> bool:
    """True for an address of Microsoft's own store, however it is written."""
    return urlsplit(url).hostname == urlsplit(MICROSOFT_BASE_URL).hostname


def checked_guid(name: str, value: str) -> str:
    """``value`` trimmed and in lower case; ValueError unless it is a GUID."""
    guid = value.strip().lower()
    if not _GUID.fullmatch(guid):
        raise ValueError(f"{name} must be a GUID such as 7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6, not {value!r}")
    return guid


def _check_visible(name: str, value: str) -> None:
    if not value:
        raise ValueError(f"{name} is empty")
    if not all("!" <= character <= "~" for character in value):
        raise ValueError(
            f"{name} holds a blank, a line end or a character outside ASCII; copy it again, without them"
        )
