"""A browser agrees (promise 5): what the store signs is a package that real Chromium takes."""

import io
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from openaddons.client import ApiKey, EdgeAddons
from openaddons.packages.crx3 import verify_crx
from tests.acceptance.conftest import Store
from tests.acceptance.example import zip_of_example
from tests.conftest import need_program

_BROWSER_SECONDS: Final = 60


@pytest.fixture
def first_package() -> bytes:
    return zip_of_example("1.0.0")


def _verdict(crx_path: Path, profile: Path) -> str:
    """What Chromium says about a package. Its exit status is 0 whatever it says."""
    chromium = need_program("chromium", hint="install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root gets no other
    ended = subprocess.run(
        [chromium, "--headless=new", *sandbox, f"--user-data-dir={profile}", f"--validate-crx={crx_path}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_BROWSER_SECONDS,
        check=False,
    )
    verdicts = [line for line in ended.stdout.splitlines() if line.startswith("ValidateCrx")]
    assert len(verdicts) == 1, ended.stdout + ended.stderr
    return verdicts[0]


def test_chromium_takes_the_release_of_an_update_and_not_a_damaged_one(store: Store, tmp_path: Path) -> None:
    need_program("chromium", hint="install chromium")
    package = tmp_path / "update.zip"
    package.write_bytes(zip_of_example("1.1.0"))
    with EdgeAddons(
        ApiKey(store.account.publisher.client_id, store.account.api_key), base_url=store.url
    ) as client:
        client.wait_upload(store.product.id, client.upload(store.product.id, package))
        client.wait_publish(store.product.id, client.publish(store.product.id))
    key = store.wait_for_release("1.1.0")["live"]["object_key"]
    released = (store.settings.data / "objects" / key[:2] / key).read_bytes()
    crx, damaged = tmp_path / "release.crx", tmp_path / "damaged.crx"
    crx.write_bytes(released)
    damaged.write_bytes(released[:-1] + bytes([released[-1] ^ 1]))

    assert _verdict(crx, tmp_path / "profile") == "ValidateCrx Success"
    assert _verdict(damaged, tmp_path / "profile").startswith("ValidateCrx Failure: ")
    assert verify_crx(io.BytesIO(released)).crx_id == store.product.crx_id
