"""docs/publishing.md shows what a person sees: real runs, in a terminal, at a real store."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_transcripts_are_what_a_terminal_shows() -> None:
    page = runpy.run_path(str(DOCS / "transcripts.py"))["publishing_page"]()

    assert page == (DOCS / "publishing.md").read_text(encoding="utf-8"), "run: make docs"
