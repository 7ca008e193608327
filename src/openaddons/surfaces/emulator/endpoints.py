"""Which endpoint a request is for, as fault rules and the journal name it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.routing import compile_path

from openaddons.ids import read_guid
from openaddons.surfaces.edge.app import (
    PREFIXES,
    PUBLISH_PATH,
    PUBLISH_STATUS_PATH,
    UPLOAD_PATH,
    UPLOAD_STATUS_PATH,
)
from openaddons.surfaces.emulator.wire import EndpointName
from openaddons.surfaces.updates.app import STORE_PATHS, UPDATES_PATH

CONTROL_PATH: Final = "/emulator"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about, as far as its path says it."""

    endpoint: EndpointName | None
    product_id: str | None = None
    operation_id: str | None = None


def _table() -> Iterator[tuple[str | None, re.Pattern[str], EndpointName]]:
    """Method (None: any), path and name; the first that fits."""
    calls = (
        ("POST", UPLOAD_PATH, EndpointName.UPLOAD),
        ("GET", UPLOAD_STATUS_PATH, EndpointName.UPLOAD_STATUS),
        ("POST", PUBLISH_PATH, EndpointName.PUBLISH),
        ("GET", PUBLISH_STATUS_PATH, EndpointName.PUBLISH_STATUS),
    )
    for method, path, name in calls:
        for prefix in PREFIXES:
            yield method, compile_path(prefix + path)[0], name
    yield "POST", re.compile(r"/[^/]+/oauth2/v2\.0/token$"), EndpointName.TOKEN
    yield None, re.compile(r"/manage/v1/products/(?P<product_id>[^/]+)"), EndpointName.MANAGE
    yield None, re.compile(r"/manage/v1/"), EndpointName.MANAGE
    for path in (UPDATES_PATH, *STORE_PATHS):
        yield None, re.compile(path + r"(/|$)"), EndpointName.UPDATES
    yield None, re.compile(r"/packages/"), EndpointName.PACKAGES


_TABLE: Final = tuple(_table())


def what_is_asked(method: str, path: str) -> Asked:
    """The endpoint of a request, with the ids in its path."""
    for wanted, pattern, name in _TABLE:
        found = pattern.match(path) if wanted in {None, method} else None
        if found is not None:
            ids = {key: read_guid(value) for key, value in found.groupdict().items()}
            return Asked(name, product_id=ids.get("product_id"), operation_id=ids.get("operation_id"))
    return Asked(None)
