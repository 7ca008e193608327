"""The story of the dashboard: from the first administrator's invitation to a release that browsers are offered.

What it looks at are pages that only a form leads to: test_pages.py looks at all others.
"""

import io
import re
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx2
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser

from openaddons.client import ApiKey, EdgeAddons
from openaddons.store.people.one_time_codes import read_totp_secret
from tests.acceptance.dashboard.person import DARK, PHONE, Person, somebody
from tests.acceptance.example import EXAMPLE, zip_of_example
from tests.stores import StoreProcess, wait_until

OWNER: Final = "olga@northwind.example"
REVIEWER: Final = "rui@example.com"
PASSWORD: Final = "correct horse battery staple"
REASON: Final = "The listing does not say what is counted. Describe it, and send the same version again."
DESCRIPTION: Final = (
    "Tab Tally counts the tabs that are open in your browser and shows the number on its icon. Open it, and it says "
    "how many windows they are in and how many you opened today. It keeps its numbers in your browser, sends nothing "
    "anywhere and needs no account. Made for people who lose count: researchers, testers, and everybody else with "
    "forty tabs."
)
_CODE_SECONDS: Final = 30
_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True, slots=True)
class Product:
    """The product of the story."""

    path: str
    """Of its pages."""
    id: str
    crx_id: str


def take_the_first_invitation(ada: Person, invitation: str) -> None:
    """The first start prints a link: whoever opens it administers the store."""
    ada.open(invitation)
    ada.look()
    _make_account(ada, name="Ada Lovelace", email="ada@example.com")
    ada.reads("There is no product yet")


def _make_account(person: Person, *, name: str, **email: str) -> None:
    person.fill(name=name, password=PASSWORD, again=PASSWORD, **email)
    person.press("Create the account")


def invite_the_others(ada: Person) -> tuple[str, str]:
    """A publisher with an owner, and a reviewer. Returns the links that they are given."""
    ada.open("/dashboard/admin/publishers")
    ada.fill(name="Northwind Tools")
    ada.press("Create")
    ada.reads("Northwind Tools")
    ada.open("/dashboard/admin/publishers")
    ada.follow("Northwind Tools")
    ada.follow("People")
    ada.fill(email=OWNER)
    ada.page.locator("select#role").select_option("owner")
    ada.press("Make the invitation")
    owners = ada.page.locator("#link").inner_text()
    ada.open("/dashboard/admin/people")
    ada.fill(email=REVIEWER)
    ada.page.locator("#reviewer-yes").check()
    ada.press("Make the invitation")
    return owners, ada.page.locator("#link").inner_text()


def accept(person: Person, link: str, *, name: str) -> None:
    """Open the link that one was given, and choose a password."""
    person.open(link)
    _make_account(person, name=name)
    person.reads(name)


def ask_for_codes(olga: Person) -> None:
    """Set up a second factor, and sign in with it."""
    olga.follow("Olga Petrova")
    olga.open("/dashboard/account/second-factor")
    secret = read_totp_secret(olga.page.locator("#secret").inner_text())
    app = TOTP(secret, 6, SHA1(), _CODE_SECONDS)
    olga.fill(code=app.generate(int(time.time())).decode(), password=PASSWORD)
    olga.press("Ask for codes from now on")
    olga.reads("They are not shown again.")
    olga.look()
    olga.press("Sign out")
    olga.reads("You are signed out.")
    olga.fill(email=OWNER, password=PASSWORD)
    olga.press("Sign in")
    olga.fill(code="none")
    olga.press("Sign in")
    olga.reads("is wrong or was used already.")
    olga.look()
    # A code is good once, and those of the steps beside this one are good too.
    olga.fill(code=app.generate(int(time.time()) + _CODE_SECONDS).decode())
    olga.press("Sign in")
    olga.reads("Olga Petrova")


def make_a_product(olga: Person) -> Product:
    """A new product, which has a CRX ID from its first moment."""
    olga.open("/dashboard")
    olga.page.get_by_role("link", name=re.compile("New product")).first.click()
    olga.fill(name="Tab Tally")
    olga.press("Make the product")
    olga.page.wait_for_url(re.compile("/dashboard/products/" + _GUID))
    found = re.search(f"/dashboard/products/({_GUID})", olga.page.url)
    assert found is not None
    olga.open(found[0])
    olga.look()
    return Product(found[0], found[1], olga.page.locator("#crx-id").inner_text())


def upload(olga: Person, product: Product, package: bytes, *, says: str) -> None:
    """Choose a package and follow what becomes of it."""
    olga.open(f"{product.path}/packages")
    olga.page.locator("input[name=package]").set_input_files(
        {"name": "tab-tally.zip", "mimeType": "application/zip", "buffer": package}
    )
    olga.press("Upload")
    olga.page.wait_for_url(re.compile("/operations/"))
    olga.reads(says)


