import time

import pytest

from openaddons.packages.findings import DEFAULT_LIMITS
from openaddons.packages.paths import collisions, is_junk, path_rules_broken


@pytest.mark.parametrize(
    "name",
    [
        "a.js",
        "x/y/z.js",
        "dir/",
        "日本/ü.js",
        "console",
        "com10",
        "nulls/a",
        ".hidden",
        "a..b",
        "...a",
        "a b",
        "é" * 127,
    ],
)
def test_ordinary_names_break_no_rule(name: str) -> None:
    assert [rule.id for rule in path_rules_broken(name, DEFAULT_LIMITS)] == []


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("../a", ["ZipPathTraversal"]),
        ("/../a", ["ZipAbsolutePath", "ZipPathTraversal"]),
        ("/", ["ZipInvalidPath"]),
        ("C:a", ["ZipAbsolutePath", "ZipReservedName"]),
        ("..\\a", ["ZipBackslashPath"]),
        ("a//b/", ["ZipInvalidPath"]),
        ("a\x85b", ["ZipInvalidPath"]),
        ("é" * 128, ["ZipNameTooLong"]),
        ("nUl.tar.gz", ["ZipReservedName"]),
        ("a/CONIN$", ["ZipReservedName"]),
        ("x ./y", ["ZipReservedName"]),
    ],
)
def test_a_name_breaks_all_rules_that_it_breaks(name: str, ids: list[str]) -> None:
    assert [rule.id for rule in path_rules_broken(name, DEFAULT_LIMITS)] == ids


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["a", "b", "a.b", "a-b/c"], []),
        (["img/", "IMG/", "img/a", "IMG/b"], []),
        (["a", "a/"], ["ZipFileDirectoryConflict"]),
        (["a", "a b", "a/b/c", "a/b/d"], ["ZipFileDirectoryConflict"]),
        (["x/a", "x/A"], ["ZipCaseCollision"]),
        (["a", "A/"], ["ZipCaseCollision"]),
        (["a", "A b", "A/b"], ["ZipCaseCollision"]),
        (["ß", "ss"], ["ZipCaseCollision"]),
        (["K", "\u212a"], ["ZipCaseCollision"]),
        (["a", "A", "a/b"], ["ZipFileDirectoryConflict", "ZipCaseCollision"]),
    ],
)
def test_names_that_one_file_system_cannot_hold_collide(names: list[str], ids: list[str]) -> None:
    found = [finding.code for finding in collisions(names)]

    assert sorted(set(found), key=found.index) == ids


def test_many_deep_names_take_no_long_time() -> None:
    names = [f"{number}/" + "a/" * 480 + "b" for number in range(5000)]
    began = time.process_time()

    assert list(collisions(names)) == []
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("__MACOSX/a", True),
        ("x/.DS_Store", True),
        ("Thumbs.db", True),
        (".git/HEAD", True),
        ("x/.git", False),
        ("node_modules/x/index.js", False),
        ("a.js.map", False),
        ("__MACOSX.js", False),
    ],
)
def test_junk_is_what_nobody_could_mean(name: str, junk: bool) -> None:
    assert is_junk(name) == junk
