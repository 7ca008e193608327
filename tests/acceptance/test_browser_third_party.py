"""An extension that others wrote, as they released it: DuckDuckGo's Autoconsent, from its npm package."""

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.browser import Browser
from tests.acceptance.shop import Shop
from tests.conftest import need, need_program

# Two releases, and the versions that the manifests in them have.
_OLDER: Final = ("@duckduckgo/autoconsent@16.19.0", "2026.7.29")
_NEWER: Final = ("@duckduckgo/autoconsent@16.23.0", "2026.8.15")
_EXTENSION: Final = "package/dist/addon-mv3/"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The extension of each npm package, as a ZIP. npm keeps the packages in the user's cache."""
    folder = tmp_path_factory.mktemp("autoconsent")
    command = [need_program("npm", hint="install Node.js with npm"), "pack", "--prefer-offline", "--silent"]
    names = [name for name, _ in (_OLDER, _NEWER)]
    packed = subprocess.run([*command, *names], cwd=folder, capture_output=True, text=True, check=False)
    need("the npm packages of Autoconsent", found=packed.returncode == 0, hint=packed.stderr.strip()[-500:])
    paths = [folder / line for line in packed.stdout.split()]
    return {name: _zip_of(path) for name, path in zip(names, paths, strict=True)}


def _zip_of(npm_package: Path) -> bytes:
    zipped = io.BytesIO()
    with tarfile.open(npm_package) as package, zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in package:
            file = package.extractfile(member) if member.name.startswith(_EXTENSION) else None
            if file is not None:
                archive.writestr(member.name.removeprefix(_EXTENSION), file.read())
    return zipped.getvalue()


def test_a_real_extension_is_published_installed_and_updated(
    shop: Shop, browser: Browser, releases: dict[str, bytes]
) -> None:
    (older, older_version), (newer, newer_version) = _OLDER, _NEWER
    product = shop.begin(releases[older])
    browser.apply(shop.extension_settings(product))
    browser.wait_for(product.crx_id, older_version)

    shop.publish(product, releases[newer])
    shop.wait_until_offered(product, newer_version)
    browser.ask_for_updates()
    browser.wait_for(product.crx_id, newer_version)
