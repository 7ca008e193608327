"""Rules on ``theme``."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from openaddons.packages.resources import is_image_name
from openaddons.packages.rules.shapes import STRING, Misfit, record
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import given, misfits


def _image(value: Any) -> Iterator[Misfit]:
    """A path, or an object of paths by scale."""
    if not isinstance(value, dict):
        yield from STRING(value)
        return
    for scale, path in value.items():
        for misfit in STRING(path):
            yield misfit.below(scale)


def _color(value: Any) -> Iterator[Misfit]:
    is_color = (
        isinstance(value, list)
        and len(value) in {3, 4}
        and all(type(part) is int for part in value[:3])
        and all(type(part) in {int, float} for part in value[3:])
    )
    if not is_color:
        yield Misfit((), "colors must be integers")


def _tint(value: Any) -> Iterator[Misfit]:
    if not (
        isinstance(value, list) and len(value) == 3 and all(type(part) in {int, float} for part in value)
    ):
        yield Misfit((), "tints must be lists of three numbers")


_OBJECT = record()
_MEMBERS = {"images": _image, "colors": _color, "tints": _tint}


def _theme(value: Any) -> Iterator[Misfit]:
    """What is no object where one should be is ignored, except the theme itself."""
    yield from _OBJECT(value)
    for key, shape in _MEMBERS.items() if isinstance(value, dict) else ():
        members = value.get(key)
        for name, inner in members.items() if isinstance(members, dict) else ():
            for misfit in shape(inner):
                yield misfit.below(name).below(key)


@rule(
    "ThemeInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="theme must name images of the package; a color has 3 or 4 numbers and a tint has 3.",
    why="Chromium refuses the whole theme over one colour, tint or picture that it cannot use.",
    fix="Name images of the package; write colors as [red, green, blue].",
    source="theme_handler.cc",
)
def theme_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "theme", shape=_theme)
    images = given(subject, "theme", "images")
    names = tuple(subject.archive.files)
    for name, path in images.items() if isinstance(images, dict) else ():
        # Of a file by scale, the browser does not ask here whether it is there.
        if isinstance(path, str) and not _is_there(subject, path, names):
            key = ("theme", "images", name)
            yield Fault(key=key, facts={"where": ".".join(key), "problem": f"there is no file '{path}'"})


def _is_there(subject: Subject, path: str, names: Sequence[str]) -> bool:
    """Also if the browser does not look: it ignores a file whose name is no image's, though not one without.

    ``names`` are those of all files, sorted: a theme can name fifty thousand images, and hold twenty thousand.
    """
    components = [component for component in path.split("/") if component not in {"", "."}]
    if "." in (components or [""])[-1].lstrip(".") and not is_image_name(path):
        return True
    name = "/".join(components)
    # A folder is there too, and the empty path is the package's.
    at = bisect_left(names, f"{name}/")
    in_folder = at < len(names) and names[at].startswith(f"{name}/")
    return not name or in_folder or name in subject.archive.files
