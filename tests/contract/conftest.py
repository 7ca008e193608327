"""Fixtures of the contract tests."""

import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from openaddons.policies import CertificationPolicy
from openaddons.store.offers import (
    create_ring,
    offered_releases,
    withdraw_release,
)
from openaddons.store.products import Product, find_product, set_certification
from openaddons.store.releases import Release, find_release
from openaddons.store.rolling_back import content_of, roll_back
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import (
    Submission,
    claim_submission,
    read_submission,
)
from openaddons.work.creating import put_package, submit
from openaddons.work.workshop import Workshop
from tests.stores import make_account, make_published, make_zip

LEASE = timedelta(seconds=15)


class Shelf:
    """One product, and what its publisher and its operator do with it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.database = workshop.tools.database
        self.account = make_account(workshop)
        self.id = make_published(workshop, self.account).id

    @property
    def product(self) -> Product:
        return self.database.read(find_product, id_or_crx_id=self.id)

    @property
    def offered(self) -> dict[str, str]:
        """The version that is offered, by ring."""
        found = self.database.read(offered_releases, product_id=self.id)
        return {ring: release.version for ring, release in found.items()}

    def send(self, version: str) -> Submission:
        path = self.workshop.tools.settings.data / "next.zip"
        path.write_bytes(make_zip(version))
        put_package(
            self.workshop, product=self.product, publisher=self.account.publisher, path=path, actor="test"
        )
        sent = submit(self.workshop, product_id=self.id, notes="", actor="test")
        assert isinstance(sent, Submission), sent
        return sent

    def do(self, verb: Any, **facts: Any) -> Any:
        return self.database.run(verb, product_id=self.id, actor="test", **facts)

    def manually(self) -> None:
        self.do(set_certification, policy=CertificationPolicy.MANUAL, delay_seconds=None)

    def roll_back(self, **facts: Any) -> Release:
        asked = self.do(roll_back, reason="It is broken.", **facts)
        self.workshop.finish(self.id)
        return self.database.read(find_release, product_id=self.id, version=asked.version)

    def withdraw(self, version: str) -> None:
        self.do(withdraw_release, version=version, reason="It is broken.")

    def manifest(self, release: Release) -> Any:
        with self.workshop.tools.objects.open(release.object_key) as file, zipfile.ZipFile(file) as packed:
            return json.loads(packed.read("manifest.json"))

    def content(self, release: Release) -> str:
        return self.database.read(content_of, release=release).version

    def state(self, submission_id: str) -> SubmissionState:
        return self.database.read(read_submission, submission_id=submission_id).state

    def claim(self) -> Submission:
        claimed = self.database.run(claim_submission, product_id=self.id, lease=LEASE)
        assert claimed is not None
        return claimed


@pytest.fixture
def shelf(workshop: Workshop) -> Shelf:
    """A product with version 1.0.0 in the store, and two rings."""
    made = Shelf(workshop)
    for name in ("early", "later"):
        made.database.run(create_ring, name=name, actor="test")
    return made
