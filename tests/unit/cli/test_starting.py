"""What a start of the command line costs, and what the shell completes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.command_line import ENVIRONMENT, CommandLine

NOT_NEEDED = {
    "asyncio",
    "click",
    "dataclasses",
    "difflib",
    "httpx2",
    "inspect",
    "keyring",
    "openaddons.client._async",
    "openaddons.client._management",
    "openaddons.client.products",
    "openaddons.linting",
    "openaddons.packages.check",
    "pathlib",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "subprocess",
    "tomllib",
}


# No store is there.
CLOSED = ("--base-url", "http://127.0.0.1:0", "--timeout", "0")


def publish(program: str, *arguments: str, folder: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in ENVIRONMENT.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", program, "publish", *CLOSED, *arguments],
        env=environment | {"PYTHONPATH": ":".join(sys.path)},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **options,
    )


def test_publishing_the_draft_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    program = (
        # The process would end at once; this is for a look back.
        "import os, sys; os._exit = sys.exit; from openaddons.__main__ import main\n"
        "try: main()\n"
        f"finally: print({NOT_NEEDED!r} & set(sys.modules))"
    )
    done = publish(program, folder=tmp_path, stdout=subprocess.PIPE)

    assert (done.returncode, done.stdout) == (9, "set()\n")


@pytest.mark.parametrize("by_click", [(), ("--",)])
def test_nobody_reading_what_became_of_a_publish_is_no_fault(
    tmp_path: Path, by_click: tuple[str, ...]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        program = "from openaddons.__main__ import main; main()"
        done = publish(program, "--json", *by_click, folder=tmp_path, stdout=pipe)

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    ("shell", "begin"),
    [
        ("bash", "_openaddons_completion()"),
        ("zsh", "#compdef openaddons"),
        ("fish", "function _openaddons_completion"),
    ],
)
def test_every_shell_has_a_completion_script(openaddons: CommandLine, shell: str, begin: str) -> None:
    assert openaddons("completion", shell).stdout.strip().startswith(begin)


def test_bash_completes_commands_and_options(openaddons: CommandLine, tmp_path: Path) -> None:
    program = tmp_path / "openaddons"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m openaddons "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    typing = (
        f"{openaddons('completion', 'bash').stdout}\n"
        'complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=();\n'
        '_openaddons_completion openaddons; echo "${COMPREPLY[@]}"; }\n'
        "complete_words openaddons publi\ncomplete_words openaddons publish --dry\n"
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", typing],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == ["publish publisher", "--dry-run"]
