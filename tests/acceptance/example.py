"""The example extension, packed as its author would."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

EXAMPLE: Final = Path(__file__).parent.parent.parent / "examples" / "tab-tally"


def zip_of_example(version: str, **keys: Any) -> bytes:
    """Its files, with this version and these keys in its manifest."""
    manifest = json.loads((EXAMPLE / "manifest.json").read_text(encoding="utf-8"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest | {"version": version} | keys))
        for path in sorted(EXAMPLE.rglob("*")):
            if path.is_file() and path.name != "manifest.json":
                archive.write(path, path.relative_to(EXAMPLE))
    return packed.getvalue()
