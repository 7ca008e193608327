"""What pages are better with when scripts run: a dropped file, how far its upload is, and a page that follows it."""

import random
from pathlib import Path

from playwright.sync_api import Browser

from openaddons.policies import EngineKind
from openaddons.settings import Settings
from tests.acceptance.dashboard.person import Person, somebody
from tests.stores import make_account, make_draft, make_zip, running_store
from tests.wire.calls import stop_work
from tests.wire.dashboard.conftest import sign_in

LIMIT_BYTES = 300_000
_SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
"""Bytes a second, so that there is something to tell on the way."""
_TRANSFER = """(bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], "dropped.zip"));
    return transfer;
}"""
_KEEP_WORDS = """() => {
    const words = document.querySelector("[data-upload-words]");
    const keep = () => sessionStorage.setItem("words", (sessionStorage.getItem("words") ?? "") + words.textContent);
    new MutationObserver(keep).observe(words, {childList: true});
}"""


def drop(person: Person, content: bytes) -> None:
    """Let go of a file over the place for it."""
    transfer = person.page.evaluate_handle(_TRANSFER, list(content))
    area = person.page.locator(".drop")
    area.dispatch_event("dragover", {"dataTransfer": transfer})
    assert "over" in (area.get_attribute("class") or "").split()
    area.dispatch_event("drop", {"dataTransfer": transfer})


def test_a_dropped_package_says_how_far_it_is_and_its_page_follows_it_to_the_end(
    browser: Browser, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, engine=EngineKind.INLINE, package_bytes_limit=LIMIT_BYTES)
    with running_store(settings) as store, somebody(browser, store.url) as olga:
        account = make_account(store.workshop)
        product = make_draft(store.workshop, account)
        worker = stop_work(store)
        olga.take_session_of(sign_in(store, account=account))
        olga.open(f"/dashboard/products/{product.id}/packages")
        olga.page.context.new_cdp_session(olga.page).send("Network.emulateNetworkConditions", _SLOW)

        drop(olga, bytes(LIMIT_BYTES + 1))
        olga.reads("The file is larger than that. Nothing was sent.")
        olga.page.evaluate(_KEEP_WORDS)
        drop(olga, make_zip(files={"noise.bin": random.Random(7).randbytes(LIMIT_BYTES // 2)}))
        olga.reads("The package is being checked; this page follows it.")
        told = olga.page.evaluate("sessionStorage.getItem('words')")
        olga.page.evaluate("window.stayed = true")
        worker.look_at(product.id)
        olga.reads("On to submitting")

        assert "% sent" in told
        assert told.endswith("All sent. The store makes it durable.")
        assert olga.page.evaluate("window.stayed")
