"""Version numbers of add-ons: one to four integers, compared as the browser does."""

import re
from dataclasses import dataclass, field
from typing import Self

# No sign, no blanks, ASCII digits alone; "0" may stand alone but may not lead ("1.01" would be read as 1.1).
_FORM = re.compile(r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){0,3}")
_LARGEST_PART = 65_535


@dataclass(frozen=True, slots=True, order=True)
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

    parts: tuple[int, int, int, int]
    text: str = field(compare=False)

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
        if max(numbers) > _LARGEST_PART:
            raise ValueError(f"a part is greater than {_LARGEST_PART}")
        if not any(numbers):
            raise ValueError("all parts are zero")
        one, two, three, four = [*numbers, 0, 0, 0][:4]
        return cls((one, two, three, four), text)

    def __str__(self) -> str:
        return self.text
