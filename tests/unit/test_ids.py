"""Ids differ, and have the form that others read."""

import subprocess
import sys

from openaddons.ids import new_correlation_id, new_guid, read_guid


def test_a_correlation_id_is_a_guid_that_no_other_request_has() -> None:
    made = [new_correlation_id() for _ in range(1000)] + [new_guid() for _ in range(1000)]

    assert [read_guid(each) for each in made] == made
    assert len(set(made)) == 2000


def test_a_forked_process_has_correlation_ids_of_its_own() -> None:
    # In a process of its own: whoever runs these tests may have threads, which do not get along with a fork.
    script = (
        "import os; from openaddons.ids import new_correlation_id as new; new(); child = os.fork(); "
        "child and os.waitpid(child, 0); print(new(), flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()

    assert [read_guid(first), read_guid(second)] == [first, second]
    assert first[:24] != second[:24]
