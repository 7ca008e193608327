"""Publishes with the client for asyncio."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import assert_type

from openaddons.client import (
    AsyncEdgeAddons,
    Credentials,
    Delivery,
    KeyKind,
    Operation,
    ProductState,
    Submission,
)


async def release(store: AsyncEdgeAddons, product_id: str, package: Path) -> Operation:
    upload = await store.upload(product_id, str(package), progress=lambda done, total: None)
    assert_type(upload, str)
    assert_type(await store.upload_status(product_id, upload), Operation)
    await store.wait_upload(product_id, upload, timeout_seconds=60)
    publish = await store.publish(product_id)
    return await store.wait_publish(product_id, publish)


async def look(store: AsyncEdgeAddons, product_id: str) -> list[str]:
    product = await store.wait_in_store(product_id, "1.0", timeout_seconds=60)
    assert_type(product.submission, Submission | None)
    assert_type(await store.submissions(product_id), tuple[Submission, ...])
    assert_type(store.products(), AsyncIterator[ProductState])
    return [each.state async for each in store.products()]


async def listen(store: AsyncEdgeAddons) -> list[Delivery]:
    (hook, *_) = await store.webhooks()
    assert_type(await store.try_webhook(hook.id), str)
    return [each async for each in store.deliveries(hook.id)]


async def renew(store: AsyncEdgeAddons) -> str:
    new = await store.create_key(kind=KeyKind.CLIENT_SECRET, days=7)
    await store.revoke_key(new.id)
    return new.secret


async def main(credentials: Credentials) -> None:
    async with AsyncEdgeAddons(credentials) as store:
        assert_type(store, AsyncEdgeAddons)
        await release(store, "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6", Path("a.zip"))
