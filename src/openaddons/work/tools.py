"""What the steps of the work are given."""

from dataclasses import dataclass
from typing import Protocol

from openaddons.objects import Objects
from openaddons.packages.findings import Limits
from openaddons.settings import Settings
from openaddons.store.operations import Claim, Outcome
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Database


class Script(Protocol):
    """Says when and how operations end, instead of the rules: the emulator's. A store has none."""

    def holds(self, database: Database, product_id: str) -> bool:
        """Whether the product's oldest operation stays in progress for now."""
        ...

    def outcome(self, claim: Claim) -> Outcome | None:
        """How the operation ends, whatever was sent; None: the rules decide."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """The database, the bytes, the key that opens signing keys, and what the operator chose."""

    database: Database
    objects: Objects
    master_key: MasterKey
    settings: Settings
    script: Script | None = None


def upload_limits(settings: Settings) -> Limits:
    """The limits of a package check, as far as the operator set them."""
    return Limits(package_bytes=settings.package_bytes_limit)
