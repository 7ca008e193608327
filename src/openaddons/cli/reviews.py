"""A review as text: what a package may do, what it changes, and what the check warned of."""

from collections.abc import Iterable, Iterator
from typing import Final

from openaddons.packages.findings import Finding
from openaddons.packages.permissions import GrantDifference, GrantInWords, PermissionWarning
from openaddons.store.certification.reviews import Review
from openaddons.text import one_line

_SHOWN: Final = 30
"""Lines of one list. People read no more; ``--json`` has all."""


def review_text(review: Review) -> str:
    """The review for people, in paragraphs. What a package brings stays on its line, without control characters."""
    paragraphs = (
        ("Permissions", *_grant(review.required)),
        ("Permissions that may be asked for later", *_grant(review.optional)),
        _difference(review),
        _findings(review),
    )
    return "\n\n".join(map("\n".join, paragraphs))


def _grant(grant: GrantInWords) -> Iterator[str]:
    if not (grant.warnings or grant.permissions or grant.hosts):
        yield "  none"
        return
    if not grant.warnings:
        yield "  nothing that a browser warns of"
    yield from (f"  {_sentence(each)}" for each in grant.warnings)
    for title, names in (("permissions", grant.permissions), ("hosts", grant.hosts)):
        if names:
            yield f"  {title}"
            yield from _shown("    ", names)


def _sentence(warning: PermissionWarning) -> str:
    """A warning in full: there are never more of them than the browser has sentences."""
    details = ", ".join(_shown("", warning.details))
    return one_line(f"{warning.text}: {details}" if details else warning.text)


def _difference(review: Review) -> Iterator[str]:
    if review.base is None or review.difference is None:
        yield "Changes: nothing was in the store, so all of it is new"
        return
    yield f"Changes since {one_line(review.base.version)}, which was in the store"
    yield from _grant_difference("", review.difference.required)
    yield from _grant_difference(" that may be asked for later", review.difference.optional)
    files = review.difference.files
    if files is None:
        yield "  files: not known, for one of the two was uploaded before the store kept what it takes"
        return
    yield f"  files: {len(files.added)} added, {len(files.removed)} removed, {len(files.changed)} changed"
    for sign, names in (("+", files.added), ("-", files.removed), ("~", files.changed)):
        yield from _shown(f"    {sign} ", names)


def _grant_difference(when: str, changes: GrantDifference) -> Iterator[str]:
    lists = (
        ("warnings", map(_sentence, changes.warnings_gained), map(_sentence, changes.warnings_lost)),
        ("permissions", changes.permissions_gained, changes.permissions_lost),
        ("hosts", changes.hosts_gained, changes.hosts_lost),
    )
    for title, gained, lost in lists:
        lines = [*_shown("    + ", gained), *_shown("    - ", lost)]
        if lines:
            yield f"  {title}{when}"
            yield from lines


def _findings(review: Review) -> Iterator[str]:
    yield f"Warnings of the check: {review.finding_total or 'none'}"
    yield from _shown("  ", map(_finding, review.findings), of=review.finding_total)


def _finding(finding: Finding) -> str:
    place = ":".join(str(each) for each in (finding.file, finding.line, finding.column) if each is not None)
    return f"{place or 'package'}: {finding.code}: {finding.message} {finding.fix}"


def _shown(before: str, texts: Iterable[str], *, of: int = 0) -> Iterator[str]:
    """The first of the texts, a line for each; of those left out, of ``of`` if that is more, the number."""
    listed = list(texts)
    yield from (before + one_line(text) for text in listed[:_SHOWN])
    left = max(of, len(listed)) - min(_SHOWN, len(listed))
    if left:
        yield f"{before}… and {left} more"
