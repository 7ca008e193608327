"""What all pages share: the look, how their fixed files are served, and how they tell times and sizes."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from openaddons.errors import NotFound
from openaddons.text import size_in_words

HERE: Final = Path(__file__).parent
LOOK: Final = (HERE / "tokens.css", HERE / "base.css")
"""The style sheets that each page begins with."""
MARK: Final = (HERE / "mark.svg",)
IMMUTABLE: Final = b"max-age=31536000, immutable"
NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
INERT: Final = (b"content-security-policy", b"default-src 'none'; sandbox")
"""For bytes of others: opened by themselves they may do nothing."""
_MEDIA_TYPES: Final = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}


class FixedFiles:
    """Files of the program itself, each made of one or several, at addresses that name their bytes."""

    def __init__(self, files: Mapping[str, tuple[Path, ...]], *, path: str) -> None:
        self._path = path
        self.content = {name: b"\n".join(each.read_bytes() for each in of) for name, of in files.items()}
        self._tags = {name: hashlib.sha256(data).hexdigest()[:16] for name, data in self.content.items()}

    def address(self, name: str) -> str:
        """Where the file is."""
        return f"{self._path}/{name}?v={self._tags[name]}"

    def find(self, name: str, *, tag: str | None) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
        """A file and its headers; ``tag`` is what the address says. Raises `NotFound`."""
        if name not in self.content:
            raise NotFound
        cached = IMMUTABLE if tag == self._tags[name] else b"no-cache"
        media_type = _MEDIA_TYPES[Path(name).suffix]
        headers = ((b"content-type", media_type), (b"cache-control", b"public, " + cached), INERT, NOSNIFF)
        return self.content[name], headers


def open_templates(*folders: Path) -> Environment:
    """The templates in some folders: whatever they show is escaped."""
    templates = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.filters |= {"size": size_in_words, "moment": moment}
    return templates


def moment(time: datetime) -> str:
    """A time as people read it, with its zone."""
    return f"{time:%Y-%m-%d %H:%M} UTC"
