"""A command line that is read without click says what it says to click; what it prints is `CommandLine`'s business."""

from collections.abc import Iterator, Sequence

import click
import pytest
from click.core import ParameterSource
from hypothesis import given
from hypothesis import strategies as st

from openaddons.cli.publish import COMMANDS
from openaddons.cli.publishing import by_click
from openaddons.cli.publishing.options import DESTINATION, ENVIRONMENT
from openaddons.cli.publishing.quick import Read, read_words
from openaddons.cli.publishing.sources import environment_source

OPTIONS = (*COMMANDS["publish"].options, *DESTINATION)


@pytest.fixture(autouse=True, scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "folder").mkdir()
    (folder / "file").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for variable in ENVIRONMENT.values():
            patch.delenv(variable, raising=False)
        yield


def read_by_click(words: Sequence[str], *, source: ParameterSource) -> Read | None:
    try:
        context = by_click.publish.make_context("publish", [*words])
    except (click.UsageError, click.exceptions.Exit):
        return None
    there = frozenset(name for name in context.params if context.get_parameter_source(name) is source)
    return Read(context.params, there)


def in_order(read: Read | None) -> object:
    """Comparable: what is not a number is not equal to itself."""
    return read and (sorted(read.typed), sorted(map(repr, read.values.items())))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a.zip",
        "a.zip --notes=",
        "--notes --draft",
        "--notes -v a.zip -v",
        "--notes=a=b --quiet a.zip",
        "-q -v --json --draft --dry-run --ok-if-unchanged --notes-as-text",
        "--no-lint --allow-manifest-v2 --keyring",
        "--wait in-store",
        "--wait=none",
        "--no-wait",
        "--wait-for-slot 1_0",
        "--wait-for-slot nan --timeout inf",
        "--timeout=-0",
        "--notes-file - --api-key-file -",
        "--notes-file file",
        "--notes-template {version}",
        "--config file",
        "--config none.toml",
        "--config=",
        "--base-url x --product y --client-id z --api-key k --client-secret s --token-url t --ca-file c",
    ],
)
def test_what_is_typed_right_is_read_as_click_reads_it(line: str) -> None:
    read = read_words(line.split(), OPTIONS)

    assert read is not None
    assert in_order(read) == in_order(read_by_click(line.split(), source=ParameterSource.COMMANDLINE))


@pytest.mark.parametrize(
    "line",
    [
        "--help",
        "-h",
        "-qv",
        "--",
        "-",
        "-n",
        "--note x",
        "--notes",
        "--draft=yes",
        "--quiet -q",
        "--wait none --no-wait",
        "--notes a --notes b",
        "a.zip b.zip",
        "--wait sometimes",
        "--wait-for-slot -1",
        "--timeout soon",
        "--notes-file none",
        "--notes-file folder",
        "--config folder",
    ],
)
def test_what_is_not_plain_is_left_to_click(line: str) -> None:
    assert read_words(line.split(), OPTIONS) is None


def test_an_empty_word_is_left_to_click() -> None:
    assert read_words([""], OPTIONS) is None


SPELLED = [spelled for option in OPTIONS for spelled in option.spelled]
WORDS = st.one_of(
    st.sampled_from([*SPELLED, "-qv", "--", "-", "", "a.zip", "none", "file", "folder", "2.5", "-1"]),
    st.builds(
        "{}={}".format, st.sampled_from(SPELLED), st.sampled_from(["", "none", "file", "2.5", "=", "a=b"])
    ),
    st.text(max_size=5),
)


@given(st.lists(WORDS, max_size=6))
def test_no_words_are_read_in_another_way_than_by_click(words: list[str]) -> None:
    read = read_words(words, OPTIONS)

    assert read is None or in_order(read) == in_order(
        read_by_click(words, source=ParameterSource.COMMANDLINE)
    )


def test_the_environment_is_read_as_click_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values = ("", " ", "-", "0", "a=b", "é\n", "--json", "false")
    for variable, value in zip(ENVIRONMENT.values(), values, strict=True):
        monkeypatch.setenv(variable, value)
    read = read_by_click([], source=ParameterSource.ENVIRONMENT)

    assert read is not None
    assert {name: read.values[name] for name in read.typed} == {
        name: found.value for name, found in environment_source().settings.items()
    }


def test_the_shell_that_asks_for_completions_is_answered_by_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_OPENADDONS_COMPLETE", "bash_complete")

    assert read_words([], OPTIONS) is None
