"""Keys: API keys and client secrets of the caller's publisher."""

from datetime import timedelta
from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.errors import NotFound, NotKnown
from openaddons.ids import NOBODYS_GUID, read_guid
from openaddons.store.publishers import (
    Credential,
    CredentialKind,
    Publisher,
    create_credential,
    find_credential,
    list_credentials,
    read_publisher,
    revoke_own_credential,
    rotate_credential,
)
from openaddons.store.session import Transaction
from openaddons.surfaces.manage.endpoints import GUID, TEXT, TIME, Call, Endpoint, Shape, list_of, or_null
from openaddons.surfaces.manage.fields import choice, guid, number

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
    "lastUsedTime": or_null(TIME),
}
KEYS: Final = Shape("Keys", {"keys": list_of(Shape("Key", _KEY))})
NEW_KEY: Final = Shape("NewKey", _KEY | {"secret": TEXT})

_OVERLAP_HOURS: Final = 24
_OVERLAP_HOURS_LIMIT: Final = 720


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
        "lastUsedTime": key.last_used_time and wire_time(key.last_used_time),
    }


def _publisher(tx: Transaction, call: Call) -> Publisher:
    """Whose keys are managed. Raises `KeyScoped`."""
    call.unscoped_publisher_id()
    return read_publisher(tx, client_id=call.principal.client_id)


def _list(call: Call) -> dict[str, Any]:
    return call.database.read(_all, call)


def _all(tx: Transaction, call: Call) -> dict[str, Any]:
    found = list_credentials(tx, publisher=_publisher(tx, call))
    return {"keys": [_describe(each) for each in found]}


def _create(call: Call) -> dict[str, Any]:
    return call.run(_created, call)


def _created(tx: Transaction, call: Call) -> dict[str, Any]:
    kind = call.given["kind"] or _KINDS[CredentialKind.API_KEY]
    made, secret = create_credential(
        tx,
        publisher=_publisher(tx, call),
        kind=next(each for each, word in _KINDS.items() if word == kind),
        lifetime=timedelta(days=call.given["days"] or call.settings.key_days),
        product_id=call.given["productId"],
        actor=call.principal.actor,
    )
    return _describe(made) | {"secret": secret}


def _rotate(call: Call) -> dict[str, Any]:
    return call.run(_rotated, call)


def _rotated(tx: Transaction, call: Call) -> dict[str, Any]:
    publisher, old = _own_key(tx, call)
    hours = call.given["overlapHours"]
    new, secret = rotate_credential(
        tx,
        publisher=publisher,
        old=old,
        overlap=timedelta(hours=_OVERLAP_HOURS if hours is None else hours),
        lifetime=timedelta(days=call.settings.key_days),
        actor=call.principal.actor,
    )
    return _describe(new) | {"secret": secret}


def _revoke(call: Call) -> None:
    call.run(_revoked, call)


def _revoked(tx: Transaction, call: Call) -> None:
    publisher, key = _own_key(tx, call)
    revoke_own_credential(tx, publisher=publisher, credential_id=key.id, actor=call.principal.actor)


def _own_key(tx: Transaction, call: Call) -> tuple[Publisher, Credential]:
    """The key in the path and its publisher. Raises `KeyScoped` or `NotFound`."""
    publisher, key_id = _publisher(tx, call), read_guid(call.path["key_id"])
    try:
        return publisher, find_credential(tx, publisher=publisher, credential_id=key_id or NOBODYS_GUID)
    except NotKnown:
        raise NotFound from None


ENDPOINTS: Final = (
    Endpoint("listKeys", "GET", "/keys", "List your keys, oldest first", _list, KEYS, refuses=(403,)),
    Endpoint(
        "createKey",
        "POST",
        "/keys",
        "Make a key; its secret is shown this once",
        _create,
        NEW_KEY,
        status=201,
        takes=(
            choice("kind", _KINDS.values()),
            number("days", least=1, most=3650),
            guid("productId"),
        ),
        refuses=(403, 404),
    ),
    Endpoint(
        "revokeKey",
        "DELETE",
        "/keys/{key_id}",
        "End a key now",
        _revoke,
        None,
        status=204,
        refuses=(403, 409),
    ),
    Endpoint(
        "rotateKey",
        "POST",
        "/keys/{key_id}/rotate",
        "Make a key in the place of one, which goes on for a while",
        _rotate,
        NEW_KEY,
        status=201,
        takes=(number("overlapHours", least=0, most=_OVERLAP_HOURS_LIMIT),),
        refuses=(403, 409),
    ),
)
