"""What an operator can choose between."""

from enum import StrEnum


class CertificationPolicy(StrEnum):
    """Who decides about a submission, and when."""

    AUTOMATIC = "automatic"
    """Approved at once: the package check found no error."""
    MANUAL = "manual"
    """A person decides."""
    DELAYED = "delayed"
    """Approved after a set time, unless a person stops it."""


class Requirement(StrEnum):
    """What a draft must fill in. What is filled in must keep its limits either way."""

    PACKAGE = "package"
    """A package is enough: for a store of one's own."""
    STORE = "store"
    """What Microsoft's store asks for."""


class EngineKind(StrEnum):
    """Who carries an operation out after its 202."""

    AUTO = "auto"
    """The queue on PostgreSQL, inline on SQLite."""
    INLINE = "inline"
    """Threads of the serving process."""
    QUEUE = "queue"
    """Worker processes, by a queue in PostgreSQL."""
