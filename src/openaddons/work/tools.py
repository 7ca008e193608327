"""What the steps of the work are given."""

from dataclasses import dataclass

from openaddons.objects import Objects
from openaddons.packages.findings import Limits
from openaddons.settings import Settings
from openaddons.store.sealing import MasterKey
from openaddons.store.session import Database


@dataclass(frozen=True, slots=True)
class Tools:
    """The database, the bytes, the key that opens signing keys, and what the operator chose."""

    database: Database
    objects: Objects
    master_key: MasterKey
    settings: Settings


def upload_limits(settings: Settings) -> Limits:
    """The limits of a package check, as far as the operator set them."""
    return Limits(package_bytes=settings.package_bytes_limit)
