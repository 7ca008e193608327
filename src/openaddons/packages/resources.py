"""Paths in a manifest, and which file of the package each leads to.

Browsers compare names byte by byte, whatever the file system of the developer did.
"""

import re
from functools import lru_cache
from typing import Final

from openaddons.packages.regexes import regex

# base/i18n/file_util_icu.cc: illegal anywhere in a name. Of the format characters, joiners are letters' parts.
_ILLEGAL = regex(
    '["*/:<>?\\\\|\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b\u200e\u200f'
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0001"
    "\U000e0020-\U000e007f]"
)
# net/base/filename_util.cc: names that Windows takes for a device or for an order to its shell.
_MAGIC = regex(
    r"(?:con|prn|aux|nul|(?:com|lpt)[1-9]|clock\$)(?:\..*)?|desktop\.ini|thumbs\.db|.*\.(?:local|lnk)",
    re.IGNORECASE | re.DOTALL,
)
# net/base/mime_util.cc: types of images that blink or extensions know. Not what decodes: an .svg is none of that.
_IMAGE = regex(
    r".*\.(?:a?png|jpe?g|jfif|pjpeg|pjp|gif|bmp|ico|webp|avif|jxl|xbm|svgz?)", re.IGNORECASE | re.DOTALL
)
_SEPARATORS: Final = regex("/+")
REMEMBERED_PATHS: Final = 16
"""Rules ask of the same paths one after the other. Each may be a MiB long, so not many are kept."""


@lru_cache(maxsize=REMEMBERED_PATHS)
def resource_name(path: str) -> str | None:
    """The name of the file that a path in a manifest stands for, whether or not the package has it.

    None if the browser does not take it for a path into the package: Extension::GetResource with
    net::IsSafePortableRelativePath. One leading slash and one leading "./" are dropped; "a/../b" is refused,
    as are names that some system hides or cannot have.
    """
    relative = path.removeprefix("/")
    if not relative or relative.startswith("/") or relative.endswith("/"):
        return None
    components = _SEPARATORS.split(relative)
    if components[0] == "." and len(components) > 1:
        del components[0]
    # Each once: a hostile path repeats one half a million times.
    return "/".join(components) if all(map(_is_portable, set(components))) else None


def is_image_name(name: str) -> bool:
    """Whether the browser takes a file for an image before it looks into it. It ignores icons of other names."""
    return _IMAGE.fullmatch(name) is not None


def _is_portable(component: str) -> bool:
    """net::IsSafePortablePathComponent: no hidden file, no end that Windows drops, no device."""
    return (
        component[0] not in ".~"
        and component[-1] not in ".~"
        and component.strip() == component
        and _ILLEGAL.search(component) is None
        and _MAGIC.fullmatch(component) is None
        # ".{…}" at the end, a class id to Windows. As part of the expression it took time squared.
        and not (component.endswith("}") and ".{" in component)
    )
