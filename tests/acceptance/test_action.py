"""action.yml, its publishing step run as GitHub runs it: inputs become variables of a bash script."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.conftest import Store
from tests.conftest import need_program
from tests.stores import make_zip

ACTION = yaml.safe_load((Path(__file__).parent.parent.parent / "action.yml").read_text(encoding="utf-8"))
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "publish")


def run_step(store: Store, folder: Path, **inputs: str) -> "subprocess.CompletedProcess[str]":
    """Run the step with these inputs; outputs and summary are in the folder afterwards."""
    given = {
        "product": store.product.id,
        "client-id": store.account.publisher.client_id,
        "api-key": store.account.api_key,
        "base-url": store.url,
    } | {name.replace("_", "-"): value for name, value in inputs.items()}
    assert set(given) <= set(ACTION["inputs"])
    variables = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: given.get(match[1], ""), value)
        for name, value in STEP["env"].items()
    }
    program = folder / "openaddons" / "bin" / "openaddons"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m openaddons "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    runner: dict[str, Any] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "RUNNER_TEMP": str(folder),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    bash = need_program("bash", hint="the action's steps are bash")
    done = subprocess.run(
        [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
        env=runner | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    shown = done.stdout + done.stderr + (folder / "output").read_text() + (folder / "summary").read_text()
    assert store.account.api_key not in shown
    return done


def test_the_action_publishes_with_what_the_inputs_say(store: Store, tmp_path: Path) -> None:
    (tmp_path / "ext-1.1.0.zip").write_bytes(make_zip("1.1.0"))
    hostile = '"; touch owned; $(touch owned) `touch owned`'

    done = run_step(store, tmp_path, package="ext-{version}.zip", notes=hostile, wait="in-store")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "Version 1.1.0 of Sample is in the store. Browsers get it with their next update check.",
    )
    assert store.shown()["submissions"][0]["notes"] == hostile
    assert not (tmp_path / "owned").exists()
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert (outputs["outcome"], outputs["version"]) == ("in_store", "1.1.0")
    assert {f"${{{{ steps.publish.outputs.{name} }}}}" for name in outputs} >= {
        output["value"] for output in ACTION["outputs"].values()
    }


def test_the_action_fails_with_an_annotation(store: Store, tmp_path: Path) -> None:
    (tmp_path / "ext.zip").write_bytes(make_zip("1.1.0.beta"))

    done = run_step(store, tmp_path, package="ext.zip", ok_if_unchanged="true")

    assert done.returncode == 4
    assert "\n::error file=ext.zip,title=VersionInvalid::" in f"\n{done.stderr}"
    assert "VersionInvalid" in (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", ACTION["runs"]["steps"], ids=lambda step: step["name"])
def test_no_input_is_a_part_of_a_script(step: dict[str, Any]) -> None:
    assert "${{" not in step["run"]


DOCS = Path(__file__).parent.parent.parent / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_page_uses_inputs_that_there_are() -> None:
    workflow = yaml.safe_load(blocks("ci-github.md", "yaml")[0])
    (step,) = (step for step in workflow["jobs"]["publish"]["steps"] if "with" in step)

    assert set(step["with"]) <= set(ACTION["inputs"])


def test_what_the_pages_show_can_be_read() -> None:
    workflows = [yaml.safe_load(block) for block in blocks("ci-github.md", "yaml")]
    assert [type(each) for each in workflows] == [dict, list, dict]
    assert [set(yaml.safe_load(block)) for block in blocks("ci-gitlab.md", "yaml")] == [{"publish"}]
    (script,) = blocks("ci-shell.md", "sh")
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
