"""``openaddons emulator`` as users start it, and the pytest fixture in a project of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from openaddons.surfaces.emulator.reserved import SEED_PRODUCT_ID
from openaddons.surfaces.emulator.seed import sample_package
from openaddons.testing import emulator
from tests.acceptance.clients import CLIENTS, Order
from tests.acceptance.namespaces import need_namespaces
from tests.acceptance.relay import relay_to
from tests.conftest import need_program
from tests.stores import PATIENCE_SECONDS
from tests.wire.emulator.asking import publish_version

EMULATOR = [sys.executable, "-m", "openaddons", "emulator"]


def started(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """An emulator whose temporary folders are in ``folder``."""
    return subprocess.Popen(
        [*EMULATOR, *options],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_emulator_that_is_told_to_end_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "--ready-json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        there = list(tmp_path.iterdir())
        process.send_signal(number)
        code = process.wait(timeout=PATIENCE_SECONDS)
        written = process.stdout.read() + process.stderr.read()

    assert [process.pid, 1] == [ready["pid"], len(there)]
    assert (code, written, list(tmp_path.iterdir())) == (0, "", [])


def test_an_emulator_that_is_told_to_end_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with started(tmp_path, "--ready-json") as process:
        while process.poll() is None and not any(tmp_path.iterdir()):
            os.sched_yield()
        process.terminate()
        code = process.wait(timeout=PATIENCE_SECONDS)

    assert code in {0, 128 + signal.SIGTERM}
    assert list(tmp_path.iterdir()) == []


def test_the_ready_line_is_enough_to_publish(tmp_path: Path) -> None:
    with emulator(in_process=False) as one, emulator(in_process=False) as other:
        publish_version(one, "2.0")
        publish_version(other, "2.0")

        assert one.url != other.url
        names = {
            "EDGE_ADDONS_BASE_URL",
            "EDGE_ADDONS_PRODUCT_ID",
            "EDGE_ADDONS_CLIENT_ID",
            "EDGE_ADDONS_API_KEY",
        }
        assert names == set(one.environment())


def test_a_person_is_told_what_to_type(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "control it" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.terminate()

    text = "".join(lines)
    exported = [line.removeprefix("export ").partition("=")[0] for line in lines if line.startswith("export")]
    assert exported == [
        "EDGE_ADDONS_BASE_URL",
        "EDGE_ADDONS_PRODUCT_ID",
        "EDGE_ADDONS_CLIENT_ID",
        "EDGE_ADDONS_API_KEY",
    ]
    assert "/emulator" in text


def test_a_seed_file_that_is_wrong_is_wrong_usage(tmp_path: Path) -> None:
    path = tmp_path / "seed.toml"
    path.write_text("[[publishers]]\nname = 'Acme'\nkey = 1\n")

    ended = subprocess.run([*EMULATOR, "--seed", path], capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "--seed: publishers.0.key: Extra inputs are not permitted" in ended.stderr


PROJECT = '''
"""Tests of somebody who publishes."""

import httpx2
import pytest


def overview(store):
    return httpx2.get(store.control_url, trust_env=False).json()


@pytest.mark.parametrize("number", range(3))
def test_each_finds_it_as_it_began(edge_store, number):
    assert edge_store.journal() == []
    assert overview(edge_store)["faults"] == []
    with edge_store.client() as client:
        upload = client.upload(edge_store.product_id, packaged(edge_store, "2.0"))
        client.wait_upload(edge_store.product_id, upload)
        client.wait_publish(edge_store.product_id, client.publish(edge_store.product_id))
    edge_store.fail(status=500)
    edge_store.progress(seconds=None)
    edge_store.advance_clock(1e7)


def packaged(store, version):
    import io

    return io.BytesIO(store.package(version))


def test_it_begins_with_the_seed_of_the_project(edge_store):
    assert edge_store.publisher_name == "Acme"


@pytest.fixture(scope="session")
def edge_store_seed():
    return {"publishers": [{"name": "Acme", "products": [{"name": "Rocket"}]}]}
'''


def run_project(folder: Path, *options: str, tests: str = PROJECT) -> "subprocess.CompletedProcess[str]":
    """pytest in a project of its own, with the plugin as it is here."""
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (folder / "test_project.py").write_text(tests)
    # Whether this checkout is installed with the entry point or not: the plugin is loaded once, by its module.
    plugin = ["-p", "no:openaddons", "-p", "openaddons.testing.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *options],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("where", ["thread", "process"])
def test_the_fixture_gives_each_test_a_store_as_it_began(tmp_path: Path, where: str) -> None:
    ended = run_project(tmp_path, f"--edge-store={where}")

    assert "4 passed" in ended.stdout, ended.stdout
    assert list(tmp_path.glob("openaddons-*")) == []


def test_a_run_without_the_fixture_imports_nothing_of_the_server(tmp_path: Path) -> None:
    tests = (
        "import sys\n\ndef test_nothing():\n"
        "    heavy = ('sqlalchemy', 'pydantic', 'httpx2', 'starlette', 'cryptography')\n"
        "    assert [name for name in heavy if name in sys.modules] == []\n"
    )

    ended = run_project(tmp_path, tests=tests)

    assert "1 passed" in ended.stdout, ended.stdout


def test_the_entry_point_names_the_plugin() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())

    assert project["project"]["entry-points"]["pytest11"] == {"openaddons": "openaddons.testing.plugin"}


def test_an_emulator_on_a_thread_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with emulator() as store:
        there = list(tmp_path.iterdir())
        assert store.http.get("/emulator").status_code == 200

    assert ([path.name.startswith("openaddons-") for path in there], list(tmp_path.iterdir())) == ([True], [])


def example(language: str, *, holding: str) -> str:
    """The example of that language in docs/emulator.md that has this text in it."""
    page = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) if holding in text]
    return str(found)


def run_example(folder: Path, *command: str) -> str:
    """What the example prints, run where an ``openaddons`` of this checkout is on the path."""
    program = folder / "bin" / "openaddons"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m openaddons "$@"\n')
    program.chmod(0o700)
    ended = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(example("python", holding="with emulator()"))

    assert SEED_PRODUCT_ID in run_example(tmp_path, sys.executable, "example.py")


def test_the_example_in_javascript_runs(tmp_path: Path) -> None:
    node = need_program("node", hint="install Node.js")
    text = example("js", holding="readline").replace(
        "emulator.kill()", "console.log(store.productId); emulator.kill()"
    )
    (tmp_path / "example.mjs").write_text(text)

    assert SEED_PRODUCT_ID in run_example(tmp_path, node, "example.mjs")


def test_the_example_for_a_shell_runs(tmp_path: Path) -> None:
    need_program("jq", hint="install jq")
    (tmp_path / "extension.zip").write_bytes(sample_package("2.0"))

    said = run_example(tmp_path, "sh", "-ec", example("sh", holding="jq"))

    assert "Successfully created submission" in said or "certification" in said, said


def test_the_example_of_the_fixture_passes(tmp_path: Path) -> None:
    release = (
        "import io\n\nfrom openaddons.client import ApiKey, EdgeAddons\n\n\n"
        "def release(*, url, product, client_id, key):\n"
        "    with EdgeAddons(ApiKey(client_id, key), base_url=url) as client:\n"
        "        client.upload(product, io.BytesIO(b'PK\\3\\4'))\n\n\n"
    )

    ended = run_project(tmp_path, tests=release + example("python", holding="def test_"))

    assert "1 passed" in ended.stdout, ended.stdout


def test_a_client_that_knows_microsofts_address_alone_is_tested_against_it(tmp_path: Path) -> None:
    need_namespaces("mount", "net")
    (published,) = (client for client in CLIENTS if client.name == "edge-addons-api")
    with emulator() as store, relay_to(int(store.url.rpartition(":")[2]), tmp_path) as relay:
        order = Order(
            zip_path=tmp_path / "extension.zip",
            product_id=store.product_id,
            client_id=store.client_id,
            api_key=store.api_key,
            client_secret=store.client_secret,
            tenant_id="",
            notes="",
            directory=tmp_path,
            npm=tmp_path,
        )
        order.zip_path.write_bytes(store.package("2.0"))
        refused = replace(order, product_id=store.reserved("upload-refused"))
        command = published.command(order)
        ends = [
            relay.run(command, directory=tmp_path, environment=each.environment) for each in (order, refused)
        ]
        uploads = [entry for entry in store.journal() if entry.endpoint == "upload"]

    assert [ended.status for ended in ends] == [0, 1], ends
    assert "The package has 2 problems" in ends[1].output
    assert [entry.status for entry in uploads] == [202, 202]
    assert "python-requests" in uploads[0].headers["user-agent"]
