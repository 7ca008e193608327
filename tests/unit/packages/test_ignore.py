import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.ignore import Ignore, IgnoreInvalid, ignore_of

# Every file of a folder; the folders follow from them.
TREE = (
    "manifest.json",
    "readme.md",
    "src/a.ts",
    "src/a.js",
    "src/deep/er/b.ts",
    "src/deep/keep.ts",
    "docs/readme.md",
    "docs/img/a.png",
    "build/out.js",
    "src/build/out.js",
    "a b.txt",
)


def packed(ignored: Ignore, tree: tuple[str, ...] = TREE) -> set[str]:
    """What a walk that does not enter left-out folders comes to."""

    def is_packed(name: str) -> bool:
        parents = name.split("/")[:-1]
        folders = ("/".join(parents[: end + 1]) for end in range(len(parents)))
        return not any(ignored(each, is_folder=True) for each in folders) and not ignored(
            name, is_folder=False
        )

    return set(filter(is_packed, tree))


PATTERNS = [
    "",
    "# src/\n\n   \n",
    "*.ts",
    "/readme.md",
    "readme.md",
    "docs/readme.md",
    "build",
    "build/",
    "/build/",
    "out.js/",
    "src/**",
    "**/deep",
    "src/**/b.ts",
    "**/*.png",
    "src/*",
    "src/*/",
    "*.ts\n!keep.ts",
    "src/\n!src/a.ts",
    "!src/a.ts\nsrc/a.ts",
    "*\n!*.json",
    "*\n!*/\n!*.png",
    "a*\n!a b.txt",
    "a b.txt   ",
    "*.t*",
    "/*/img",
    "**",
    "docs/**/",
]


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_patterns_mean_what_they_mean_to_git(patterns: str, tmp_path: Path) -> None:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "patterns").write_text(patterns)
    run = ["git", "-C", str(tmp_path), "-c", f"core.excludesFile={tmp_path / 'patterns'}"]
    subprocess.run([*run, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [*run, "ls-files", "-z", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout

    assert packed(Ignore(patterns.splitlines())) == set(filter(None, listed.split("\0"))) - {"patterns"}


@pytest.mark.parametrize(
    ("patterns", "line"),
    [("a\n[ab].js", 2), ("a?.js", 1), ("a\\ ", 1), ("/", 1), ("!", 1), ("//a", 1), ("a**", 1), ("a//b", 1)],
)
def test_what_is_not_understood_is_refused(patterns: str, line: int) -> None:
    with pytest.raises(IgnoreInvalid, match=f"line {line}:"):
        ignore_of(patterns)


def test_what_never_belongs_in_a_package_is_left_out_unless_it_is_asked_for() -> None:
    tree = (
        ".git/config",
        ".env",
        "a/.DS_Store",
        "node_modules/x/y.js",
        "__MACOSX/a",
        "a.js~",
        "a.js",
        "Thumbs.db",
    )

    assert packed(ignore_of(""), tree) == {"a.js"}
    assert packed(ignore_of("!node_modules/\n!.env"), tree) == {"a.js", ".env", "node_modules/x/y.js"}


@given(st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        ignored = ignore_of(text)
    except IgnoreInvalid:
        return
    packed(ignored)


def test_no_pattern_takes_long() -> None:
    ignored = Ignore(["*a" * 30 + "*b", "**/" * 30 + "b"])

    assert not ignored("/".join(["a" * 60] * 40), is_folder=False)
