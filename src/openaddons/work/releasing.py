"""An approved submission becomes a release: canonical zip, signed as CRX3 with the product's key, stored."""

import io
import tempfile
from typing import Any, BinaryIO, cast

from openaddons.errors import ObjectMissing
from openaddons.objects import Incoming, Objects, StoredObject
from openaddons.packages.archive import MANIFEST_NAME, Archive
from openaddons.packages.canonical import write_canonical
from openaddons.packages.crx3 import PrivateKey, write_crx
from openaddons.packages.self_hosted import packed_manifest, read_icon, read_keys
from openaddons.store.drafts import read_package
from openaddons.store.offered import announced_update_url
from openaddons.store.products import open_signing_key
from openaddons.store.releasing import SignedPackage, create_release
from openaddons.store.submissions import Submission
from openaddons.work.tools import Tools, upload_limits


def release(tools: Tools, claim: Submission) -> None:
    """Sign and store the package, then put the submission into the store in one transaction.

    The uploaded bytes themselves are never signed: the canonical zip of their content is, with the release's
    version and the store's update URL in its manifest. Raises `ObjectMissing`, `KeyUnusable` or `ClaimLost`;
    bytes that were stored before a failure are swept later.
    """
    database = tools.database
    package = database.read(read_package, package_id=claim.package_id)
    if package is None:
        raise ObjectMissing(key=claim.package_id)
    key = database.read(open_signing_key, product_id=claim.product_id, master_key=tools.master_key)
    update_url = database.read(announced_update_url) or tools.settings.update_url()
    with tools.objects.open(package["object_key"]) as file:
        signed = _sign(tools, file, version=claim.version, update_url=update_url, key=key)
    database.run(create_release, claim=claim, signed=signed)


def _sign(tools: Tools, file: BinaryIO, *, version: str, update_url: str, key: PrivateKey) -> SignedPackage:
    limits = upload_limits(tools.settings)
    archive = Archive.open(file, limits)
    keys = read_keys(archive, limits)
    manifest = packed_manifest(keys, version=version, update_url=update_url)
    with tempfile.TemporaryFile() as canonical, tools.objects.begin() as incoming:
        write_canonical(archive, canonical, replace={MANIFEST_NAME: manifest})
        canonical.seek(0)
        write_crx(canonical, cast("BinaryIO", _IncomingFile(incoming)), key)
        stored = incoming.keep()
    icon = read_icon(archive, keys)
    minimum = keys.get("minimum_chrome_version")
    return SignedPackage(
        stored=stored,
        minimum_chrome_version=minimum if isinstance(minimum, str) else None,
        icon_key=None if icon is None else _keep(tools.objects, icon).key,
    )


def _keep(objects: Objects, data: bytes) -> StoredObject:
    with objects.begin() as incoming:
        incoming.write([data])
        return incoming.keep()


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
