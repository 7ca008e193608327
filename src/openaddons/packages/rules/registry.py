"""The table of rules: id, severity, words, reason, remedy and source of each.

Two kinds of rules have their rows here:

* A rule on an opened package is a generator function under :func:`openaddons.packages.rules.subject.rule`.
* What is found while the package is being opened (``rules/archive.py``, ``rules/layout.py``) has no function
  of its own, for it falls out of a single pass over the bytes; :func:`declare` gives it its row.

A new group of rules is a new module in this folder and its name in ``check.GROUPS``.
"""

from types import MappingProxyType
from typing import NamedTuple, NotRequired, TypedDict, Unpack

from openaddons.packages.findings import Finding, Severity

_ROWS: dict[str, "Rule"] = {}
RULES = MappingProxyType(_ROWS)
"""Every rule of the modules imported so far, by id."""

_SHOWN_CHARACTERS = 120


class _Blanks(dict[str, str]):
    """Fills every fact of a message with dots."""

    def __missing__(self, key: str) -> str:
        return "…"


class Rule(NamedTuple):
    """One row of the table."""

    id: str
    severity: Severity
    message: str
    """With ``{…}`` for what the finding fills in."""
    why: str
    """What goes wrong for users, browsers or reviewers where it is broken."""
    fix: str
    source: str
    """Where the rule comes from, so that a reader can dispute it."""
    about: str = ""
    """What it asks for, if the message says little without the facts of a finding."""

    @property
    def what(self) -> str:
        """What it is about: in general, or as the message without the facts of a finding."""
        return self.about or self.message.format_map(_Blanks())

    @property
    def how(self) -> str:
        """The remedy without the facts of a finding."""
        return self.fix.format_map(_Blanks())

    def finding(
        self, *, file: str | None = None, line: int | None = None, column: int | None = None, **facts: object
    ) -> Finding:
        """A finding of this rule. Strings among the facts are the package's, so they are made printable."""
        shown = {name: printable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        return Finding(
            code=self.id,
            severity=self.severity,
            message=self.message.format(line=line, column=column, **shown),
            fix=self.fix.format(**shown),
            file=None if file is None else printable(file),
            line=line,
            column=column,
        )


class Words(TypedDict):
    """What a rule is declared with besides its id and severity; see :class:`Rule`."""

    message: str
    about: NotRequired[str]
    why: str
    fix: str
    source: str


def declare(
    id: str,  # noqa: A002 - the column's name
    severity: Severity,
    **words: Unpack[Words],
) -> Rule:
    """Put a rule into the table.

    Raises:
        ValueError: the id is taken.
    """
    if id in _ROWS:
        raise ValueError(f"rule {id} is declared twice")
    row = Rule(id, severity, **words)
    _ROWS[id] = row
    return row


def printable(text: str) -> str:
    """``text`` as it may stand in a message: no control or bidirectional characters, not too long."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in cut
    )
