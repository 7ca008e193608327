"""axe-core over every page of the table and every form that is shown again: those that come are seen too.

The store is that of tests/wire/dashboard/hostile.py: what others write in it is long and breaks nowhere by itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser as Chromium
from pydantic import SecretStr

from openaddons.policies import CertificationPolicy, EngineKind
from openaddons.settings import Settings
from openaddons.store.people.visitors import Role
from openaddons.surfaces.dashboard.app import PAGES, PREFIX
from tests.acceptance.dashboard.person import DARK_PHONE, Person, somebody
from tests.stores import Account, RunningStore, running_store
from tests.wire.dashboard.conftest import Browser, sign_in
from tests.wire.dashboard.hostile import fill, page_at, pages_of

FILES = {"download package", "image"}
"""What the table has that is no page to look at."""
_ACCOUNT = f"{PREFIX}/account"
_PEOPLE = f"{PREFIX}/admin/people"


@pytest.fixture
def full(tmp_path: Path) -> Iterator[tuple[RunningStore, Account]]:
    """A store with one of everything, and whose that is."""
    settings = Settings(
        data=tmp_path,
        engine=EngineKind.INLINE,
        certification=CertificationPolicy.MANUAL,
        webhook_private_addresses=True,
        smtp_url=SecretStr("smtp://127.0.0.1:1"),
        mail_from="store@example.com",
    )
    with running_store(settings) as store:
        yield store, fill(store)


def may_do_all(store: RunningStore, account: Account) -> Browser:
    """Somebody new who may see and do everything."""
    return sign_in(store, account=account, role=Role.OWNER, reviewer=True, administrator=True)


def walk(browser: Browser) -> tuple[dict[str, str], dict[str, str]]:
    """Where links lead to, of each page the address with the most text; and where forms go. By the names of pages."""
    fullest: dict[str, tuple[int, str]] = {}
    forms: dict[str, str] = {}
    for address, page in pages_of(browser, of_each=3):
        name = page_at("GET", address).name
        fullest[name] = max(fullest.get(name, (0, "")), (len(page.text), address))
        forms |= {page_at("POST", each or address).name: each or address for each in page.forms}
    return {name: address for name, (_, address) in fullest.items() if name not in FILES}, forms


def invite_and_reset(administrator: Browser) -> list[httpx2.Response]:
    """The two pages that show a link once."""
    asked = {"email": "new@example.com", "reviewer": "yes"}
    invited = administrator.send(_PEOPLE, asked, status=200)
    reset = re.search(r'action="([^"]+/reset)"', administrator.get(_PEOPLE).text)
    assert reset is not None
    return [invited, administrator.send(reset[1], page=_PEOPLE, status=200)]


def send_nothing(visitor: Browser, address: str, *, page: str) -> httpx2.Response:
    """A form of a page, without anything in it."""
    return visitor.http.post(address, data={"csrf": visitor.proof(page)})


def refusals(store: RunningStore, account: Account) -> Iterator[httpx2.Response]:
    """What is not there, not for everybody, and too much."""
    viewer = sign_in(store, account=account, role=Role.VIEWER)
    yield viewer.get(f"{PREFIX}/rules/none", 404)
    yield viewer.get(f"{PREFIX}/admin", 403)
    yield viewer.send(f"{_ACCOUNT}/name", {"name": "n" * 2_000_000}, page=_ACCOUNT, status=413)


def show(person: Person, answer: httpx2.Response) -> None:
    """Let a browser have what the store has answered, and look at it."""
    person.page.route(
        str(answer.url),
        lambda route: route.fulfill(
            status=answer.status_code, headers=dict(answer.headers), body=answer.content
        ),
        times=1,
    )
    person.page.goto(str(answer.url))
    person.look(DARK_PHONE)


def test_axe_finds_nothing_on_any_page_nor_on_any_form_that_is_shown_again(
    browser: Chromium, axe: str, full: tuple[RunningStore, Account]
) -> None:
    store, _ = full
    administrator = may_do_all(*full)
    given = invite_and_reset(administrator)
    signed_out = [
        f"{PREFIX}/sign-in",
        f"{PREFIX}/sign-in/forgotten",
        *(urlsplit(re.findall(r'id="link">([^<]+)<', page.text)[0]).path for page in given),
    ]
    pages, forms = walk(administrator)
    looked_at = {*pages, *(page_at("GET", address).name for address in signed_out)}
    assert looked_at == {page.name for page in PAGES if page.method == "GET"} - FILES

    with (
        somebody(browser, store.url, axe=axe) as nobody,
        somebody(browser, store.url, axe=axe) as person,
    ):
        person.take_session_of(administrator)
        for who, addresses in ((nobody, signed_out), (person, pages.values())):
            for address in addresses:
                who.open(address)
                assert who.page.url == store.url + address
                who.look()
        for answer in (*given, *refusals(*full)):
            show(person, answer)
        # Each form has a visitor of its own: one of them ends the session.
        nothing_sent = [
            *((nobody, send_nothing(Browser(store), each, page=each)) for each in signed_out),
            *((person, send_nothing(may_do_all(*full), each, page=_ACCOUNT)) for each in forms.values()),
        ]
        shown_again = [(who, answer) for who, answer in nothing_sent if answer.status_code == 400]
        for who, answer in shown_again:
            show(who, answer)
    assert {"accept invitation", "save availability", "reject"} <= {
        page_at("POST", str(answer.url)).name for _, answer in shown_again
    }
