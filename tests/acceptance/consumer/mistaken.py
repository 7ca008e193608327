"""Mistakes that a type checker finds: an ignored error that were none would be an error itself."""

from openaddons import client
from openaddons.client import ApiKey, AsyncEdgeAddons, EdgeAddons, Operation


def mistakes(store: EdgeAddons, operation: Operation) -> None:
    store.upload("id", 7)  # type: ignore[arg-type]
    store.publish("id", "notes")  # type: ignore[call-arg]
    store.upload("id", "a.zip", progress=lambda done: None)  # type: ignore[arg-type, misc]
    operation.message.upper()  # type: ignore[union-attr]
    operation.status = "Succeeded"  # type: ignore[misc, assignment]
    ApiKey("id")  # type: ignore[call-arg]
    EdgeAddons("key")  # type: ignore[arg-type]
    client.Webhooks()  # type: ignore[attr-defined]


async def more(store: AsyncEdgeAddons) -> str:
    return store.publish("id")  # type: ignore[return-value]
