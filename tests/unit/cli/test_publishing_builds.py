"""What `openaddons publish` says in a build: plain lines, and what GitHub's runner reads."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.command_line import PUBLISH, STORY, UPLOAD, CommandLine
from tests.unit.client.scripted import PRODUCT, accepted, operation


def test_a_build_log_has_one_line_for_each_phase(openaddons: CommandLine) -> None:
    result = openaddons("publish", "tab-tally.zip", script=STORY, env={"CI": "true"})

    lines = result.stderr.splitlines()
    size_bytes = Path("tab-tally.zip").stat().st_size
    assert lines == [
        "Checked tab-tally.zip: no errors, 1 warning",
        f"Uploading tab-tally.zip ({size_bytes} bytes) to https://store.test ...",
        f"Operation {UPLOAD}: the store checks it ...",
        "Publishing the draft ...",
        f"Operation {PUBLISH}: it becomes a submission ...",
    ]
    assert openaddons("publish", "--quiet", script=STORY[2:], env={"CI": "true"}).stderr == ""


class Job:
    """A step of GitHub Actions: its files for outputs and for the summary."""

    def __init__(self) -> None:
        self.environment: dict[str, str | None] = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(Path("output").resolve()),
            "GITHUB_STEP_SUMMARY": str(Path("summary").resolve()),
        }

    @property
    def summary(self) -> str:
        return Path("summary").read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        lines = Path("output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


def test_github_gets_outputs_and_a_summary(openaddons: CommandLine) -> None:
    job = Job()
    made = operation(message="Successfully created submission with ID 1152921505694969999")
    result = openaddons("publish", "tab-tally.zip", script=(*STORY[:3], made), env=job.environment)

    assert result.exit_code == 0
    assert job.outputs == {
        "outcome": "published",
        "product-id": PRODUCT,
        "version": "1.1.0",
        "upload-id": UPLOAD,
        "publish-id": PUBLISH,
        "submission-id": "1152921505694969999",
    }
    assert job.summary.startswith("### ✅ tab\\-tally\\.zip \\(1\\.1\\.0\\) of product")
    assert f"| publish | `{PUBLISH}` |" in job.summary


def test_github_annotates_what_the_check_found(openaddons: CommandLine) -> None:
    Path("ext").mkdir()
    Path("ext/manifest.json").write_text('{"manifest_version": 3, "name": "A"}', encoding="utf-8")
    job = Job()

    result = openaddons("publish", "ext", env=job.environment)

    assert result.exit_code == 4
    assert "\n::warning file=ext/manifest.json,title=IconsMissing::" in f"\n{result.stderr}"
    assert "\n::error title=openaddons%3A package_refused::ext has errors" in result.stderr
    assert "VersionInvalid" in job.summary
    assert job.outputs["outcome"] == "package_refused"


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_no_store_gives_orders_to_github(openaddons: CommandLine, as_json: tuple[str, ...]) -> None:
    job = Job()
    text = "a\r\n::set-output name=outcome::b\n</details><img src=x>|`_*[x](y)##[error]c%0A"
    failed = operation("Failed", errorCode="X", message=text, errors=[{"message": text, "file": text}])

    result = openaddons("publish", *as_json, script=(accepted(), failed), env=job.environment)

    orders = [line for line in result.stderr.splitlines() if line.lstrip().startswith("::")]
    assert len(orders) == 1
    assert orders[0].startswith("::error title=openaddons%3A publish_refused::a ")
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in result.stdout.splitlines())
    assert not as_json or "##[error]" in json.loads(result.stdout)["message"]
    assert job.outputs["outcome"] == "publish_refused"
    assert len({*Path("output").read_text(encoding="utf-8").splitlines()}) == 6
    assert "<img" not in job.summary
    assert "](y)" not in job.summary


def test_a_summary_that_cannot_be_written_is_no_failure(openaddons: CommandLine) -> None:
    result = openaddons(
        "publish",
        script=(accepted(), operation()),
        env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/nowhere/at/all"},
    )

    assert result.exit_code == 0
    assert "warning: GITHUB_STEP_SUMMARY cannot be written" in result.stderr
