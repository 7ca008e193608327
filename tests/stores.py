"""Stores for tests: the real server on a port of its own, in a thread of the test's process or in a process."""

import asyncio
import io
import json
import os
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa
import uvloop
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from openaddons.app import open_store
from openaddons.clock import Clock
from openaddons.policies import CertificationPolicy
from openaddons.server import listen, serve
from openaddons.settings import Settings
from openaddons.store.operations import read_operation
from openaddons.store.products import Product, find_product
from openaddons.store.publishers import CredentialKind, Publisher, create_credential, create_publisher
from openaddons.store.session import Database
from openaddons.store.states import OperationState, ProductState
from openaddons.store.submissions import Submission
from openaddons.work.creating import make_product, put_package, submit
from openaddons.work.workshop import Workshop

PATIENCE_SECONDS = 60.0  # for things that take milliseconds on a quiet machine


def make_zip(
    version: str = "1.0.0", *, name: str = "Sample", files: Mapping[str, bytes] | None = None, **keys: Any
) -> bytes:
    """A small good package: a manifest with these keys, a service worker, and ``files``."""
    manifest = {
        "manifest_version": 3,
        "name": name,
        "version": version,
        "description": "A sample.",
        "background": {"service_worker": "worker.js"},
    } | keys
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("worker.js", "console.log('ready');")
        for path, content in (files or {}).items():
            archive.writestr(path, content)
    return packed.getvalue()


def wait_until(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Look again and again until the condition holds. Fails when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds} seconds"
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Account:
    """A publisher with both kinds of credentials, and requests in its name."""

    publisher: Publisher
    api_key: str
    client_secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"ApiKey {self.api_key}", "X-ClientID": self.publisher.client_id}


def make_account(workshop: Workshop, name: str = "Acme") -> Account:
    """A publisher with an API key and a client secret."""
    database, lifetime = workshop.tools.database, timedelta(days=72)
    publisher = database.run(create_publisher, name=name, actor="test")
    secrets = [
        database.run(create_credential, publisher=publisher, kind=kind, lifetime=lifetime, actor="test")[1]
        for kind in (CredentialKind.API_KEY, CredentialKind.CLIENT_SECRET)
    ]
    return Account(publisher, *secrets)


def make_draft(workshop: Workshop, account: Account, *, name: str = "Sample") -> Product:
    """A product without a package, for tests that are not about its key: RSA, of 1024 bits because it is quick."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return make_product(workshop.tools, publisher=account.publisher, name=name, actor="test", pem=pem)


def make_published(
    workshop: Workshop,
    account: Account,
    package: bytes | None = None,
    *,
    name: str = "Sample",
    product: Product | None = None,
) -> Product:
    """A product (or this one) that is in the store with version 1.0.0 (or with ``package``)."""
    product = product or make_draft(workshop, account, name=name)
    path = workshop.tools.settings.data / "first.zip"
    path.write_bytes(package or make_zip())
    # In a running store its engine may take a step first; then it is waited for.
    database = workshop.tools.database
    upload = put_package(workshop, product=product, publisher=account.publisher, path=path, actor="test")
    wait_until(lambda: _state(database, upload.id) is not OperationState.IN_PROGRESS)
    submission = submit(workshop, product_id=product.id, notes="", actor="test")
    assert isinstance(submission, Submission), submission
    if submission.certification is CertificationPolicy.AUTOMATIC:
        wait_until(lambda: _product(database, product.id).state is ProductState.IN_STORE)
    return _product(database, product.id)


def _product(database: Database, product_id: str) -> Product:
    return database.read(find_product, id_or_crx_id=product_id)


def _state(database: Database, operation_id: str) -> OperationState:
    operation = database.read(read_operation, operation_id=operation_id)
    assert operation is not None
    return operation.state


@contextmanager
def fresh_database(postgres_url: str, *, template: str = "template1") -> Iterator[str]:
    """A fresh database on a PostgreSQL server, for the length of the block: empty, or a copy of a template."""
    name = f"test_{uuid.uuid4().hex}"
    server = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@dataclass(slots=True)
class RunningStore:
    """A store that answers on ``url``, served by a thread of this process; its inside is at hand."""

    url: str
    workshop: Workshop
    http: httpx2.Client = field(repr=False)
    stop: Any = field(repr=False)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Look again and again until the condition holds; other processes may bring it about."""
        wait_until(condition)

    def product(self, product_id: str) -> Product:
        """The product as it is now."""
        return self.workshop.tools.database.read(find_product, id_or_crx_id=product_id)

    def upload(self, account: Account, product_id: str, package: bytes) -> str:
        """Upload and return the operation's id."""
        answer = self.http.post(
            f"/v1/products/{product_id}/submissions/draft/package",
            content=package,
            headers=account.headers | {"Content-Type": "application/zip"},
        )
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])

    def publish(self, account: Account, product_id: str, notes: bytes = b"") -> str:
        """Publish the draft and return the operation's id."""
        answer = self.http.post(
            f"/v1/products/{product_id}/submissions", content=notes, headers=account.headers
        )
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])

    def status(self, account: Account, product_id: str, operation_id: str, *, kind: str = "publish") -> Any:
        """The operation's JSON once it has ended."""
        between = "draft/package/" if kind == "upload" else ""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            answer = self.http.get(
                f"/v1/products/{product_id}/submissions/{between}operations/{operation_id}",
                headers=account.headers,
            )
            assert answer.status_code == 200, answer.text
            if answer.json().get("status") != "InProgress":
                return answer.json()
        raise AssertionError(f"operation {operation_id} has not ended in {PATIENCE_SECONDS} seconds")


