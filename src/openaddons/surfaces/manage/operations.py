"""Operations: what was asked for lately, also by whoever has lost the answer."""

from typing import Any, Final

from openaddons.store.operations import Operation, OperationKind, list_operations
from openaddons.store.states import OperationState
from openaddons.surfaces.manage.endpoints import GUID, TEXT, TIME, Call, Endpoint, Shape, list_of, or_null
from openaddons.surfaces.manage.fields import choice

_LIMIT: Final = 50

OPERATION: Final = Shape(
    "Operation",
    {
        "id": GUID,
        "kind": {"type": "string", "enum": [each.value for each in OperationKind]},
        "createdTime": TIME,
        "lastUpdatedTime": TIME,
        "status": {"type": "string", "enum": [each.value for each in OperationState]},
        "message": or_null(TEXT),
        "errorCode": or_null(TEXT),
        "errors": or_null(
            list_of({"type": "object", "properties": {"message": TEXT}, "required": ["message"]})
        ),
    },
)
OPERATIONS: Final = Shape("Operations", {"operations": list_of(OPERATION)})


def _describe(operation: Operation) -> dict[str, Any]:
    return {"id": operation.id, "kind": operation.kind.value} | operation.describe()


def _list(call: Call) -> dict[str, Any]:
    kind = call.given["kind"]
    found = call.database.read(
        list_operations,
        product_id=call.path["product_id"],
        kind=kind and OperationKind(kind),
        limit=_LIMIT,
    )
    return {"operations": [_describe(each.operation) for each in found]}


ENDPOINTS: Final = (
    Endpoint(
        "listOperations",
        "GET",
        "/products/{product_id}/operations",
        f"List a product's uploads and publish requests, newest first, at most {_LIMIT}",
        _list,
        OPERATIONS,
        takes=(choice("kind", OperationKind),),
    ),
)
