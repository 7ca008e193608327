"""Ask the check about a small package."""

import io
import json
from typing import Any

from hypothesis import strategies as st

from openaddons.packages.check import Report, check
from tests.corpus.writer import Member, pack

SOUND: dict[str, Any] = {"manifest_version": 3, "name": "Tab Tally", "version": "1.2.0"}

FILES = dict.fromkeys(("a.js", "b.css", "p.html", "q.html", "d/p.html", "a b.html", "é.html"), b"1")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=12), values, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""


def report_on(keys: dict[str, Any], files: dict[str, bytes] | None = None) -> Report:
    """The report on a package with these keys besides the ones it must have."""
    content = {"manifest.json": json.dumps(SOUND | keys).encode(), **(FILES if files is None else files)}
    return check(io.BytesIO(pack([Member(name.encode(), data) for name, data in content.items()])))


def codes(keys: dict[str, Any], files: dict[str, bytes] | None = None) -> set[str]:
    """The rules that such a package breaks."""
    return {finding.code for finding in report_on(keys, files).findings}


def messages(code: str, keys: dict[str, Any], files: dict[str, bytes] | None = None) -> list[str]:
    """The messages of one rule."""
    return [finding.message for finding in report_on(keys, files).findings if finding.code == code]
