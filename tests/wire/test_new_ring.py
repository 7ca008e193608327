"""A ring's update URL answers as soon as there is the ring: a browser that gets a 404 does not ask again."""

from openaddons.store.offers import create_ring
from tests.stores import RunningStore


def test_a_new_ring_is_answered_before_anything_was_offered_to_it(store: RunningStore) -> None:
    assert store.http.get("/updates/early").status_code == 404

    store.workshop.tools.database.run(create_ring, name="early", actor="test")

    store.wait_for(lambda: store.http.get("/updates/early").status_code == 200)
