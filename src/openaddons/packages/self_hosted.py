"""A package as a store of its own serves it: the manifest says where updates come from.

Without ``update_url`` a browser installs the package and then asks its vendor's store for updates
(extensions/common/manifest_url_handlers.cc); an uploaded package may not carry one.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from openaddons.packages import browser_json
from openaddons.packages.archive import MANIFEST_NAME, Archive
from openaddons.packages.findings import Limits
from openaddons.packages.images import Image, read_image
from openaddons.packages.resources import resource_name

_ICON_SIZE: Final = 128
_ICON_BYTES_LIMIT: Final = 1 << 20


def read_keys(archive: Archive, limits: Limits) -> dict[str, Any]:
    """The keys of the manifest of a package that passed its check."""
    data = archive.read(MANIFEST_NAME, limits.manifest_bytes)
    keys: dict[str, Any] = browser_json.parse(data, max_depth=limits.json_depth).value
    return keys


def packed_manifest(keys: Mapping[str, Any], *, version: str, update_url: str) -> bytes:
    """The manifest to be signed: as uploaded, with the release's version and the URL of its updates."""
    return json.dumps(dict(keys) | {"version": version, "update_url": update_url}, indent=2).encode()


def read_icon(archive: Archive, keys: Mapping[str, Any]) -> bytes | None:
    """The add-on's icon of 128 pixels, else of the next size above it, else the largest. None without any."""
    icons = keys.get("icons")
    paths = {
        int(size): path
        for size, path in (icons.items() if isinstance(icons, dict) else ())
        if isinstance(path, str) and size.isascii() and size.isdigit()
    }
    # Larger ones first if none is large enough.
    for size in sorted(paths, key=lambda size: (size < _ICON_SIZE, size if size >= _ICON_SIZE else -size)):
        entry = archive.files.get(resource_name(paths[size]) or "")
        if entry is not None and entry.size_bytes <= _ICON_BYTES_LIMIT:
            data = archive.read(entry.name, _ICON_BYTES_LIMIT)
            if isinstance(read_image(data), Image):
                return data
    return None
