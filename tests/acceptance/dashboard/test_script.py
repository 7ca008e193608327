"""What pages are better with when scripts run: how far a dropped file is, what is found, and what is told unsent."""

import base64
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
_TRANSFER = """(base64) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    transfer.items.add(new File([bytes], "dropped.zip"));
    return transfer;
}"""
_KEEP_WORDS = """() => {
    const words = document.querySelector("[data-upload-words]");
    const keep = () => sessionStorage.setItem("words", (sessionStorage.getItem("words") ?? "") + words.textContent);
    new MutationObserver(keep).observe(words, {childList: true});
}"""


def drop(person: Person, content: bytes) -> None:
    """Let go of a file over the place for it."""
    transfer = person.page.evaluate_handle(_TRANSFER, base64.b64encode(content).decode())
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


def test_a_country_is_found_by_its_name_and_a_file_that_is_too_large_is_not_sent(
    browser: Browser, tmp_path: Path
) -> None:
    with running_store(Settings(data=tmp_path)) as store, somebody(browser, store.url) as olga:
        account = make_account(store.workshop)
        product = make_draft(store.workshop, account)
        owner = sign_in(store, account=account)
        listing = f"/dashboard/products/{product.id}/listing"
        owner.send(listing, {"language": "en"})
        olga.take_session_of(owner)
        olga.open(f"/dashboard/products/{product.id}/availability")
        olga.page.get_by_label("These countries alone:").check()
        olga.page.get_by_label("Find a country").fill("GUIN")
        assert olga.page.locator("#countries .choice:visible").all_inner_texts() == [
            "Equatorial Guinea",
            "Guinea",
            "Guinea-Bissau",
            "Papua New Guinea",
        ]
        olga.page.get_by_label("Guinea-Bissau").check()
        olga.page.get_by_label("Find a country").fill("")
        olga.page.get_by_label("Åland Islands").check()
        olga.page.get_by_role("button", name="Save").first.click()
        olga.reads("Saved.")
        assert olga.page.locator("#countries :checked").evaluate_all(
            "all => all.map(each => each.value)"
        ) == [
            "AX",
            "GW",
        ]

        olga.open(f"{listing}/en")
        logo = olga.page.get_by_label("Logo")
        logo.set_input_files({"name": "l.png", "mimeType": "image/png", "buffer": bytes(5_000_001)})
        olga.page.get_by_role("button", name="Save").first.click()
        assert logo.evaluate("input => input.validationMessage").startswith("“l.png” is larger than 5 MB.")
        assert olga.page.url == f"{store.url}{listing}/en"
