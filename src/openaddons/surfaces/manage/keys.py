"""Keys: API keys and client secrets of the caller's publisher."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.errors import KeyScoped
from openaddons.store.publishers import (
    Credential,
    CredentialKind,
    Publisher,
    list_credentials,
    read_publisher,
)
from openaddons.store.session import Transaction
from openaddons.surfaces.manage.endpoints import GUID, TEXT, TIME, Call, Endpoint, Shape, list_of, or_null

_KINDS: Final = {CredentialKind.API_KEY: "apiKey", CredentialKind.CLIENT_SECRET: "clientSecret"}
_KEY: Final = {
    "id": GUID,
    "kind": {"type": "string", "enum": [*_KINDS.values()]},
    "hint": TEXT,
    "clientId": GUID,
    "productId": or_null(GUID),
    "createdTime": TIME,
    "expiresTime": TIME,
    "revokedTime": or_null(TIME),
}
KEYS: Final = Shape("Keys", {"keys": list_of(Shape("Key", _KEY))})


def _describe(key: Credential) -> dict[str, Any]:
    return {
        "id": key.id,
        "kind": _KINDS[key.kind],
        "hint": key.hint,
        "clientId": key.client_id,
        "productId": key.product_id,
        "createdTime": wire_time(key.created_time),
        "expiresTime": wire_time(key.expires_time),
        "revokedTime": key.revoked_time and wire_time(key.revoked_time),
    }


def _publisher(tx: Transaction, call: Call) -> Publisher:
    """Whose keys are managed. Raises `KeyScoped`."""
    if call.principal.scope_product_id is not None:
        raise KeyScoped
    return read_publisher(tx, client_id=call.principal.client_id)


def _list(call: Call) -> dict[str, Any]:
    return call.database.read(_all, call)


def _all(tx: Transaction, call: Call) -> dict[str, Any]:
    found = list_credentials(tx, publisher=_publisher(tx, call))
    return {"keys": [_describe(each) for each in found]}


ENDPOINTS: Final = (
    Endpoint("listKeys", "GET", "/keys", "List your keys, oldest first", _list, KEYS, refuses=(403,)),
)
