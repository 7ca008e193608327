"""People do their work in the browser: the whole story of the dashboard, in real Chromium."""

from pathlib import Path

from playwright.sync_api import Browser

from openaddons.app import open_store
from openaddons.settings import Settings
from openaddons.work.creating import put_package
from tests.acceptance.dashboard import story
from tests.acceptance.dashboard.person import somebody
from tests.stores import StoreProcess, make_account, make_draft, make_zip


def test_the_story_from_the_invitation_to_the_release_without_a_fault_on_any_page(
    browser: Browser, axe: str, place: StoreProcess
) -> None:
    """Nothing leaves the store, no script fails, and axe-core finds nothing on what forms lead to."""
    story.tell(browser, place, axe=axe)


def test_signing_in_and_submitting_by_keyboard_alone(browser: Browser, place: StoreProcess) -> None:
    with somebody(browser, place.url) as ada:
        story.take_the_first_invitation(ada, place.ready["invitation"])
    with open_store(Settings(data=Path(place.ready["data"]))) as workshop:
        account = make_account(workshop)
        product = make_draft(workshop, account)
        path = workshop.tools.settings.data / "package.zip"
        path.write_bytes(make_zip())
        put_package(workshop, product=product, publisher=account.publisher, path=path, actor="test")

    with somebody(browser, place.url) as ada:
        keys = ada.page.keyboard
        ada.open("/dashboard")
        keys.type("ada@example.com")
        ada.go_to(ada.field("Password"))
        keys.type(f"{story.PASSWORD}\n")
        ada.go_to(ada.link("Sample"))
        keys.press("Enter")
        ada.go_to(ada.link("Submit"))
        keys.press("Enter")
        ada.go_to(ada.field("Notes for certification"))
        keys.type("Open it.")
        ada.go_to(ada.field("Hold it once it is approved"))
        keys.press("Space")
        ada.go_to(ada.button("Submit"))
        keys.press("Enter")
        ada.reads("Submitted to certification.")
        ada.reads("It is held")


def test_the_story_without_script(browser: Browser, place: StoreProcess) -> None:
    story.tell(browser, place, script=False)
