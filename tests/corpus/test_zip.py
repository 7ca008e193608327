"""Every archive of the corpus is taken, or refused for the reason it was made for."""

import io

import pytest

from openaddons.packages.check import check
from tests.corpus.make import FOLDER, TABLE, accepted, rejected

ROWS = [(file, rule) for file, rule in (line.split("\t") for line in TABLE.read_text().splitlines())]


@pytest.mark.parametrize("file", [file for file, rule in ROWS if not rule])
def test_what_honest_packers_write_is_accepted(file: str) -> None:
    report = check(io.BytesIO((FOLDER / file).read_bytes()))

    assert report.errors == ()
    assert report.package
    assert report.package.name == "Corpus"


@pytest.mark.parametrize(("file", "rule"), [(file, rule) for file, rule in ROWS if rule])
def test_a_hazard_is_refused_by_its_rule(file: str, rule: str) -> None:
    report = check(io.BytesIO((FOLDER / file).read_bytes()))

    assert rule in {finding.code for finding in report.errors}
    assert report.package is None


def test_the_table_is_what_the_generator_writes() -> None:
    written = [(f"accept/{name}.zip", "") for name, _ in accepted()]
    written += [(f"reject/{name}.zip", rule) for name, rule, _ in rejected()]

    assert written == ROWS
    assert sorted(file for file, _ in written) == sorted(
        path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.zip")
    )
