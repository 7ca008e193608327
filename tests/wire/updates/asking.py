"""Update checks as tests make them, and what an answer says."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from tests.stores import RunningStore

NOBODYS_CRX_ID = "a" * 32
_NAMESPACE = "{http://www.google.com/update2/response}"


def asked(crx_id: str, version: str = "0.0.0.0") -> str:
    """One ``x``, as Chromium writes it."""
    return f"x=id%3D{crx_id}%26v%3D{version}%26installsource%3Dnotfromwebstore%26installedby%3Dpolicy%26uc"


def check(*parts: str, path: str = "/updates") -> str:
    """The target of a check."""
    return f"{path}?{'&'.join(('os=linux', 'prod=chromiumcrx', *parts))}"


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says of an add-on."""

    crx_id: str
    status: str
    update: dict[str, str] | None
    """The attributes of its ``updatecheck``."""


def read_answer(body: bytes) -> list[Told]:
    """The add-ons of an answer, in its order."""
    assert body.startswith(b"<?xml ")
    root = ET.fromstring(body)  # our own
    assert root.tag == f"{_NAMESPACE}gupdate"
    assert root.get("protocol") == "2.0"
    told = []
    for app in root.findall(f"{_NAMESPACE}app"):
        found = app.find(f"{_NAMESPACE}updatecheck")
        told.append(Told(app.attrib["appid"], app.attrib["status"], None if found is None else found.attrib))
    return told


def offered_version(body: bytes) -> str | None:
    """The version that the only add-on of an answer is offered."""
    (only,) = read_answer(body)
    return None if only.update is None else only.update.get("version")


def package_path(body: bytes) -> str:
    """Where the first package of an answer is: path and query."""
    found = re.search(rb'codebase="https?://[^/"]+(/[^"]+)"', body)
    assert found, body
    return found[1].decode()


def offer_of(store: RunningStore, crx_id: str) -> bytes:
    """The answer that offers an add-on which is just published."""
    bodies: list[bytes] = []

    def is_offered() -> bool:
        bodies.append(store.http.get(check(asked(crx_id))).content)
        return b" hash_sha256=" in bodies[-1]

    store.wait_for(is_offered)
    return bodies[-1]