@contextmanager
def running_store(settings: Settings, clock: Clock | None = None) -> Iterator[RunningStore]:
    """The real server on a port that the system chooses, until the end of the block."""
    settings, listening = listen(settings.model_copy(update={"port": 0}))
    ready: threading.Event = threading.Event()
    found: dict[str, Any] = {}
    with listening, open_store(settings, clock) as workshop:

        async def run() -> None:
            found["loop"], found["stopping"] = asyncio.get_running_loop(), asyncio.Event()

            def on_ready(url: str) -> None:
                found["url"] = url
                ready.set()

            await serve(workshop, listening, on_ready=on_ready, stopping=found["stopping"])

        def body() -> None:
            try:
                uvloop.run(run())
            except BaseException as error:
                found["error"] = error
                raise
            finally:
                ready.set()

        thread = threading.Thread(target=body, name="test-store")
        thread.start()

        def stop() -> None:
            if thread.is_alive():
                found["loop"].call_soon_threadsafe(found["stopping"].set)
            thread.join()

        ready.wait()
        try:
            if "url" not in found:
                raise RuntimeError("the store did not start") from found.get("error")
            with httpx2.Client(base_url=found["url"], timeout=PATIENCE_SECONDS, trust_env=False) as http:
                yield RunningStore(found["url"], workshop, http, stop)
        finally:
            stop()


@dataclass(slots=True)
class StoreProcess:
    """``openaddons serve`` or ``openaddons worker`` as a process of its own."""

    process: "subprocess.Popen[str]"
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()
        self._close()

    def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self._close()
        return code

    def _close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()


def start_process(command: str, settings: Settings, *arguments: str, **environment: str) -> StoreProcess:
    """Start ``openaddons COMMAND`` on the settings' data and database; returns when it is ready."""
    given = {"OPENADDONS_DATA": str(settings.data)} | environment
    if settings.database is not None:
        given["OPENADDONS_DATABASE"] = settings.database
    if settings.objects is not None:
        given["OPENADDONS_OBJECTS"] = settings.objects
    if command == "serve":
        arguments = ("--port", "0", *arguments)
    with (settings.data / f"{command}.log").open("a") as log_file:
        process = subprocess.Popen(
            [sys.executable, "-m", "openaddons", command, "--ready-json", *arguments],
            env=os.environ | given,
            stdout=subprocess.PIPE,
            stderr=log_file,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        process.stdout.close()
        log = Path(settings.data / f"{command}.log").read_text(encoding="utf-8")
        raise RuntimeError(f"openaddons {command} ended with {process.returncode}:\n{log[-4000:]}")
    return StoreProcess(process, json.loads(line))
