"""The pure parts of the race between clients: who is measured when, what is read, and what is concluded."""

import json
import zipfile
from pathlib import Path

import pytest

from benchmarks.check import Spent
from benchmarks.publish import Contestant, as_part_of_best, in_turn, report, spent_in, write_package
from benchmarks.report import at_most

OURS = Contestant("ours", "nothing", lambda _: [], ours=True)
FIRST = Contestant("first", "the wait", lambda _: [])
SECOND = Contestant("second", "the check", lambda _: [])

# The first rival is faster by the median, and slower once.
FOUND = {
    OURS: [Spent(1.0, 0.5), Spent(1.0, 0.5), Spent(2.0, 0.5)],
    FIRST: [Spent(2.0, 1.0), Spent(4.0, 1.0), Spent(9.0, 1.0)],
    SECOND: [Spent(5.0, 0.1), Spent(5.0, 0.1), Spent(5.0, 0.1)],
}


def test_each_goes_first_in_turn() -> None:
    assert [in_turn([OURS, FIRST, SECOND], number) for number in range(4)] == [
        [OURS, FIRST, SECOND],
        [FIRST, SECOND, OURS],
        [SECOND, OURS, FIRST],
        [OURS, FIRST, SECOND],
    ]


def test_the_times_stand_behind_what_the_client_wrote() -> None:
    assert Spent(1.204, 0.75) == spent_in("took 3.000 4.000 5.000\nerror: no.\n\n1.204 0.500 0.250\n")


def test_a_client_without_times_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="no times"):
        spent_in("killed")


def test_ours_is_compared_with_the_best_of_the_others_round_by_round() -> None:
    assert as_part_of_best(FOUND) == 0.25


def test_the_table_names_the_best_of_the_others() -> None:
    lines = report("1 MB", FOUND).splitlines()

    assert ["(best of the others)" in line for line in lines] == [False, False, True, False]
    assert lines[1].split()[:6] == ["ours", "1000", "1000", "to", "2000", "500"]


@pytest.mark.parametrize(("ratio", "word"), [(0.5, "met"), (0.51, "MISSED")])
def test_a_limit_is_kept_up_to_its_very_value(ratio: float, word: str) -> None:
    assert at_most("something", 0.5, ratio).endswith(word)


def test_a_package_is_the_same_but_for_its_version(tmp_path: Path) -> None:
    files = [("manifest.json", b'{"name": "Sample", "version": "1.0"}'), ("a.js", b"1;")]

    write_package(tmp_path / "update.zip", files, version="2.0.7")

    with zipfile.ZipFile(tmp_path / "update.zip") as package:
        assert {"a.js", "manifest.json"} == set(package.namelist())
        assert package.read("a.js") == b"1;"
        assert json.loads(package.read("manifest.json")) == {"name": "Sample", "version": "2.0.7"}
