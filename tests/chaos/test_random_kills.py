"""The store is killed at random instants while clients upload and publish."""

import os
import random
import time
from collections.abc import Iterator

import pytest

from tests.chaos.audit import audit
from tests.chaos.load import Load
from tests.chaos.scene import Scene

# In a whole run, of which test_step_boundaries has some 130: OPENADDONS_KILLS=2000 makes it a long one.
_KILLS = int(os.environ.get("OPENADDONS_KILLS", "300"))
_KILLS_HERE = max(10, (_KILLS - 130) // 2)
_LONGEST_PAUSE_SECONDS = 0.3


@pytest.fixture
def load(attacked: Scene) -> Iterator[Load]:
    attacked.start()
    with Load(attacked, on_trouble=attacked.serving.wait) as load:
        yield load


@pytest.mark.usefixtures("tallied")
def test_kills_at_random_instants_lose_nothing_and_double_nothing(attacked: Scene, load: Load) -> None:
    instants = random.Random(20_240_725)

    for _ in range(_KILLS_HERE):
        time.sleep(instants.uniform(0, _LONGEST_PAUSE_SECONDS))  # the instant, not a wait for anything
        attacked.kill(instants.choice(attacked.roles))

    load.stop()
    audit(attacked)
