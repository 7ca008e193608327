"""The pages of people: one's account, the members of a publisher, everybody, publishers."""

import re
import uuid

import pytest

from openaddons.store.events import list_events
from openaddons.store.people.accounts import find_account
from openaddons.store.people.members import Member, list_members
from openaddons.store.people.sessions import list_sessions
from openaddons.store.people.visitors import Person, Role
from openaddons.store.tables import attempts, people
from tests.stores import Account, RunningStore
from tests.wire.conftest import OpenStore, new_account
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in
from tests.wire.dashboard.test_signing_in import PASSWORD, new_person, send, session_of

ACCOUNT = "/dashboard/account"
PEOPLE = "/dashboard/admin/people"


@pytest.fixture(autouse=True)
def _nothing_counted(store: RunningStore) -> None:
    store.workshop.tools.database.run(lambda tx: tx.execute(attempts.delete()))


@pytest.fixture
def person(store: RunningStore) -> Person:
    return new_person(store)


def members_of(account: Account) -> str:
    return f"/dashboard/publishers/{account.publisher.id}/people"


def person_of(store: RunningStore, email: str) -> Person:
    account = store.workshop.tools.database.read(find_account, email=email)
    assert account is not None
    return account.person


def test_a_name_is_changed_and_shown_as_text(store: RunningStore, person: Person) -> None:
    browser = Browser(store)
    send(browser, person)

    browser.send("/dashboard/account/name", {"name": " <b>Ann</b>  Other "}, page=ACCOUNT)
    refused = browser.send("/dashboard/account/name", {"name": " "}, page=ACCOUNT, status=400).text

    assert person_of(store, person.email).name == "<b>Ann</b> Other"
    assert "&lt;b&gt;Ann&lt;/b&gt; Other" in refused
    assert "<b>Ann</b>" not in refused
    assert "must have 1 to 100 characters." in refused


def test_mail_is_chosen(open_own_store: OpenStore) -> None:
    with open_own_store(smtp_url="smtp://127.0.0.1:1", mail_from="store@example.com") as store:
        person = new_person(store)
        browser = Browser(store)
        send(browser, person)
        chosen = []

        for fields in ({}, {"wants_mail": "yes"}):
            browser.send("/dashboard/account/mail", fields, page=ACCOUNT)
            account = store.workshop.tools.database.read(find_account, email=person.email)
            chosen.append(account is not None and account.wants_mail)

    assert chosen == [False, True]


def test_a_password_is_changed_by_whoever_knows_it_and_other_sessions_end(
    store: RunningStore, person: Person
) -> None:
    browser, other = Browser(store), Browser(store)
    send(browser, person)
    elsewhere = session_of(send(other, person))
    new = {"password": "quite another one", "again": "quite another one"}

    path = "/dashboard/account/password"
    wrong = browser.send(path, {"current": "a guess", **new}, page=ACCOUNT, status=400).text
    short = browser.send(
        path, {"current": PASSWORD, "password": "short", "again": "short"}, page=ACCOUNT, status=400
    ).text
    browser.send(path, {"current": PASSWORD, **new}, page=ACCOUNT)

    assert "this is not your password." in wrong
    assert "must have 12 to 200 characters" in short
    browser.get(ACCOUNT)
    Browser(store, elsewhere).get(ACCOUNT, 303)
    send(Browser(store), person, password="quite another one")


def test_sessions_are_shown_and_ended(store: RunningStore, person: Person) -> None:
    browser = Browser(store)
    browser.http.headers["User-Agent"] = "<i>Browser</i> of mine"
    send(browser, person)
    others = [session_of(send(Browser(store), person)) for _ in range(3)]
    page = browser.get(ACCOUNT).text
    ends = re.findall(r'action="(/dashboard/account/sessions/[0-9a-f-]{36}/end)"', page)

    browser.send(ends[0], page=ACCOUNT)
    left = [Browser(store, each).http.get(ACCOUNT).status_code for each in others]
    browser.send("/dashboard/account/sessions/end", page=ACCOUNT)

    assert "&lt;i&gt;Browser&lt;/i&gt; of mine" in page
    assert len(ends) == 4  # the one by which the person joined, too
    assert sorted(left) in ([200, 200, 200], [200, 200, 303])
    assert len(store.workshop.tools.database.read(list_sessions, person_id=person.id)) == 1
    browser.get(ACCOUNT)


