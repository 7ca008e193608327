"""The store that is measured: ``openaddons serve`` as anybody starts it, but for its limits on uploads."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.machine import Server, running

_NO_LIMITS: Final = {
    "OPENADDONS_UPLOADS_PER_MINUTE": "1000000",
    "OPENADDONS_PUBLISHES_PER_MINUTE": "1000000",
    "OPENADDONS_UPLOADS_AT_ONCE": "64",
    "OPENADDONS_STATUS_WAIT_SECONDS": "25",
    "OPENADDONS_LOG_LEVEL": "warning",
}


def make_package(version: str = "1.0.0", *, padding: bytes = b"") -> bytes:
    """A good package; ``padding`` lies in it as it is."""
    manifest = {"manifest_version": 3, "name": "Bench", "version": version, "description": "A package."}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("padding.bin", padding)
    return packed.getvalue()


@dataclass(frozen=True, slots=True)
class Store:
    """A running store with one product in it."""

    server: Server
    port: int
    data: Path
    product_id: str
    crx_id: str
    publisher: Mapping[str, str]
    """What `openaddons publisher create` said: the credentials, by name."""

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"ApiKey {self.publisher['api_key']}",
            "X-ClientID": self.publisher["client_id"],
        }

    @property
    def upload_path(self) -> str:
        return f"{self.publish_path}/draft/package"

    @property
    def publish_path(self) -> str:
        return f"/v1/products/{self.product_id}/submissions"

    def status_path(self, operation_id: str) -> str:
        return f"{self.upload_path}/operations/{operation_id}"

    def upload(self, package: bytes) -> str:
        """Upload a package; the operation's id."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request(
            "POST", self.upload_path, package, self.headers | {"Content-Type": "application/zip"}
        )
        answer = connection.getresponse()
        assert answer.status == 202, answer.read()
        connection.close()
        return str(answer.headers["Location"])

    def wait_for_end(self, operation_id: str) -> bytes:
        """The status answer once the operation has ended; with it, all operations before have."""
        connection = HTTPConnection("127.0.0.1", self.port)
        while True:
            connection.request("GET", self.status_path(operation_id), headers=self.headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            if json.loads(body)["status"] != "InProgress":
                connection.close()
                return body

    def clear(self) -> None:
        """Remove what was uploaded; every operation must have ended."""
        for path in (self.data / "objects").glob("??/*"):
            path.unlink()


@contextmanager
def running_store(
    data: Path, *, core: int, package: bytes | None = None, prepare: Callable[[Path], None] = lambda _: None
) -> Iterator[Store]:
    """A store in the folder ``data``, on a core of its own; ``prepare`` may change the folder before it runs."""
    first = data.with_suffix(".zip")
    first.write_bytes(package or make_package())
    publisher = _operate(data, "publisher", "create", "Bench")
    product = _operate(
        data, "product", "create", "--publisher", "Bench", "--package", str(first), "--published"
    )
    prepare(data)
    command = [
        sys.executable,
        "-m",
        "openaddons",
        "serve",
        "--data",
        str(data),
        "--port",
        "0",
        "--ready-json",
    ]
    with running(command, core=core, environment=_NO_LIMITS) as server:
        assert server.process.stdout is not None
        port = urlsplit(json.loads(server.process.stdout.readline())["url"]).port
        assert port is not None
        yield Store(server, port, data, product["product_id"], product["crx_id"], publisher)


def _operate(data: Path, *command: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "openaddons", *command, "--data", str(data), "--json"],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)
