"""The four calls of the API as tests make them, and what answers have in common."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from openaddons.store.operations import OperationKind, accept_operation
from openaddons.store.products import Product
from openaddons.store.publishers import CredentialKind, create_credential
from openaddons.work.workshop import Workshop
from tests.stores import Account, RunningStore, make_zip

ZIP = {"Content-Type": "application/zip"}
NOBODYS_GUID = "00000000-0000-0000-0000-000000000000"

CALLS = ("upload", "upload status", "publish", "publish status")


@dataclass(frozen=True, slots=True)
class Call:
    """One of the four calls, ready to be made."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes = b""


def call(name: str, product_id: str, operation_id: str = NOBODYS_GUID, *, prefix: str = "/v1") -> Call:
    """A well-formed call without credentials."""
    base = f"{prefix}/products/{product_id}/submissions"
    return {
        "upload": Call("POST", f"{base}/draft/package", ZIP, make_zip()),
        "upload status": Call("GET", f"{base}/draft/package/operations/{operation_id}", {}),
        "publish": Call("POST", base, {}),
        "publish status": Call("GET", f"{base}/operations/{operation_id}", {}),
    }[name]


def make(store: RunningStore, asked: Call, headers: dict[str, str]) -> Any:
    """Make a call with credentials."""
    return store.http.request(
        asked.method, asked.path, content=asked.content, headers=asked.headers | headers
    )


def error(status: int, message: str) -> dict[str, Any]:
    """The body of every HTTP error."""
    return {"statusCode": status, "message": message}


def bearer(store: RunningStore, account: Account) -> dict[str, str]:
    """The header of a fresh access token."""
    answer = store.http.post(token_path(account), data=token_form(account))
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def token_path(account: Account) -> str:
    return f"/{account.publisher.tenant_id}/oauth2/v2.0/token"


def token_form(account: Account) -> dict[str, str]:
    return {
        "client_id": account.publisher.client_id,
        "client_secret": account.client_secret,
        "scope": "https://api.addons.microsoftedge.microsoft.com/.default",
        "grant_type": "client_credentials",
    }


def new_key(store: RunningStore, account: Account, **chosen: Any) -> tuple[str, dict[str, str]]:
    """A further API key: its credential's id and the headers."""
    credential, key = store.workshop.tools.database.run(
        create_credential,
        publisher=account.publisher,
        kind=CredentialKind.API_KEY,
        actor="test",
        **chosen,
    )
    headers = {"Authorization": f"ApiKey {key}", "X-ClientID": account.publisher.client_id}
    return credential.id, headers


def stop_work(store: RunningStore) -> Workshop:
    """The store's own workers end; what is accepted stays in progress until the test has this one look at it."""
    store.workshop.close()
    return Workshop(store.workshop.tools)


def accept(store: RunningStore, account: Account, product: Product, kind: OperationKind) -> str:
    """An operation in progress, taken in below HTTP: for a store whose workers have ended."""
    return store.workshop.tools.database.run(
        accept_operation,
        kind=kind,
        product_id=product.id,
        publisher_id=account.publisher.id,
        actor="test",
        correlation_id=NOBODYS_GUID,
    )


def change(store: RunningStore, statement: sa.Executable) -> None:
    """Change the database behind the store's back."""
    store.workshop.tools.database.run(lambda tx: tx.execute(statement).close())
