"""What a reviewer sees of a submission, and its publisher of a draft: on both databases."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from openaddons.packages.permissions import FileDifference, GrantInWords, PermissionWarning
from openaddons.store import schema
from openaddons.store.certification.reviews import Review, review_of_draft, review_of_submission
from openaddons.store.operations import ClaimLost, OperationKind, accept_operation, claim_operation
from openaddons.store.products import Product, find_product, set_certification
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import Submission, approve_submission, cancel_submission, list_submissions
from openaddons.store.tables import contents, packages, products
from openaddons.work.creating import put_package, submit
from openaddons.work.uploads import check_upload
from openaddons.work.workshop import Workshop
from tests.stores import Account, make_account, make_draft, make_zip

MIGRATIONS = Path(schema.__file__).parent / "migrations"
BROWSING = PermissionWarning("Read your browsing history")


class Publisher:
    """A publisher with one product, every submission of which waits for a person."""

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self.workshop = workshop
        self.database = workshop.tools.database
        self.account: Account = make_account(workshop)
        self._folder = folder
        self.product: Product = make_draft(workshop, self.account)
        self.database.run(
            set_certification, product_id=self.product.id, policy="manual", delay_seconds=None, actor="test"
        )

    def upload(self, version: str, **contents: Any) -> None:
        path = self._folder / "package.zip"
        path.write_bytes(make_zip(version, **contents))
        ended = put_package(
            self.workshop, product=self.product, publisher=self.account.publisher, path=path, actor="test"
        )
        assert ended.error_code == "", ended

    def submit(self, version: str, **contents: Any) -> str:
        """Upload and submit; the id of the submission, which is in review."""
        self.upload(version, **contents)
        made = submit(self.workshop, product_id=self.product.id, notes="", actor="test")
        assert isinstance(made, Submission), made
        return made.id

    def approve(self, submission_id: str) -> str:
        self.database.run(approve_submission, submission_id=submission_id, actor="test")
        self.workshop.finish(self.product.id)
        return submission_id

    def review(self, submission_id: str) -> Review:
        return self.database.read(review_of_submission, submission_id=submission_id)

    def draft(self) -> Review | None:
        return self.database.read(review_of_draft, product_id=self.product.id)

    def count(self, table: sa.Table) -> int:
        query = sa.select(sa.func.count()).select_from(table)
        return self.database.read(lambda tx: int(tx.execute(query).scalar_one()))


@pytest.fixture
def publisher(workshop: Workshop, tmp_path: Path) -> Publisher:
    return Publisher(workshop, tmp_path)


def base_version(review: Review) -> str | None:
    return None if review.base is None else review.base.version


def files(review: Review) -> FileDifference | None:
    assert review.difference is not None
    return review.difference.files


def test_a_first_version_is_compared_with_nothing_and_says_what_it_may_do(publisher: Publisher) -> None:
    submitted = publisher.submit(
        "1.0.0",
        permissions=["tabs", "storage"],
        optional_permissions=["bookmarks"],
        optional_host_permissions=["https://a.com/*"],
    )

    review = publisher.review(submitted)

    assert (review.base, review.difference) == (None, None)
    assert review.required == GrantInWords(("storage", "tabs"), (), (BROWSING,))
    assert review.optional == GrantInWords(
        ("bookmarks",),
        ("https://a.com/*",),
        (
            PermissionWarning("Read and change your data on a.com"),
            PermissionWarning("Read and change your bookmarks"),
        ),
    )


def test_an_update_is_compared_with_what_is_in_the_store(publisher: Publisher) -> None:
    first = {"a.js": b"1", "b.js": b"2", "c.js": b"3"}
    publisher.approve(publisher.submit("1.0.0", files=first, permissions=["storage"]))
    second = {"a.js": b"1", "b.js": b"9", "d.js": b"4"}

    review = publisher.review(publisher.submit("1.1.0", files=second, permissions=["tabs"]))

    assert review.package.version == "1.1.0"
    assert base_version(review) == "1.0.0"
    assert files(review) == FileDifference(
        added=("d.js",), removed=("c.js",), changed=("b.js", "manifest.json")
    )
    assert review.difference is not None
    changes = review.difference.required
    assert (changes.permissions_gained, changes.permissions_lost) == (("tabs",), ("storage",))
    assert changes.warnings_gained == (BROWSING,)


def test_what_was_uploaded_but_never_in_the_store_is_no_base(publisher: Publisher) -> None:
    publisher.approve(publisher.submit("1.0.0"))
    publisher.upload("1.1.0", files={"a.js": b"1"})
    taken_back = publisher.submit("1.2.0", files={"a.js": b"2"})
    publisher.database.run(cancel_submission, submission_id=taken_back, actor="test")

    review = publisher.review(publisher.submit("1.3.0", files={"a.js": b"3"}))

    assert base_version(review) == "1.0.0"
    assert files(review) == FileDifference(added=("a.js",), removed=(), changed=("manifest.json",))


def test_the_base_of_a_submission_stays_what_it_was_when_something_else_is_in_the_store(
    publisher: Publisher,
) -> None:
    publisher.approve(publisher.submit("1.0.0"))
    second = publisher.submit("1.1.0", files={"a.js": b"1"})
    while_it_waits = publisher.review(second)
    live = products.update().where(products.c.id == publisher.product.id)
    was = publisher.database.read(find_product, id_or_crx_id=publisher.product.id).live_release_id
    publisher.database.run(lambda tx: tx.execute(live.values(live_release_id=None)).close())
    nothing_is_live = publisher.review(second)
    publisher.database.run(lambda tx: tx.execute(live.values(live_release_id=was)).close())
    publisher.approve(second)
    publisher.approve(publisher.submit("1.2.0", files={"a.js": b"2"}))

    assert base_version(while_it_waits) == "1.0.0"
    assert nothing_is_live == while_it_waits == publisher.review(second)


def test_after_unpublishing_there_is_nothing_to_compare_with(publisher: Publisher) -> None:
    publisher.approve(publisher.submit("1.0.0"))
    publisher.database.run(unpublish_product, product_id=publisher.product.id, actor="test")
    publisher.workshop.finish(publisher.product.id)

    assert publisher.review(publisher.submit("1.1.0")).base is None


def test_a_draft_is_compared_with_what_is_in_the_store_now(publisher: Publisher) -> None:
    before_any = publisher.draft()
    publisher.upload("1.0.0")
    first = publisher.draft()
    publisher.approve(publisher.submit("1.0.1"))
    publisher.upload("1.1.0", files={"a.js": b"1"})
    update = publisher.draft()

    assert before_any is None
    assert first is not None
    assert first.base is None
    assert update is not None
    assert (update.package.version, base_version(update)) == ("1.1.0", "1.0.1")


def test_the_warnings_of_the_check_are_kept_with_file_and_line(publisher: Publisher) -> None:
    submitted = publisher.submit("1.0.0", files={"a.js": b"\n\neval('1')\n"})

    review = publisher.review(submitted)

    found = {(each.code, each.file, each.line) for each in review.findings}
    assert found == {("DynamicCode", "a.js", 3), ("IconsMissing", "manifest.json", None)}
    assert all(each.severity == "warning" and each.message and each.fix for each in review.findings)
    assert review.finding_total == 2


def test_of_very_many_warnings_the_number_is_kept(publisher: Publisher) -> None:
    review = publisher.review(publisher.submit("1.0.0", permissions=[f"none{n}" for n in range(150)]))

    assert (len(review.findings), review.finding_total) == (100, 151)


def test_a_review_is_json(publisher: Publisher) -> None:
    publisher.approve(publisher.submit("1.0.0"))
    review = publisher.review(publisher.submit("1.1.0", permissions=["tabs"]))

    read_back = json.loads(json.dumps(review.to_json()))

    assert read_back["base"]["version"] == "1.0.0"
    assert read_back["difference"]["files"] == {"added": [], "removed": [], "changed": ["manifest.json"]}
    assert read_back["required"]["warnings"] == [{"text": BROWSING.text, "details": []}]
    assert [each["code"] for each in read_back["findings"]] == ["IconsMissing"]


def test_the_strangest_names_that_a_package_may_have_are_kept(publisher: Publisher) -> None:
    strange = {"permissions": ["\x00", "\u2028", "\u202e"], "\x00": 1}
    publisher.approve(publisher.submit("1.0.0", **strange))
    names = {"\u202e.js": b"1", "日本語.txt": b"2", "\U0001f600.txt": b"3"}

    review = publisher.review(publisher.submit("1.1.0", files=names))

    assert files(review) == FileDifference(added=tuple(sorted(names)), removed=(), changed=("manifest.json",))
    assert review.difference is not None
    assert len(review.difference.required.permissions_lost) == 3
    json.dumps(review.to_json())


def test_a_worker_that_was_taken_over_leaves_no_digests(publisher: Publisher, workshop: Workshop) -> None:
    with workshop.tools.objects.begin() as incoming:
        incoming.write([make_zip()])
        stored = incoming.keep()
    publisher.database.run(
        accept_operation,
        kind=OperationKind.UPLOAD,
        product_id=publisher.product.id,
        publisher_id=publisher.account.publisher.id,
        actor="test",
        correlation_id="",
        stored=stored,
    )
    claims = [
        publisher.database.run(claim_operation, product_id=publisher.product.id, lease=lease)
        for lease in (timedelta(0), timedelta(minutes=1))
    ]
    assert claims[0] is not None
    assert claims[1] is not None

    with pytest.raises(ClaimLost):
        check_upload(workshop.tools, claims[0])
    after_the_first = publisher.count(contents)
    check_upload(workshop.tools, claims[1])

    assert after_the_first == 0
    assert publisher.count(contents) == publisher.count(packages) == 1


def test_an_older_store_is_upgraded_and_knows_what_its_submissions_came_after(publisher: Publisher) -> None:
    """The migration finds in the history what the verbs would have written down."""
    first = publisher.approve(publisher.submit("1.0.0"))
    second = publisher.approve(publisher.submit("1.1.0", permissions=["tabs"]))
    taken_back = publisher.submit("1.2.0")
    publisher.database.run(cancel_submission, submission_id=taken_back, actor="test")
    publisher.database.run(unpublish_product, product_id=publisher.product.id, actor="test")
    publisher.workshop.finish(publisher.product.id)
    again = publisher.approve(publisher.submit("2.0.0"))
    waiting = publisher.submit("2.1.0", permissions=["bookmarks"])
    expected = publisher.database.read(list_submissions)

    with publisher.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE contents")
        connection.exec_driver_sql("ALTER TABLE submissions DROP COLUMN base_package_id")
        # This migration alone: what later ones made is there.
        with Operations.context(MigrationContext.configure(connection)):
            ScriptDirectory(str(MIGRATIONS)).get_revision("0002").module.upgrade()

    assert expected == publisher.database.read(list_submissions)
    versions = {each: base_version(publisher.review(each)) for each in (first, second, again, waiting)}
    assert versions == {first: None, second: "1.0.0", again: None, waiting: "2.0.0"}
    review = publisher.review(waiting)
    assert files(review) is None
    assert review.difference is not None
    assert review.difference.required.permissions_gained == ("bookmarks",)
    assert SubmissionState.IN_REVIEW in {each.state for each in expected}
    publisher.approve(waiting)
    assert files(publisher.review(publisher.submit("2.2.0"))) is None
