"""Version numbers of add-ons: one to four integers, compared as the browser does."""

from functools import total_ordering
from typing import Self

from openaddons.packages.regexes import regex

# No sign, no blanks, ASCII digits alone; "0" may stand alone but may not lead ("1.01" would be read as 1.1).
_FORM = regex(r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){0,3}")
LARGEST_PART = 65_535
# base::Version takes any number of parts; only the first must not have leading zeros.
_BROWSER_FORM = regex(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)*")
_LARGEST_OF_BROWSER = 0xFFFF_FFFF


@total_ordering
class Version:
    """A version number.

    Compared part by part, missing parts being 0 (Chromium's ``base::Version::CompareTo``), so ``1.0`` and
    ``1.0.0`` are equal; ``str()`` gives back what the publisher wrote.

    >>> Version.parse("1.2") < Version.parse("1.10")
    True
    >>> Version.parse("1.0") == Version.parse("1.0.0")
    True
    >>> str(Version.parse("1.0.0"))
    '1.0.0'
    """

    __slots__ = ("parts", "text")

    def __init__(self, parts: tuple[int, int, int, int], text: str) -> None:
        self.parts = parts
        self.text = text

    def __eq__(self, other: object) -> bool:
        return self.parts == other.parts if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self.parts < other.parts if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.parts)

    def __repr__(self) -> str:
        return f"Version.parse({self.text!r})"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The version that ``text`` writes.

        Narrower than the browser, which takes parts up to 4294967295, leading zeros and 0.0.0.0: the stores
        do not (developer.chrome.com, manifest/version).

        Raises:
            ValueError: it is no such number.
        """
        if not _FORM.fullmatch(text):
            raise ValueError("not 1 to 4 integers without leading zeros, separated by dots")
        numbers = [int(part) for part in text.split(".")]
        if max(numbers) > LARGEST_PART:
            raise ValueError(f"a part is greater than {LARGEST_PART}")
        if not any(numbers):
            raise ValueError("all parts are zero")
        one, two, three, four = [*numbers, 0, 0, 0][:4]
        return cls((one, two, three, four), text)

    def __str__(self) -> str:
        return self.text


def is_browser_version(text: str) -> bool:
    """Whether the browser takes it for a version number: of itself, or of a module that is imported."""
    if not _BROWSER_FORM.fullmatch(text):
        return False
    parts = [part.lstrip("0") for part in text.split(".")]
    # Longer numbers need not be converted to know that.
    return all(len(part) <= 10 and int(part or 0) <= _LARGEST_OF_BROWSER for part in parts)
