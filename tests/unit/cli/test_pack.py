import hashlib
import json
import os
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openaddons.cli import pack as pack_module
from openaddons.cli.main import main
from openaddons.packages.findings import Limits

GOOD = '{"manifest_version": 3, "name": "Tab Tally", "version": "1.2.0"}'


def pack(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, ["pack", *arguments], **options)


def make(folder: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


def names(path: str | Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        return packed.namelist()


def listing(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "ext", {"manifest.json": GOOD, "js/a.js": "a" * 100, ".env": "SECRET=1"})
    return tmp_path


def test_a_folder_becomes_a_package_named_for_its_extension(here: Path) -> None:
    result = pack("ext")
    path = here / "tab_tally_1.2.0.zip"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    assert result.exit_code == 0
    assert result.stdout == f"tab_tally_1.2.0.zip  {path.stat().st_size} bytes\nsha256 {digest}\n"
    assert names(path) == ["js/a.js", "manifest.json"]


def test_the_same_files_give_the_same_bytes(here: Path) -> None:
    make(here / "again", {"js/a.js": "a" * 100, "manifest.json": GOOD, "node_modules/x.js": ""})
    os.utime(here / "again" / "manifest.json", (0, time.time()))
    (here / "again" / "manifest.json").chmod(0o600)
    pack("ext", "-o", "one.zip")
    pack("again", "-o", "two.zip")

    assert (here / "one.zip").read_bytes() == (here / "two.zip").read_bytes()


def test_the_package_goes_where_it_is_wanted(here: Path) -> None:
    (here / "dist").mkdir()

    assert pack("ext", "-o", "dist").exit_code == 0
    assert pack("ext", "-o", "dist/other.zip").exit_code == 0
    assert listing("dist") == ["other.zip", "tab_tally_1.2.0.zip"]


def test_scripts_get_json(here: Path) -> None:
    document = json.loads(pack("ext", "-o", "a.zip", "--json").stdout)

    assert document["path"] == "a.zip"
    assert document["size_bytes"] == (here / "a.zip").stat().st_size
    assert document["sha256"] == hashlib.sha256((here / "a.zip").read_bytes()).hexdigest()
    assert {finding["severity"] for finding in document["findings"]} <= {"warning"}


def test_a_folder_with_errors_is_not_packed(here: Path) -> None:
    make(here / "ext", {"manifest.json": GOOD.replace("1.2.0", "1.02")})
    result = pack("ext", "-o", "a.zip")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "ext/manifest.json:1:46: error: VersionInvalid" in result.stderr
    assert "Nothing was packed." in result.stderr
    assert listing() == ["ext"]


def test_scripts_get_the_errors_as_json(here: Path) -> None:
    make(here / "ext", {"manifest.json": "{"})
    result = pack("ext", "--json")
    document = json.loads(result.stdout)

    assert (result.exit_code, document["path"]) == (1, None)
    assert [finding["code"] for finding in document["findings"]] == ["ManifestJson"]


def test_who_does_not_want_the_check_gets_the_package(here: Path) -> None:
    make(here / "ext", {"manifest.json": "{"})
    result = pack("ext", "--no-check")

    assert result.exit_code == 0
    assert names("ext.zip") == ["js/a.js", "manifest.json"]
    assert "ManifestJson" in result.stderr


@pytest.mark.parametrize("options", [[], ["--no-check"]])
def test_a_name_that_no_package_may_have_is_never_packed(options: list[str], here: Path) -> None:
    make(here / "ext", {"con.js": ""})
    result = pack("ext", *options)

    assert result.exit_code == 1
    assert "ZipReservedName" in result.stderr
    assert listing() == ["ext"]


def test_manifest_v2_can_be_allowed(here: Path) -> None:
    make(here / "ext", {"manifest.json": GOOD.replace("3", "2")})

    assert pack("ext").exit_code == 1
    assert pack("ext", "--allow-manifest-v2").exit_code == 0


def test_what_the_folder_says_is_left_out(here: Path) -> None:
    make(here / "ext", {"src/a.ts": "", "js/a.map": "", ".openaddonsignore": "src/\n*.map\n"})
    pack("ext", "-o", "a.zip")

    assert names("a.zip") == ["js/a.js", "manifest.json"]


@pytest.mark.parametrize("output", ["ext/a.zip", "ext", "ext/js/deep.zip"])
def test_a_package_never_lies_among_what_is_packed_next(output: str, here: Path) -> None:
    result = pack("ext", "-o", output)

    assert result.exit_code == 2
    assert "would lie in the folder" in result.stderr
    assert not list(here.rglob("*.zip"))


@pytest.mark.parametrize(("pattern", "output"), [("*.zip", "ext/a.zip"), ("/dist/", "ext/dist/a.zip")])
def test_a_package_may_lie_among_what_is_left_out(pattern: str, output: str, here: Path) -> None:
    make(here / "ext", {".openaddonsignore": pattern})
    (here / "ext" / "dist").mkdir()

    assert pack("ext", "-o", output).exit_code == 0
    assert pack("ext", "-o", output).exit_code == 0
    assert names(output) == ["js/a.js", "manifest.json"]


def test_a_package_that_is_too_large_is_not_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_module, "DEFAULT_LIMITS", Limits(package_bytes=10))
    result = pack("ext", "-o", "a.zip")

    assert result.exit_code == 1
    assert "PackageTooLarge" in result.stderr
    assert listing() == ["ext"]


def test_the_old_package_stays_until_the_new_one_is_whole(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    (here / "a.zip").write_text("old")
    monkeypatch.setattr(pack_module, "write_canonical", fail)
    result = pack("ext", "-o", "a.zip")

    assert result.exit_code == 2
    assert "ext cannot be packed: No space left on device." in result.stderr
    assert (here / "a.zip").read_text() == "old"
    assert listing() == ["a.zip", "ext"]


@pytest.mark.parametrize(
    "arguments", [[], ["nothing-here"], ["ext/manifest.json"], ["ext", "-o", "no/such/folder.zip"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert pack(*arguments).exit_code == 2


def test_patterns_that_are_not_understood_are_wrong_usage(here: Path) -> None:
    make(here / "ext", {".openaddonsignore": "a?"})

    assert pack("ext").exit_code == 2
