"""Tables for people, and whether an aim is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Aim:
    """What a ratio should reach."""

    of: str
    at_least: float

    def verdict(self, ratio: float) -> str:
        """One line: the aim, and whether it is met."""
        word = "met" if ratio >= self.at_least else "MISSED"
        return f"aim: {self.of}, at least {self.at_least:.2f}: {ratio:.2f}, {word}"


def at_most(what: str, limit: float, found: float) -> str:
    """One line: the most that a ratio may be, and whether it is kept."""
    return f"limit: {what}, at most {limit:g}: {found:.2f}, {'met' if found <= limit else 'MISSED'}"


_NOISE_CORES: Final = 0.2


def warn_of_strangers(cores: Sequence[float]) -> list[str]:
    """A line that says whether others were busy: then rates mean little, and CPU figures are a little high."""
    busiest = max(cores)
    if busiest < _NOISE_CORES:
        return []
    middle = statistics.median(cores)
    busy = f"others kept {middle:.2f} cores busy (at most {busiest:.2f})"
    return [f"  NOT QUIET: {busy}; believe the CPU figures, not the rates"]


def spread(ratios: Sequence[float]) -> str:
    """The median of per-round ratios, with the least and the greatest."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns: the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  " + "  ".join([first, *rest]).rstrip())
    return "\n".join(lines)
