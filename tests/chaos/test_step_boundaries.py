"""The store is killed before and after every step that it takes, and goes on where it was."""

from collections.abc import Iterator

import pytest

from openaddons.store.releasing import unpublish_product
from openaddons.store.rolling_back import roll_back
from openaddons.store.session import Database
from tests.chaos.audit import audit, wait_for_rest
from tests.chaos.scene import Client, Scene
from tests.chaos.victim import COMMIT, Kill
from tests.stores import make_zip

# What the serving process passes between a request and its 202.
TAKING_IN = (
    "openaddons.objects.spool:SpoolFile.write",
    "openaddons.objects.spool:SpoolFile.keep",
    "openaddons.store.operations:accept_operation",
    "openaddons.surfaces.http:respond",
)

# What an engine passes between a 202 and the release.
CARRYING_OUT = (
    "openaddons.store.operations:claim_operation",
    "openaddons.packages.check:check",
    "openaddons.packages.permissions:file_digests",
    "openaddons.store.drafts:set_package",
    "openaddons.store.operations:end_operation",
    "openaddons.store.submissions:create_submission",
    "openaddons.store.submissions:claim_submission",
    "openaddons.store.submissions:approve_submission",
    "openaddons.packages.canonical:write_canonical",
    "openaddons.packages.crx3:write_crx",
    "openaddons.store.releasing:create_release",
    "openaddons.store.products:move_product",
)


def _both(point: str, passages: tuple[int, ...] = (1,)) -> list[Kill]:
    return [Kill(point, when, passage) for passage in passages for when in ("before", "after")]


SERVE = [
    *(kill for point in TAKING_IN for kill in _both(point)),
    # The first directory is that of all objects, at the start; the second makes the package's name durable.
    *_both("openaddons.objects.files:fsync_directory", (2,)),
    *_both("openaddons.store.operations:accept_operation", (2,)),
]
ENGINE = [
    *(kill for point in CARRYING_OUT for kill in _both(point)),
    # The publish after the upload, and the release after the certification.
    *_both("openaddons.store.operations:claim_operation", (2,)),
    *_both("openaddons.store.operations:end_operation", (2,)),
    *_both("openaddons.store.products:move_product", (2,)),
]
LEAVING = _both("openaddons.store.products:move_product", (3,))
# The third claim and the second signing: after the update's certification and release, the roll back's.
ROLLING_BACK = [
    *_both("openaddons.store.submissions:claim_submission", (3,)),
    *_both("openaddons.packages.crx3:write_crx", (2,)),
    *_both("openaddons.store.releasing:create_release", (2,)),
    *_both("openaddons.store.products:offers_changed", (2,)),
]
COMMITS = _both(COMMIT, tuple(range(1, 13)))


class Walk:
    """One product goes from version to version, through every step, while the store is being killed."""

    def __init__(self, attacked: Scene, client: Client) -> None:
        self._scene = attacked
        self._product = attacked.product()
        self._client = client
        self._number = 0

    def one_version(self, *, unpublish: bool = False, roll_back: bool = False) -> None:
        """Upload, publish, wait for the release, and perhaps roll it back or take the product out of the store."""
        self._number += 1
        version = f"1.{self._number}.0"
        upload = self._client.upload(self._product, make_zip(version))
        self._scene.wait_reviving(lambda: self._scene.ended(upload))
        told = self._client.status(self._product, upload, kind="upload")
        assert told["status"] == "Succeeded", told
        publish = self._client.publish(self._product)
        self._scene.wait_reviving(lambda: self._scene.ended(publish))
        self._client.status(self._product, publish)
        self._scene.wait_reviving(lambda: self._scene.released(self._product, version))
        wait_for_rest(self._scene)
        database = self._scene.workshop.tools.database
        if roll_back:
            self._roll_back(database)
        if unpublish:
            database.run(unpublish_product, product_id=self._product.id, actor="test")
            wait_for_rest(self._scene)

    def _roll_back(self, database: Database) -> None:
        """As the command does it, but leave the rest to the store's own processes."""
        asked = database.run(roll_back, product_id=self._product.id, reason="It is broken.", actor="test")
        self._scene.wait_reviving(lambda: self._scene.released(self._product, asked.version))
        wait_for_rest(self._scene)


@pytest.fixture(scope="module")
def walk(attacked: Scene) -> Iterator[Walk]:
    with Client(attacked, on_trouble=attacked.revive) as client:
        yield Walk(attacked, client)


def _killed_once(attacked: Scene, walk: Walk, kill: Kill, *, role: str, **more: bool) -> None:
    kills = attacked.tally.kills
    attacked.order(kill, role=role)

    walk.one_version(**more)

    attacked.revive()
    assert attacked.tally.kills == kills + 1, f"{kill} was not reached"


@pytest.mark.parametrize("kill", SERVE, ids=str)
def test_a_kill_while_a_request_is_taken_in(attacked: Scene, walk: Walk, kill: Kill) -> None:
    _killed_once(attacked, walk, kill, role="serve")


@pytest.mark.parametrize("kill", ENGINE, ids=str)
def test_a_kill_while_a_step_is_carried_out(attacked: Scene, walk: Walk, kill: Kill) -> None:
    _killed_once(attacked, walk, kill, role=attacked.roles[-1])


@pytest.mark.parametrize("kill", LEAVING, ids=str)
def test_a_kill_while_a_product_leaves_the_store(attacked: Scene, walk: Walk, kill: Kill) -> None:
    _killed_once(attacked, walk, kill, role=attacked.roles[-1], unpublish=True)


@pytest.mark.parametrize("kill", ROLLING_BACK, ids=str)
def test_a_kill_while_a_product_is_rolled_back(attacked: Scene, walk: Walk, kill: Kill) -> None:
    _killed_once(attacked, walk, kill, role=attacked.roles[-1], roll_back=True)


@pytest.mark.parametrize("kill", COMMITS, ids=str)
def test_a_kill_at_a_commit(attacked: Scene, walk: Walk, kill: Kill) -> None:
    _killed_once(attacked, walk, kill, role=attacked.roles[-1])


@pytest.mark.usefixtures("tallied")
def test_afterwards_nothing_is_lost_doubled_or_left_over(attacked: Scene, walk: Walk) -> None:
    attacked.start()

    walk.one_version()

    audit(attacked)
