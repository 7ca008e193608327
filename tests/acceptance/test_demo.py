"""``make run``, as a newcomer meets it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import need_program
from tests.stores import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "tab-tally"


@contextmanager
def _demo(data: Path) -> Iterator[list[str]]:
    """The demo as a process: what it printed until it said that it stays up."""
    command = [sys.executable, "-m", "openaddons", "demo", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(data), "--extension", str(EXAMPLE)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "stays up" in line:
                break
        try:
            yield lines
            process.terminate()
            assert process.wait(timeout=PATIENCE_SECONDS) == 0
        finally:
            process.kill()


def _printed_script(lines: list[str]) -> str:
    """The calls between the heading and the client's line, with the ids that their answers bring."""
    text = "".join(lines)
    block = text.split("in another terminal:")[1].split("or with the client")[0]
    upload, status, publish, publish_status = (
        line.strip() for line in block.splitlines() if line.strip().startswith("edge ")
    )
    definitions = block.split("  edge -H")[0]
    take = r"""| tee /dev/stderr | sed -n 's/^location: //p' | tr -d '\r'"""
    return "\n".join(
        [
            "set -eu",
            definitions,
            f"id=$({upload} {take})",
            status.replace("OPERATION_ID", "$id"),
            f"id=$({publish} {take})",
            publish_status.replace("OPERATION_ID", "$id"),
        ]
    )


def test_the_first_start_publishes_the_example_and_the_printed_calls_publish_the_next_version(
    tmp_path: Path,
) -> None:
    need_program("curl", hint="install curl")
    with _demo(tmp_path / "data") as lines:
        done = subprocess.run(
            ["bash", "-c", _printed_script(lines)], capture_output=True, text=True, check=False
        )

    assert "Successfully created submission with ID" in "".join(lines)
    assert done.stdout.count('"status":"Succeeded"') == 2, done.stdout + done.stderr
    assert "Successfully updated package to tab_tally_1.2.0.zip" in done.stdout


def test_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    with _demo(tmp_path / "data") as first:
        pass
    with _demo(tmp_path / "data") as second:
        pass

    product_id = re.findall(r"product ID  (\S+)", "".join(first))[0]
    assert f"Tab Tally: In the store, product ID {product_id}" in "".join(second)
    assert "API key" not in "".join(second)
