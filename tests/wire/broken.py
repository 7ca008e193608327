"""A store for the doctor: every answer can be made wrong in one way."""

import contextlib
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from openaddons.packages.crx3 import write_crx

GUPDATE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gupdate xmlns="http://www.google.com/update2/response" protocol="2.0">{apps}</gupdate>'
)
CRX_TYPE = "application/x-chrome-extension"


def make_crx(**keys: Any) -> tuple[str, bytes]:
    """A signed package with these keys in its manifest, and its CRX ID."""
    packed, signed = io.BytesIO(), io.BytesIO()
    manifest = {"manifest_version": 3, "name": "Sample", "version": "1.0"} | keys
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "manifest.json",
            json.dumps({name: value for name, value in manifest.items() if value is not None}),
        )
    packed.seek(0)
    info = write_crx(packed, signed, ec.generate_private_key(ec.SECP256R1()))
    return info.crx_id, signed.getvalue()


@dataclass
class Reply:
    """What is sent to a request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class BrokenStore:
    """Replies by path; the queries that came."""

    url: str
    replies: dict[str, Reply] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)

    def offer(self, crx_id: str, crx: bytes, **changed: str | None) -> None:
        """Offer a package as a good store does, but for these attributes."""
        attributes = {
            "codebase": f"{self.url}/package.crx",
            "version": "1.0",
            "hash_sha256": hashlib.sha256(crx).hexdigest(),
            "size": str(len(crx)),
        } | changed
        written = " ".join(f'{name}="{value}"' for name, value in attributes.items() if value is not None)
        self.say(f'<app appid="{crx_id}" status="ok"><updatecheck {written}/></app>')
        self.replies["/package.crx"] = Reply(crx, headers={"Content-Type": CRX_TYPE})

    def say(self, apps: str) -> None:
        """Answer update checks with these elements."""
        self.replies["/updates"] = Reply(GUPDATE.format(apps=apps).encode())


@contextlib.contextmanager
def broken_store() -> Iterator[BrokenStore]:
    """A server on a port of its own, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            store.queries.append(query)
            store.cookies += self.headers.get_all("Cookie", [])
            reply = store.replies.get(path, Reply(status=404))
            self.send_response(reply.status)
            for name, value in ({"Content-Length": str(len(reply.body))} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(reply.body)

        def log_message(self, *message: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store = BrokenStore(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
