import subprocess
import zipfile
from pathlib import Path

import click
import pytest

from openaddons.cli.publishing.notes import filled
from openaddons.cli.publishing.packages import Chosen, choose, lint, opened
from tests.conftest import need_program

MANIFEST = '{"manifest_version": 3, "name": "Tab Tally", "version": "1.2.0"}'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


# Patterns


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("dist/a-1.9.zip", "dist/a-1.9.zip"),
        ("dist/b*.zip", "dist/b-3.zip"),
        ("dist/b-?.zip", "dist/b-3.zip"),
        ("dist/a-{version}.zip", "dist/a-1.10.0.zip"),
        ("di*/a-{version}.zip", "dist/a-1.10.0.zip"),
        ("dist/[c].zip", "dist/[c].zip"),
    ],
)
def test_a_pattern_leads_to_one_file(pattern: str, chosen: str) -> None:
    touch(
        "dist/a-1.9.zip", "dist/a-1.10.0.zip", "dist/a-beta.zip", "dist/b-3.zip", "dist/[c].zip", "dist/c.zip"
    )

    assert choose(pattern) == chosen
    assert choose(str(Path.cwd() / pattern)) == str(Path.cwd() / chosen)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("none.zip", "none.zip does not exist."),
        ("*.crx", "No file fits *.crx."),
        ("b-{version}.zip", "No file fits b-{version}.zip."),
        ("*.zip", "2 files fit *.zip, and one is wanted: a.zip, b.zip."),
        ("{version}-{version}.zip", "{version}-{version}.zip has {version} more than once."),
    ],
)
def test_none_or_several_are_refused(pattern: str, said: str) -> None:
    touch("a.zip", "b.zip")

    with pytest.raises(click.UsageError) as refused:
        choose(pattern)

    assert refused.value.message == said


def test_equal_versions_are_several() -> None:
    touch("a-1.0.zip", "b-1.0.0.zip")

    with pytest.raises(click.UsageError, match="2 files fit"):
        choose("?-{version}.zip")


# Folders


def test_a_folder_is_checked_and_packed() -> None:
    Path("ext").mkdir()
    Path("ext/manifest.json").write_text(MANIFEST, encoding="utf-8")
    touch("ext/.env", "ext/notes.ts")
    Path("ext/.openaddonsignore").write_text("*.ts\n", encoding="utf-8")
    chosen = lint("ext", allow_manifest_v2=False)

    assert (chosen.version, chosen.refused) == ("1.2.0", False)
    with opened(chosen) as file, zipfile.ZipFile(file) as packed:
        assert packed.namelist() == ["manifest.json"]
    assert sorted(path.name for path in Path().iterdir()) == ["ext"]


def test_a_folder_that_cannot_be_packed_says_where_to_look() -> None:
    Path("ext").mkdir()

    with pytest.raises(click.UsageError, match="Run: openaddons lint ext"), opened(Chosen("ext")):
        pass


def test_an_ignore_file_that_is_not_understood_is_wrong_usage() -> None:
    Path("ext").mkdir()
    Path("ext/.openaddonsignore").write_text("a[b]\n", encoding="utf-8")

    for use in (lambda: lint("ext", allow_manifest_v2=False), opened(Chosen("ext")).__enter__):
        with pytest.raises(click.UsageError, match="openaddonsignore, line 1"):
            use()


# Notes


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def need_git() -> None:
    need_program("git", hint="it comes with every package manager")


@pytest.fixture
def repository(need_git: None) -> None:
    git("init", "--initial-branch", "main")
    git("commit", "--allow-empty", "--message", "Say `hello` {version} $(id)\n\nMore.")
    git("tag", "v1.2.0")


@pytest.mark.usefixtures("repository")
def test_a_template_is_filled_from_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"):
        monkeypatch.delenv(variable, raising=False)
    filled_in = filled("{version} {tag} {branch}: {subject}", version="1.2.0")

    assert filled_in == "1.2.0 v1.2.0 main: Say `hello` {version} $(id)"
    assert len(filled("{commit}", version=None)) == 40


@pytest.mark.usefixtures("repository")
def test_a_build_knows_its_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    git("checkout", "--detach")
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature")

    assert filled("{branch}", version=None) == "feature"


@pytest.mark.usefixtures("need_git")
@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{tag}", "no tag points to this commit"),
        ("{commit}", "no git repository"),
        ("{nonsense}", "There are: {commit}, {subject}, {tag}, {branch}, {version}"),
        ("{version}", "the package's version is not known"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(
    template: str, said: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(here.parent))

    with pytest.raises(click.UsageError) as refused:
        filled(template, version=None)

    assert said in refused.value.message


def test_a_template_without_fields_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert filled('{"account": "demo"}', version=None) == '{"account": "demo"}'
    with pytest.raises(click.UsageError, match="git cannot be asked"):
        filled("{commit}", version=None)
