"""A proxy before a store that loses answers: from a chosen request on, the network is gone."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.stores import PATIENCE_SECONDS


@contextmanager
def cut_from(store_url: str, method: str, path_end: str) -> Iterator[str]:
    """The URL of the proxy. The first request with that method and end of path still reaches the store.

    Its answer does not come back, and from then on nothing gets through.
    """
    cut = threading.Event()
    store = urlsplit(store_url).netloc

    class Cutting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def carry(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.close_connection = True
            if cut.is_set():
                return
            connection = http.client.HTTPConnection(store, timeout=PATIENCE_SECONDS)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if self.command == method and self.path.split("/operations/")[0].endswith(path_end):
                cut.set()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.carry()

        def do_POST(self) -> None:
            self.carry()

        def log_message(self, *_facts: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Cutting) as server:
        thread = threading.Thread(target=server.serve_forever, name="test-cutting")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
