"""``openaddons`` against a scripted store, in the environment of a build."""

import functools
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from openaddons.cli.main import main
from openaddons.cli.publishing import running, steps
from openaddons.cli.publishing.quick import run_quickly
from openaddons.client import EdgeAddons
from tests.unit.client.scripted import (
    PRODUCT,
    SECRET,
    Scripted,
    ScriptedStore,
    StoppedClock,
    accepted,
    operation,
)

UPLOAD = "11111111-1111-4111-8111-111111111111"
PUBLISH = "22222222-2222-4222-8222-222222222222"
STORY: tuple[Scripted, ...] = (accepted(UPLOAD), operation(), accepted(PUBLISH), operation())

ENVIRONMENT: dict[str, str | None] = {
    "EDGE_ADDONS_BASE_URL": "https://store.test",
    "EDGE_ADDONS_CLIENT_ID": "client-1",
    "EDGE_ADDONS_API_KEY": SECRET,
    "EDGE_ADDONS_PRODUCT_ID": PRODUCT,
    "CI": None,
    "GITHUB_ACTIONS": None,
}


class _WithoutClick(click.Command):
    """What ``openaddons`` does first with a command that may do without click."""

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:
        assert args is not None
        code = run_quickly(args[0], args[1:])
        return main(args, prog_name="openaddons") if code is None else sys.exit(code)


class CommandLine:
    """Runs ``openaddons`` against a scripted store, in the environment of a build.

    A command that may do without click runs in both ways, which must not differ.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.store = ScriptedStore()
        self.clock = StoppedClock()

    def __call__(
        self,
        *arguments: str,
        script: tuple[Scripted, ...] = (),
        env: dict[str, str | None] | None = None,
        managed: bool = False,
        **options: Any,
    ) -> Result:
        ways = [main, _WithoutClick(None)] if arguments[0] in {"publish", "upload"} else [main]
        ends = []
        for way in ways:
            self._script(ScriptedStore(*script, managed=managed))
            result = CliRunner().invoke(
                way, list(arguments), env=ENVIRONMENT | (env or {}), prog_name="openaddons", **options
            )
            assert SECRET not in result.output
            ends.append((result.exit_code, result.stdout, result.stderr))
        assert ends == [ends[0]] * len(ends)
        return result

    def _script(self, store: ScriptedStore) -> None:
        self.store = store
        self.clock = clock = StoppedClock()
        self._monkeypatch.setattr(
            running,
            "EdgeAddons",
            functools.partial(EdgeAddons, transport=store.transport, clock=clock, sleep=clock.sleep),
        )
        self._monkeypatch.setattr(steps, "time", SimpleNamespace(monotonic=clock, sleep=clock.sleep))


def write_package(path: Path, version: str = "1.1.0") -> None:
    manifest = {"manifest_version": 3, "name": "Tab Tally", "version": version, "description": "Counts."}
    with zipfile.ZipFile(path, "w") as packer:
        packer.writestr("manifest.json", json.dumps(manifest))
