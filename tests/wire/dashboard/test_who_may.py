"""Every page of the table, tried as everybody. New pages are covered as soon as they stand in the table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, Environment

from openaddons.ids import NOBODYS_GUID
from openaddons.store.people.visitors import Role
from openaddons.surfaces.dashboard import app as dashboard
from openaddons.surfaces.dashboard.pages import ROLES, Html, Page, Visit, Who
from openaddons.surfaces.design import open_templates
from tests.stores import Account, RunningStore, make_published
from tests.wire.conftest import OpenStore, new_account
from tests.wire.dashboard.conftest import Browser, sign_in

MARK = "the page itself"
PAGES = dashboard.PAGES
OPEN_TO_ALL = {
    "sign in",
    "send sign-in",
    "send second factor",
    "forgotten password",
    "mail reset",
    "invitation",
    "accept invitation",
    "reset",
    "send reset",
}
"""Pages for people who are not signed in: whoever adds one says so here too."""


def _reached(visit: Visit) -> Html:
    return Html("reached.html")


PROOF = Page("proof", "GET", "/proof", Who.ANYBODY, lambda visit: Html("proof.html"))


def _with_marks(*folders: Any) -> Environment:
    templates = open_templates(*folders)
    assert templates.loader is not None
    marks = DictLoader({"reached.html": MARK, "proof.html": '<form method="post">{{ csrf() }}</form>'})
    templates.loader = ChoiceLoader([templates.loader, marks])
    return templates


@dataclass(frozen=True, slots=True)
class Scene:
    """A store whose pages say only that they were reached, a product in it, and everybody who may come."""

    store: RunningStore
    account: Account
    ids: dict[str, str]
    browsers: dict[str, Browser]

    def path(self, page: Page) -> str:
        """The page's address; what else it names is nothing."""
        filled = re.sub(r"\{(\w+)\}", lambda found: self.ids.get(found[1], NOBODYS_GUID), page.path)
        return f"/dashboard{filled}"


@pytest.fixture(scope="module")
def scene(open_own_store: OpenStore) -> Iterator[Scene]:
    patch = pytest.MonkeyPatch()
    patch.setattr(dashboard, "PAGES", (PROOF, *(replace(page, answer=_reached) for page in PAGES)))
    patch.setattr(dashboard, "open_templates", _with_marks)
    with open_own_store(publishes_per_minute=100_000) as store:
        patch.undo()
        yield _scene(store)


def _scene(store: RunningStore) -> Scene:
    account = new_account(store)
    product = make_published(store.workshop, account)
    submission = store.http.get(
        f"/manage/v1/products/{product.id}/submissions", headers=account.headers
    ).json()["submissions"][0]
    members = {role.name.lower(): sign_in(store, account=account, role=role) for role in Role}
    return Scene(
        store,
        account,
        {
            "publisher_id": account.publisher.id,
            "product_id": product.id,
            "submission_id": submission["id"],
        },
        {
            "nobody": Browser(store),
            "stranger": sign_in(store, account=new_account(store)),
            "reviewer": sign_in(store, reviewer=True),
            "administrator": sign_in(store, administrator=True),
            **members,
        },
    )


ALLOWED = {
    Who.ANYBODY: {"nobody", "stranger", "viewer", "developer", "owner", "reviewer", "administrator"},
    Who.SIGNED_IN: {"stranger", "viewer", "developer", "owner", "reviewer", "administrator"},
    Who.VIEWER: {"viewer", "developer", "owner", "administrator"},
    Who.DEVELOPER: {"developer", "owner", "administrator"},
    Who.OWNER: {"owner", "administrator"},
    Who.READER: {"viewer", "developer", "owner", "reviewer", "administrator"},
    Who.REVIEWER: {"reviewer", "administrator"},
    Who.ADMINISTRATOR: {"administrator"},
}


def _expected(page: Page, visitor: str) -> str:
    if visitor in ALLOWED[page.who]:
        return "reached"
    if visitor == "nobody":
        return "sign in"
    foreign = page.who in ROLES and visitor in {"stranger", "reviewer"}
    return "not there" if foreign else "refused"


def _outcome(browser: Browser, page: Page, path: str, proof: str) -> str:
    answer = browser.http.get(path) if page.method == "GET" else browser.http.post(path, data={"csrf": proof})
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/dashboard/sign-in?next=%2Fdashboard")
        return "sign in"
    if answer.text == MARK:
        return "reached"
    return {403: "refused", 404: "not there"}[answer.status_code]


@pytest.mark.parametrize("visitor", sorted(ALLOWED[Who.ANYBODY]))
def test_each_page_is_reached_by_whom_it_is_for_and_by_nobody_else(scene: Scene, visitor: str) -> None:
    browser = scene.browsers[visitor]
    proof = browser.proof("/dashboard/proof")

    found = {page.name: _outcome(browser, page, scene.path(page), proof) for page in PAGES}

    assert found == {page.name: _expected(page, visitor) for page in PAGES}


def test_no_form_of_any_page_is_taken_without_its_proof(scene: Scene) -> None:
    browser = scene.browsers["administrator"]

    answers = {
        page.name: browser.http.post(scene.path(page), data={"csrf": "0" * 64})
        for page in PAGES
        if page.method == "POST"
    }

    assert {
        name for name, answer in answers.items() if (answer.status_code, MARK in answer.text) != (403, False)
    } == set()


def test_the_pages_for_people_who_are_not_signed_in_are_these() -> None:
    assert {page.name for page in PAGES if page.who is Who.ANYBODY} == OPEN_TO_ALL


def test_what_names_a_publisher_product_or_submission_asks_for_a_role() -> None:
    owned = re.compile(r"\{(publisher|product|submission)_id\}")
    allowed = {*ROLES, Who.REVIEWER, Who.ADMINISTRATOR}

    assert [page.name for page in PAGES if owned.search(page.path) and page.who not in allowed] == []


def test_administration_is_for_administrators() -> None:
    assert [
        page.name for page in PAGES if page.path.startswith("/admin") and page.who is not Who.ADMINISTRATOR
    ] == []


def test_viewers_send_no_forms() -> None:
    """What changes something of a publisher is for developers and owners, or for who decides about it."""
    assert [
        page.name for page in PAGES if page.method == "POST" and page.who in {Who.VIEWER, Who.READER}
    ] == []


def test_every_page_has_a_name_of_its_own() -> None:
    names = [page.name for page in PAGES]

    assert sorted(names) == sorted(set(names))


def test_no_page_breaks_for_whom_it_is_for(store: RunningStore) -> None:
    """The pages themselves: of a product in the store; what else their paths name is not there."""
    scene = _scene(store)
    browser = scene.browsers["administrator"]

    found = {
        page.name: browser.http.get(scene.path(page)).status_code for page in PAGES if page.method == "GET"
    }

    assert {name: status for name, status in found.items() if status not in {200, 303, 404}} == {}
