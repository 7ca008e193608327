"""The answer of an update check, read as Chromium reads it (extensions/common/update_manifest.cc).

What it takes was measured: a byte order mark and other encodings, but nothing before the XML declaration; the
namespace and the protocol's version are required; of elements in other namespaces nothing is seen.
"""

from typing import Any, Final, NamedTuple
from xml.parsers import expat

_NAMESPACE: Final = "http://www.google.com/update2/response"


class Unreadable(Exception):  # noqa: N818 - a verdict on the bytes
    """No XML. The text says why."""


class OtherProtocol(Exception):  # noqa: N818 - a verdict on the bytes
    """XML, but not of this protocol. The text says why."""


class App(NamedTuple):
    """What the answer says of one add-on."""

    status: str
    checks: list[dict[str, str]]
    """The attributes of its ``<updatecheck>`` elements."""


def read_apps(body: bytes) -> dict[str, list[App]]:
    """The ``<app>`` elements by id. Raises `Unreadable` or `OtherProtocol`."""
    if body.lstrip() != body and body.lstrip().startswith(b"<?xml"):
        raise Unreadable("there are bytes before <?xml")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.EntityDeclHandler = reader.entity
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(str(error)) from None
    name, attributes = reader.root
    if name != f"{_NAMESPACE} gupdate":
        raise OtherProtocol(f"its root is not <gupdate xmlns='{_NAMESPACE}'>")
    if attributes.get("protocol") != "2.0":
        raise OtherProtocol(f"its protocol is {attributes.get('protocol', 'not said')}, not 2.0")
    return reader.apps


class _Reader:
    """Takes what expat finds."""

    def __init__(self) -> None:
        self.root: tuple[str, dict[str, str]] = ("", {})
        self.apps: dict[str, list[App]] = {}
        self._path: list[str] = []
        self._app = App("", [])

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) == 1:
            self.root = (name, attributes)
        elif self._path[1:] == [f"{_NAMESPACE} app"]:
            self._app = App(attributes.get("status", "ok"), [])
            self.apps.setdefault(attributes.get("appid", ""), []).append(self._app)
        elif self._path[1:] == [f"{_NAMESPACE} app", f"{_NAMESPACE} updatecheck"]:
            self._app.checks.append(attributes)

    def end(self, _name: str) -> None:
        self._path.pop()

    def entity(self, *_declared: Any) -> None:
        """Chromium expands none that is worth it; and they can be made to fill any memory."""
        raise Unreadable("it declares entities")
