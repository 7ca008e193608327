"""The sweep of orphan bytes, on both databases."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from openaddons.objects import StoredObject
from openaddons.objects.keys import new_key
from openaddons.work.sweeping import ObjectSweeper, sweep_objects
from openaddons.work.workshop import Workshop
from tests.stores import make_account, make_published, wait_until

_HOUR = timedelta(hours=1)
_TWO_HOURS_SECONDS = 7200


@pytest.fixture
def objects_folder(workshop: Workshop) -> Path:
    return workshop.tools.settings.data / "objects"


def _keep(workshop: Workshop, content: bytes) -> StoredObject:
    with workshop.tools.objects.begin() as incoming:
        incoming.write([content])
        return incoming.keep()


def _keys(workshop: Workshop) -> set[str]:
    return {entry.key for entry in workshop.tools.objects.entries()}


def _age(path: Path) -> None:
    then = time.time() - _TWO_HOURS_SECONDS
    os.utime(path, (then, then))


def test_bytes_that_a_row_names_stay_and_the_others_go(workshop: Workshop) -> None:
    make_published(workshop, make_account(workshop))
    named = _keys(workshop)
    _keep(workshop, b"orphan")

    removed = sweep_objects(workshop.tools, grace=timedelta(0))

    assert (removed, _keys(workshop)) == (1, named)


def test_bytes_that_may_still_be_named_stay(workshop: Workshop, objects_folder: Path) -> None:
    young, old = _keep(workshop, b"young"), _keep(workshop, b"old")
    _age(objects_folder / old.key[:2] / old.key)

    assert sweep_objects(workshop.tools, grace=_HOUR) == 1

    assert _keys(workshop) == {young.key}


def test_the_same_bytes_under_another_key_are_judged_by_their_own_key(workshop: Workshop) -> None:
    package = b"the same"
    first, second = _keep(workshop, package), _keep(workshop, package)

    assert first.digest == second.digest
    assert sweep_objects(workshop.tools, grace=timedelta(0)) == 2


def test_what_a_kill_left_of_an_upload_goes(workshop: Workshop, objects_folder: Path) -> None:
    incoming = workshop.tools.objects.begin()
    incoming.write([b"half an upl"])
    (half,) = (objects_folder / "incoming").iterdir()
    assert sweep_objects(workshop.tools, grace=_HOUR) == 0
    _age(half)

    assert sweep_objects(workshop.tools, grace=_HOUR) == 1

    assert not half.exists()
    incoming.discard()


def test_many_orphans_are_swept_page_by_page(workshop: Workshop, objects_folder: Path) -> None:
    for number in range(1100):
        key = new_key(f"{number:064x}")
        (objects_folder / key[:2] / key).touch()

    assert sweep_objects(workshop.tools, grace=timedelta(0)) == 1100

    assert _keys(workshop) == set()


def test_a_sweep_that_is_told_to_stop_stops(workshop: Workshop) -> None:
    _keep(workshop, b"orphan")
    stopping = threading.Event()
    stopping.set()

    assert sweep_objects(workshop.tools, grace=timedelta(0), stopping=stopping) == 0


def test_a_store_sweeps_when_it_starts(workshop: Workshop, objects_folder: Path) -> None:
    orphan = _keep(workshop, b"orphan")
    _age(objects_folder / orphan.key[:2] / orphan.key)
    sweeper = ObjectSweeper(workshop.tools)

    sweeper.start()

    wait_until(lambda: not _keys(workshop))
    sweeper.stop()
