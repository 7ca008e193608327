"""Notes for certification: given as text, from a file, or from a template with what git says of the commit."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from openaddons.cli.output import wrong_usage

_GIT_SECONDS: Final = 10.0
_LONGEST_VALUE: Final = 1000
_FIELD: Final = re.compile(r"\{(\w*)\}")


class Notes(NamedTuple):
    """What certification is told, and whether it goes as bare text rather than as JSON."""

    text: str
    as_text: bool


def filled(template: str, *, version: str | None) -> str:
    """The template with its ``{fields}`` filled in; git is asked only for those that are there.

    UsageError for a field that is not known, or about which nothing can be said here.
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "version":
            if version is None:
                raise wrong_usage("{version} in the notes: the package's version is not known here.")
            return version
        if name not in _GIT:
            raise wrong_usage(
                f"{{{name}}} in the notes is not known. There are: "
                + ", ".join(f"{{{known}}}" for known in (*_GIT, "version"))
            )
        return _GIT[name]()

    return _FIELD.sub(value, template)


def _git(*arguments: str, missing: str) -> str:
    """What git prints. It is run directly, without a shell, and not for long."""
    import subprocess

    # A repository's own settings may name programs that git would run: pagers, verifiers, monitors.
    safe = ("--no-pager", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false")
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours, and there is no shell
            ["git", *safe, *arguments],  # noqa: S607 - git is wherever the user has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise wrong_usage(f"git cannot be asked for the notes: {type(problem).__name__}.") from None
    text = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0 or not text:
        raise wrong_usage(f"The notes cannot be filled in: {missing}.")
    return text[:_LONGEST_VALUE]


def _tag() -> str:
    return _git("describe", "--tags", "--exact-match", missing="no tag points to this commit ({tag})")


def _branch() -> str:
    # Builds check out a commit, not a branch; they say in the environment which one it was.
    for variable in ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME"):
        if given := os.environ.get(variable):
            return given[:_LONGEST_VALUE]
    return _git("branch", "--show-current", missing="no branch is checked out ({branch})")


_GIT: Final[Mapping[str, Callable[[], str]]] = {
    "commit": lambda: _git("rev-parse", "HEAD", missing="this is no git repository with a commit ({commit})"),
    "subject": lambda: _git("log", "-1", "--format=%s", missing="there is no commit ({subject})"),
    "tag": _tag,
    "branch": _branch,
}