def fill_in_the_listing(olga: Person, product: Product) -> None:
    """What people read before they install: a text, a logo; and why each permission is needed."""
    olga.open(f"{product.path}/listing")
    olga.page.locator("button[name=language][value=en]").click()
    olga.fill(description=DESCRIPTION)
    olga.page.locator("input[name=logo]").set_input_files(EXAMPLE / "icons" / "128.png")
    olga.press("Save")
    olga.reads("Saved.")
    olga.picture("listing")
    olga.open(f"{product.path}/privacy")
    olga.fill(single_purpose="Count the tabs that are open.")
    olga.field("storage").fill("Keeps how many tabs were opened today.")
    olga.press("Save")
    olga.reads("Saved.")


def submit(olga: Person, product: Product, notes: str) -> None:
    """Send the draft to certification."""
    olga.open(f"{product.path}/submit")
    olga.fill(notes=notes)
    olga.press("Submit")
    olga.reads("In review")


def open_the_newest(rui: Person) -> None:
    """Open what waits for a reviewer."""
    rui.open("/dashboard/queue")
    rui.follow("Tab Tally")
    rui.reads("Where it stands")


def reject(rui: Person) -> None:
    """Say no, by which policy and why."""
    open_the_newest(rui)
    rui.press("Take it")
    rui.page.locator("summary", has_text="Reject").click()
    rui.page.locator("[name=policies][value='1.1.5']").check()
    rui.fill(reason=REASON)
    rui.look()
    rui.press("Reject")
    rui.reads("Rejected.")


def approve(rui: Person) -> None:
    """Say yes; then the store signs it and offers it."""
    open_the_newest(rui)
    rui.press("Approve")
    rui.reads("Approved.")


def make_a_key(olga: Person) -> ApiKey:
    """An API key, which the page shows once."""
    olga.open("/dashboard")
    olga.follow("Northwind Tools")
    olga.follow("Publish API")
    olga.press("Make the key")
    olga.look()
    olga.picture("api")
    return ApiKey(olga.page.locator("#client-id").inner_text(), olga.page.locator("#new-secret").inner_text())


def publish(url: str, key: ApiKey, product: Product, package: bytes) -> None:
    """Publish as a build does, with the key that the page showed."""
    with EdgeAddons(key, base_url=url) as client:
        client.wait_upload(product.id, client.upload(product.id, io.BytesIO(package)))
        client.wait_publish(product.id, client.publish(product.id, notes="From the build."))


def offered(url: str, product: Product) -> str | None:
    """The version that a browser is offered which has none."""
    asked = quote(f"id={product.crx_id}&v=0.0.0.0&uc", safe="")
    answer = httpx2.get(f"{url}/updates?x={asked}", trust_env=False)
    found = re.search(r'<updatecheck status="ok"[^>]* version="([0-9.]+)"', answer.text)
    return None if found is None else found[1]


def tell(
    browser: Browser,
    store: StoreProcess,
    *,
    script: bool = True,
    axe: str | None = None,
    pictures: Path | None = None,
) -> None:
    """The whole story, on a store that has just been started and where people decide."""
    at_a_browser = partial(somebody, browser, store.url, script=script, axe=axe, pictures=pictures)
    with at_a_browser() as ada, at_a_browser() as olga, at_a_browser() as rui:
        take_the_first_invitation(ada, store.ready["invitation"])
        owners, reviewers = invite_the_others(ada)
        accept(olga, owners, name="Olga Petrova")
        accept(rui, reviewers, name="Rui Santos")
        ask_for_codes(olga)

        product = make_a_product(olga)
        upload(olga, product, zip_of_example("1.0.0", name=""), says="InvalidName")
        olga.look()
        olga.picture("findings")
        upload(olga, product, zip_of_example("1.0.0"), says="Succeeded")
        submit(olga, product, "Open some tabs and look at the icon.")
        reject(rui)

        olga.open(product.path)
        olga.reads(REASON)
        olga.look()
        fill_in_the_listing(olga, product)
        key = make_a_key(olga)
        publish(store.url, key, product, zip_of_example("1.0.0"))
        approve(rui)
        wait_until(lambda: offered(store.url, product) == "1.0.0")

        publish(store.url, key, product, zip_of_example("1.1.0", permissions=["storage", "tabs"]))
        olga.open(product.path)
        olga.picture("product")
        olga.picture("product-dark", DARK)
        olga.picture("product-phone", PHONE)
        open_the_newest(rui)
        rui.look()
        rui.picture("review")
        rui.picture("review-dark", DARK)
        approve(rui)
        wait_until(lambda: offered(store.url, product) == "1.1.0")

        for path in ("", "/releases", "/history"):
            olga.open(product.path + path)
            olga.reads("1.1.0")
        ada.open("/dashboard/admin")
        ada.reads("Storage")
        ada.picture("administration")