def test_nobody_ends_sessions_of_others(store: RunningStore, person: Person) -> None:
    theirs = session_of(send(Browser(store), person))
    session_id = store.workshop.tools.database.read(list_sessions, person_id=person.id)[0].id
    eve = Browser(store)
    send(eve, new_person(store))

    eve.send(f"/dashboard/account/sessions/{session_id}/end", page=ACCOUNT)

    Browser(store, theirs).get(ACCOUNT)


def test_an_owner_invites_changes_roles_and_lets_people_go(
    store: RunningStore, account: Account, owner: Browser, person: Person
) -> None:
    here = members_of(account)
    made = owner.send(here, {"email": person.email, "role": "viewer"}, status=200).text
    url = re.search(r"http://[^<]*/dashboard/invitations/[\w-]+", made)
    assert url is not None
    assert person.email in owner.get(here).text
    invited = Browser(store)
    send(invited, person)

    invited.send(url[0].removeprefix(store.url))
    owner.send(f"{here}/{person.id}/role", {"role": "developer"}, page=here)
    role = {each.person.id: each.role for each in _members(store, account)}[person.id]
    reset = owner.send(f"{here}/{person.id}/reset", page=here, status=400).text
    owner.send(f"{here}/{person.id}/remove", page=here)

    assert role is Role.DEVELOPER
    assert "only an administrator can make the link" in reset  # they review, too
    assert person.id not in {each.person.id for each in _members(store, account)}
    assert [event.verb for event in store.workshop.tools.database.read(list_events, limit=3)] == [
        "member.removed",
        "member.role-set",
        "member.added",
    ]


def _members(store: RunningStore, account: Account) -> list[Member]:
    return store.workshop.tools.database.read(list_members, publisher_id=account.publisher.id)


def test_an_owner_helps_a_member_who_forgot_the_password(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    sign_in(store, account=account, role=Role.VIEWER)
    member = next(each.person for each in _members(store, account) if each.role is Role.VIEWER)
    here = members_of(account)

    made = owner.send(f"{here}/{member.id}/reset", page=here, status=200).text

    url = re.search(r"http://[^<]*(/dashboard/reset/[\w-]+)", made)
    assert url is not None
    new = {"password": "quite another one", "again": "quite another one"}
    assert Browser(store).send(url[1], new).headers["location"] == "/dashboard?notice=password-set"


def test_the_last_owner_is_told_why_they_stay(store: RunningStore, account: Account, owner: Browser) -> None:
    here = members_of(account)
    (only,) = _members(store, account)

    for action, fields in (("remove", {}), ("role", {"role": "viewer"})):
        refused = owner.send(f"{here}/{only.person.id}/{action}", fields, page=here, status=409).text
        assert "is the publisher&#39;s last owner" in refused


def test_an_owner_touches_nobody_of_another_publisher(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    other = new_account(store)
    sign_in(store, account=other)
    (theirs,) = _members(store, other)
    here = members_of(account)
    own = owner.send(here, {"email": "x@example.com", "role": "viewer"}, status=200)
    assert own.status_code == 200

    for action in ("remove", "reset", "role"):
        owner.send(f"{here}/{theirs.person.id}/{action}", {"role": "viewer"}, page=here, status=404)
    owner.send(f"{here}/invitations/{uuid.uuid4()}/withdraw", page=here, status=404)

    assert len(_members(store, other)) == 1


def test_an_invitation_is_withdrawn(store: RunningStore, account: Account, owner: Browser) -> None:
    here = members_of(account)
    made = owner.send(here, {"email": "x@example.com", "role": "owner"}, status=200).text
    url = re.search(r"(/dashboard/invitations/[\w-]+)<", made)
    withdraw = re.search(r'action="([^"]*/withdraw)"', owner.get(here).text)
    assert url is not None
    assert withdraw is not None
    Browser(store).get(url[1])

    owner.send(withdraw[1], page=here)

    Browser(store).get(url[1], 404)
    assert "x@example.com" not in owner.get(here).text


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"email": "nobody", "role": "viewer"}, "must be an e-mail address"),
        ({"email": "x@example.com", "role": "king"}, "must be owner, developer or viewer."),
        ({"email": "x@example.com\r\nBcc: y@example.com", "role": "viewer"}, "must be an e-mail address"),
    ],
)
def test_an_invitation_that_cannot_be_is_told_beside_its_field(
    account: Account, owner: Browser, fields: dict[str, str], problem: str
) -> None:
    assert problem in owner.send(members_of(account), fields, status=400).text


