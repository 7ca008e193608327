"""An approved submission becomes a release: canonical zip, signed as CRX3 with the product's key, stored."""

import io
import tempfile
from typing import Any, BinaryIO, cast

from openaddons.errors import ObjectMissing
from openaddons.objects import Incoming
from openaddons.packages.archive import Archive
from openaddons.packages.canonical import write_canonical
from openaddons.packages.crx3 import write_crx
from openaddons.store.drafts import read_package
from openaddons.store.products import open_signing_key
from openaddons.store.releases import create_release
from openaddons.store.submissions import Submission
from openaddons.work.tools import Tools, upload_limits


def release(tools: Tools, claim: Submission) -> None:
    """Sign and store the package, then put the submission into the store in one transaction.

    The uploaded bytes themselves are never signed: the canonical zip of their content is. Raises
    `ObjectMissing`, `KeyUnusable` or `ClaimLost`; bytes that were stored before a failure are swept later.
    """
    database = tools.database
    package = database.read(read_package, package_id=claim.package_id)
    if package is None:
        raise ObjectMissing(key=claim.package_id)
    key = database.read(open_signing_key, product_id=claim.product_id, master_key=tools.master_key)
    with tempfile.TemporaryFile() as canonical, tools.objects.begin() as incoming:
        with tools.objects.open(package["object_key"]) as file:
            write_canonical(Archive.open(file, upload_limits(tools.settings)), canonical)
        canonical.seek(0)
        write_crx(canonical, cast("BinaryIO", _IncomingFile(incoming)), key)
        stored = incoming.keep()
    database.run(create_release, claim=claim, stored=stored)


class _IncomingFile(io.RawIOBase):
    """An `Incoming` as a file to write to."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._incoming.write([view])
        return view.nbytes
