"""The emulator in a test suite: the pytest fixture ``edge_store``, or ``with emulator() as store:`` anywhere.

::

    def test_my_release_script(edge_store):
        edge_store.fail("upload", status=503, times=1)
        release(base_url=edge_store.url, product=edge_store.product_id, key=edge_store.api_key, …)
        assert [entry.status for entry in edge_store.journal() if entry.endpoint == "upload"] == [503, 202]

docs/emulator.md describes what there is to control. Nothing heavy is imported before it is used: pytest imports
this in every run.
"""

from openaddons.testing.running import emulator
from openaddons.testing.store import EdgeStore, EmulatorRefused, JournalEntry

__all__ = ["EdgeStore", "EmulatorRefused", "JournalEntry", "emulator"]