def test_an_administrator_says_who_is_what_for_the_store(
    store: RunningStore, administrator: Browser, person: Person
) -> None:
    own = f"{PEOPLE}/{person.id}"
    session = session_of(send(Browser(store), person))

    administrator.send(f"{own}/flags", {"administrator": "yes"}, page=PEOPLE)
    now = person_of(store, person.email)
    administrator.send(f"{own}/disable", page=PEOPLE)

    assert (now.reviewer, now.administrator) == (False, True)
    Browser(store, session).get(ACCOUNT, 303)
    administrator.send(f"{own}/reset", page=PEOPLE, status=409)
    administrator.send(f"{own}/enable", page=PEOPLE)
    assert "/dashboard/reset/" in administrator.send(f"{own}/reset", page=PEOPLE, status=200).text
    administrator.send(f"{own}/second-factor", page=PEOPLE)
    administrator.send(f"{PEOPLE}/{uuid.uuid4()}/disable", page=PEOPLE, status=404)


def test_an_administrator_invites_reviewers(store: RunningStore, administrator: Browser) -> None:
    email = f"{uuid.uuid4()}@example.com"
    made = administrator.send(PEOPLE, {"email": email, "reviewer": "yes"}, status=200).text
    url = re.search(r"(/dashboard/invitations/[\w-]+)<", made)
    assert url is not None
    assert email in administrator.get(PEOPLE).text
    nothing = administrator.send(PEOPLE, {"email": email}, status=400).text
    assert "say what they are to be" in nothing

    Browser(store).send(url[1], {"name": "Rob", "password": PASSWORD, "again": PASSWORD})

    joined = person_of(store, email)
    assert (joined.reviewer, joined.administrator) == (True, False)


def test_an_administrator_makes_a_publisher_and_invites_its_owner(
    store: RunningStore, administrator: Browser
) -> None:
    path, name = "/dashboard/admin/publishers", f"<em>{uuid.uuid4()}</em>"

    made = administrator.send(path, {"name": name})
    again = administrator.send(path, {"name": name}, status=400).text
    people_page = administrator.get(made.headers["location"]).text

    created = next(
        event
        for event in store.workshop.tools.database.read(list_events, limit=1000)
        if event.verb == "publisher.created" and event.facts["name"] == name
    )
    assert created.correlation_id == made.headers["x-correlation-id"]
    assert "The publisher is created. Invite its first owner." in people_page
    assert "Nobody signs in for this publisher yet" in people_page
    assert "there is a publisher" in again
    assert name not in again + people_page
    assert name.replace("<", "&lt;").replace(">", "&gt;") in administrator.get(path).text


@pytest.mark.parametrize("which", ["account", "members", "everybody", "publishers"])
def test_a_page_asks_as_much_of_many_as_of_few(
    store: RunningStore, account: Account, administrator: Browser, which: str
) -> None:
    path = {
        "account": ACCOUNT,
        "members": members_of(account),
        "everybody": PEOPLE,
        "publishers": "/dashboard/admin/publishers",
    }[which]
    asked = []

    for _ in range(2):
        administrator.get(path)  # when the session was last seen is noted
        with counting_queries(store) as statements:
            administrator.get(path)
        asked.append(len(statements))
        for _ in range(3):
            sign_in(store, account=account)
            new_account(store)

    assert asked[0] == asked[1]
    assert asked[0] <= 8


def test_hostile_names_are_text_on_every_page(
    store: RunningStore, account: Account, administrator: Browser
) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    sign_in(store, account=account)
    (member,) = _members(store, account)
    store.workshop.tools.database.run(
        lambda tx: tx.execute(people.update().where(people.c.id == member.person.id).values(name=hostile))
    )

    for path in (PEOPLE, members_of(account)):
        page = administrator.get(path).text
        assert "<script>alert(1)" not in page
        assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;\u202e</bdi>" in page
