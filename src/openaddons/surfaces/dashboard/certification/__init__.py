"""Certification: the reviewers' queue, a submission as each side sees it, its files, and who approves."""

from typing import Final

from openaddons.surfaces.dashboard.certification import files, policies, queue, reviewing, submission
from openaddons.surfaces.dashboard.pages import Page

PAGES: Final[tuple[Page, ...]] = (
    *queue.PAGES,
    *reviewing.PAGES,
    *files.PAGES,
    *submission.PAGES,
    *policies.PAGES,
)
