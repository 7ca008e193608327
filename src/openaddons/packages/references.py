"""URLs in a manifest that lead to a file of the package: pages, and the service worker.

Unlike plain paths (``resources``), they are resolved like links on a page of the extension: ``?…`` and ``#…``
are cut off, backslashes are slashes, ``..`` and ``%20`` are worked out (Extension::GetResourceURL and
file_util::ExtensionURLToRelativeFilePath).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from openaddons.packages.regexes import regex
from openaddons.packages.resources import REMEMBERED_PATHS, resource_name

_ABOVE: Final = "../"
_BLANKS: Final = "".join(map(chr, range(33)))
_LINE_BREAKS = regex("[\t\r\n]")
_OWN_SCHEME = regex(r"chrome-extension:(?![/\\])", re.IGNORECASE)
_SCHEME = regex("[A-Za-z][A-Za-z0-9+.-]*:")
_QUERY_OR_FRAGMENT = regex("[?#]")
_ENCODED_DOT = regex("%2e", re.IGNORECASE)
# An escaped slash is neither part of a name nor a separator.
_REFUSED_ESCAPE = regex("%(?:2f|5c|00)", re.IGNORECASE)
_ESCAPE = regex(rb"%([0-9A-Fa-f]{2})")
_HEX: Final[Callable[[re.Match[bytes]], bytes]] = lambda match: bytes.fromhex(match[1].decode())  # noqa: E731 - typed


@lru_cache(maxsize=REMEMBERED_PATHS)
def page_name(url: str) -> str | None:
    """The name of the file that ``url`` leads to, whether or not the package has it.

    None if it leads to no file of the package. Where ``..`` climbs out of the package the name begins with
    ``../``, so that no package has it: browsers stop at the root instead, but such a path is a mistake.
    """
    reference = _LINE_BREAKS.sub("", url.strip(_BLANKS))
    reference = _OWN_SCHEME.sub("", reference, count=1)
    if _SCHEME.match(reference):
        return None
    path = _QUERY_OR_FRAGMENT.split(reference, maxsplit=1)[0].replace("\\", "/")
    if path.startswith("//") or _REFUSED_ESCAPE.search(path):
        return None
    resolved, is_above = _without_dots(path)
    name = resource_name(_ESCAPE.sub(_HEX, resolved.encode()).decode(errors="replace"))
    return f"{_ABOVE}{name}" if is_above and name is not None else name


def climbs(name: str) -> bool:
    """Whether a name of :func:`page_name` leads out of the package."""
    return name.startswith(_ABOVE)


def _without_dots(path: str) -> tuple[str, bool]:
    """The path with ``.`` and ``..`` worked out, and whether it climbed above the root."""
    kept: list[str] = []
    climbs = False
    segments = path.lstrip("/").split("/")
    for segment in segments:
        dots = _ENCODED_DOT.sub(".", segment)
        if dots == "..":
            climbs = climbs or not kept
            del kept[-1:]
        elif dots != ".":
            kept.append(segment)
    # "a/." and "a/.." are folders, as "a/" is.
    if _ENCODED_DOT.sub(".", segments[-1]) in {".", ".."}:
        kept.append("")
    return "/".join(kept).lstrip("/"), climbs
