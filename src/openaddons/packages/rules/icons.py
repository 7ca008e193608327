"""Rules on the pictures that the manifest names: icons, an action's icons, a theme's images."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from openaddons.packages.images import Image, Undecodable, read_image
from openaddons.packages.regexes import regex
from openaddons.packages.resources import is_image_name, resource_name
from openaddons.packages.rules.reach import EVERY
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import ABSENT, given, given_texts

_STORE_ICON = "128"
# base::StringToInt, then manifest_handler_helpers.cc LoadValidSizeFromString.
_SIZE = regex(r"[+]?0*([1-9][0-9]{0,3})")
_LARGEST_SIZE: Final = 2048
# More than any decodable picture has: 4 million pixels of 8 bytes.
_MOST_BYTES: Final = 40 << 20


class _Icon(NamedTuple):
    """A picture that the manifest names by a path into the package."""

    key: tuple[str | int, ...]
    name: str
    """Of the file."""
    size: int | None = None
    """What the manifest says of its width and height."""

    @property
    def ignored(self) -> bool:
        """The browser does not even look whether the file is there."""
        return not is_image_name(self.name)


def _size(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    size = int(match[1]) if match else 0
    return size if 0 < size <= _LARGEST_SIZE else None


def _action(subject: Subject) -> str:
    """The key of the action that the browser reads. With the other key's, it does nothing."""
    keys = ("action", "page_action")
    return next((key for key in keys if given(subject, key) is not ABSENT), "browser_action")


def _icon_sets(subject: Subject) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The objects of sizes and paths, each with its place."""
    keys = subject.manifest.keys
    if isinstance(keys.get("icons"), dict):
        yield ("icons",), keys["icons"]
    place = (_action(subject), "default_icon")
    icons = given(subject, *place)
    if isinstance(icons, dict):
        yield place, icons


def _icons(subject: Subject) -> Iterator[_Icon]:
    """The icons that are named as they should be. Others are IconsInvalid or ActionInvalid."""
    for place, icons in _icon_sets(subject):
        for size, path in icons.items():
            if isinstance(path, str) and (name := resource_name(path)) is not None:
                yield _Icon((*place, size), name, _size(size))
    place = (_action(subject), "default_icon")
    path = given(subject, *place)
    if isinstance(path, str) and (name := resource_name(path)) is not None:
        yield _Icon(place, name)


def _theme_images(subject: Subject) -> Iterator[_Icon]:
    """A theme's images: a path, or an object of paths by scale."""
    for steps in (("theme", "images", EVERY), ("theme", "images", EVERY, EVERY)):
        for place, path in given_texts(subject, *steps):
            if (name := resource_name(path)) is not None:
                yield _Icon(place, name)


def _picture(subject: Subject, name: str) -> Image | Undecodable | None:
    """None if there is no such file, or if it cannot be unpacked."""
    return subject.contents.see(name, read_image, _MOST_BYTES)


@rule(
    "IconsInvalid",
    "error",
    message="Invalid value for '{key}'.",
    about="icons must be an object of paths into the package, each under its size from 1 to 2048; "
    "default_icon may be one too.",
    why="The browser picks a picture by the size that is its key. Chromium refuses the extension over a "
    "size outside 1 to 2048, or a picture that is no path into the package.",
    fix='Use {{"128": "icons/128.png"}}.',
    source="icons_handler.cc, manifest_handler_helpers.cc",
)
def icons_invalid(subject: Subject) -> Iterator[Fault]:
    keys = subject.manifest.keys
    if "icons" in keys and not isinstance(keys["icons"], dict):
        yield Fault(key=("icons",), facts={"key": "icons"})
    for place, icons in _icon_sets(subject):
        for size, path in icons.items():
            if _size(size) is None or not isinstance(path, str) or resource_name(path) is None:
                yield Fault(key=(*place, size), facts={"key": f'{".".join(place)}["{size}"]'})


