"""Patterns that are compiled when they are first used: most packages give occasion to use a few of them alone."""

import re
from typing import Any, AnyStr, cast


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As ``re.compile``, later; where a pattern cannot be compiled, its first use fails."""
    return cast("re.Pattern[AnyStr]", _Late(text, flags))


class _Late:
    def __init__(self, text: Any, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        """A method of the pattern. It is kept, so that the next use finds it at once."""
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found
