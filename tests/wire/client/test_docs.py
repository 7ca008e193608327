"""The examples of docs/sdk.md are run in their order, and print what the page says."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from openaddons.client import EdgeAddons
from openaddons.store.products import Product
from tests.stores import Account, RunningStore, make_zip
from tests.wire.calls import token_path

# A client does not see which database a store has.
pytestmark = pytest.mark.parametrize("open_own_store", ["sqlite"], indirect=True)

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "sdk.md"
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.fixture
def reader(
    store: RunningStore,
    account: Account,
    published: Product,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment and the folder of somebody who tries the examples."""
    for name, value in {
        "BASE_URL": store.url,
        "PRODUCT_ID": published.id,
        "CLIENT_ID": account.publisher.client_id,
        "API_KEY": account.api_key,
        "CLIENT_SECRET": account.client_secret,
        "TOKEN_URL": f"{store.url}{token_path(account)}",
    }.items():
        monkeypatch.setenv(f"EDGE_ADDONS_{name}", value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.zip").write_bytes(make_zip("new"))


def test_every_example_does_what_the_page_says(
    reader: None, published: Product, addons: EdgeAddons, tmp_path: Path
) -> None:
    names: dict[str, Any] = {}
    publishes = 0
    for code, says in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / "extension.zip").write_bytes(make_zip(f"1.{publishes + 1}.0"))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)
        if ".publish(" in code:
            publishes += 1
            addons.wait_in_store(published.id, f"1.{publishes}.0")

        assert printed.getvalue() == says

    assert publishes == 2