@rule(
    "IconMissing",
    "error",
    message="Could not load icon '{path}' specified in '{key}'.",
    why="Chromium looks for every icon that the manifest names and refuses the extension if one is absent "
    "or has 0 bytes.",
    fix="Add the file; names are case-sensitive.",
    source="file_util.cc ValidateExtensionIconSet",
)
def icon_missing(subject: Subject) -> Iterator[Fault]:
    for icon in _icons(subject):
        entry = subject.archive.files.get(icon.name)
        if not icon.ignored and (entry is None or not entry.size_bytes):
            yield Fault(key=icon.key, facts={"path": icon.name, "key": icon.key[0]})


@rule(
    "IconUndecodable",
    "error",
    message="Could not decode image: '{name}' ({detail}).",
    why="Loaded from a folder the extension works. Installed from a store, Chromium decodes every picture "
    "first and gives up at this one; SVG it refuses there too.",
    fix="Replace it by a valid PNG.",
    source="sandboxed_unpacker.cc, image_sanitizer.cc: packed install refuses, load unpacked does not look",
)
def icon_undecodable(subject: Subject) -> Iterator[Fault]:
    told = set()
    for icon in (*_icons(subject), *_theme_images(subject)):
        if icon.ignored or icon.name in told:
            continue
        picture = _picture(subject, icon.name)
        entry = subject.archive.files.get(icon.name)
        if isinstance(picture, Undecodable) and entry is not None and entry.size_bytes:
            told.add(icon.name)
            yield Fault(file=icon.name, facts={"name": icon.name, "detail": str(picture)})
        elif entry is None and icon.key[:2] == ("theme", "images") and len(icon.key) == 4:
            # The theme's handler looks for files only where the value is a path.
            told.add(icon.name)
            yield Fault(key=icon.key, facts={"name": icon.name, "detail": "there is no such file"})


@rule(
    "IconMimeType",
    "warning",
    message="{path} is not an image and is ignored.",
    why="The browser knows pictures by the end of their names and does not even open this one. Users see a "
    "placeholder.",
    fix="Use .png.",
    source="manifest_handler_helpers.cc",
)
def icon_mime_type(subject: Subject) -> Iterator[Fault]:
    for icon in _icons(subject):
        if icon.ignored:
            yield Fault(key=icon.key, facts={"path": icon.name})


@rule(
    "IconsMissing",
    "warning",
    message="There is no 128 px icon.",
    why="Stores and the question before an installation show a picture of 128 pixels. Without one, a "
    "smaller one is blown up, or a placeholder is shown.",
    fix="Add icons 16, 48 and 128.",
    source='Chrome Web Store "prepare"; Edge manifest docs: recommended',
)
def icons_missing(subject: Subject) -> Iterator[Fault]:
    icons = subject.manifest.keys.get("icons", {})
    # A theme has no icon of its own in the browser.
    if "theme" not in subject.manifest.keys and isinstance(icons, dict) and _STORE_ICON not in icons:
        yield Fault(key=("icons",))


@rule(
    "IconSize",
    "warning",
    message="{path} is {width}x{height}, not {size}x{size}.",
    why="The browser scales it to the size that the manifest promises. A smaller picture gets blurred, and "
    "one that is not square gets out of shape.",
    fix="Scale it.",
    source="addons-linter ICON_SIZE_INVALID, ICON_NOT_SQUARE",
)
def icon_size(subject: Subject) -> Iterator[Fault]:
    for icon in _icons(subject):
        picture = None if icon.ignored or icon.size is None else _picture(subject, icon.name)
        if (
            isinstance(picture, Image)
            and picture.kind == "PNG"
            and (picture.width, picture.height) != (icon.size, icon.size)
        ):
            facts = {"path": icon.name, "width": picture.width, "height": picture.height, "size": icon.size}
            yield Fault(key=icon.key, facts=facts)
