"""Signing in as a browser does: cookies, the way back, the second factor, and whoever tries to break in."""

import re
import uuid
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx2
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from openaddons.store.people.accounts import make_reset
from openaddons.store.people.attempts import FOR_ACCOUNT, FOR_CODE, FOR_MAIL
from openaddons.store.people.invitations import invite_first_administrator, invite_person
from openaddons.store.people.one_time_codes import read_totp_secret
from openaddons.store.people.visitors import Person
from openaddons.store.tables import attempts, deliveries
from openaddons.surfaces.dashboard.people.signing_in import read_next
from openaddons.work.signing_in import Browser as Sitting
from openaddons.work.signing_in import SignedIn, join
from tests.stores import RunningStore
from tests.wire.conftest import OpenStore
from tests.wire.dashboard.conftest import SESSION_COOKIE, Browser, sign_in

PASSWORD = "several words of mine"


@pytest.fixture(autouse=True)
def _nothing_counted(store: RunningStore) -> None:
    """All tests come from one address."""
    store.workshop.tools.database.run(lambda tx: tx.execute(attempts.delete()))


def new_person(store: RunningStore) -> Person:
    """Somebody with a password, who is not signed in."""
    tools = store.workshop.tools
    _, token = tools.database.run(
        invite_person, email=f"{uuid.uuid4()}@example.com", reviewer=True, actor="test"
    )
    sitting = Sitting(address="192.0.2.1", user_agent="", correlation_id=str(uuid.uuid4()))
    came = join(tools, token=token, email="", name="Ann", password=PASSWORD, browser=sitting)
    assert isinstance(came, SignedIn)
    return came.person


@pytest.fixture
def person(store: RunningStore) -> Person:
    return new_person(store)


def send(
    browser: Browser, person: Person, *, password: str = PASSWORD, status: int = 303, then: str = ""
) -> httpx2.Response:
    """Fill in the form."""
    return browser.send(
        "/dashboard/sign-in",
        {"email": person.email, "password": password, "next": then},
        status=status,
    )


def session_of(answer: httpx2.Response) -> str:
    """What the answer makes the browser's session."""
    cookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        cookie.load(line)
    return cookie[SESSION_COOKIE].value


def test_a_good_password_opens_the_page_that_was_asked_for(store: RunningStore, person: Person) -> None:
    browser = Browser(store)
    asked = browser.get("/dashboard/account", 303).headers["location"]
    page = browser.get(asked).text
    then = re.search(r'name="next" value="([^"]*)"', page)
    assert then is not None

    answer = send(browser, person, then=then[1])

    assert answer.headers["location"] == "/dashboard/account"
    assert person.email in browser.get("/dashboard/account").text


def test_the_cookie_is_no_business_of_scripts_or_other_sites(store: RunningStore, person: Person) -> None:
    answer = send(Browser(store), person)

    (line,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith(SESSION_COOKIE)]
    assert re.sub(r"=[\w-]{43};", "=…;", line) == (
        f"{SESSION_COOKIE}=…; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"
    )


def test_by_tls_the_cookie_is_bound_to_this_very_host(open_own_store: OpenStore) -> None:
    with open_own_store(public_url="https://addons.example") as store:
        person = new_person(store)
        browser = Browser(store)
        browser.http.base_url = f"http://127.0.0.1:{store.workshop.tools.settings.port}"
        browser.http.headers["Sec-Fetch-Site"] = "same-origin"
        page = browser.get("/dashboard/sign-in")
        # The test speaks plain HTTP, so its browser would not send the cookie back.
        cookie = page.headers["set-cookie"].partition(";")[0]
        proof = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert proof is not None

        answer = browser.http.post(
            "/dashboard/sign-in",
            data={"csrf": proof[1], "email": person.email, "password": PASSWORD},
            headers={"Cookie": cookie},
        )

    assert answer.status_code == 303
    assert re.sub(r"=[\w-]{43};", "=…;", answer.headers["set-cookie"]) == (
        f"__Host-{SESSION_COOKIE}=…; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000"
    )


def test_a_session_that_somebody_planted_is_not_taken(store: RunningStore, person: Person) -> None:
    """Session fixation: the attacker knows a cookie, and has the victim sign in with it."""
    planted = "planted-by-an-attacker-planted-by-an-attacker"
    browser = Browser(store, planted)

    made = session_of(send(browser, person))

    assert made != planted
    Browser(store, planted).get("/dashboard/account", 303)


def test_a_session_of_before_ends_with_the_sign_in(store: RunningStore, person: Person) -> None:
    """Also one of the attacker's own, in which the victim would go on."""
    browser = Browser(store)
    former = session_of(send(browser, new_person(store)))
    proof = browser.proof("/dashboard/account")

    answer = browser.http.post(
        "/dashboard/sign-in", data={"csrf": proof, "email": person.email, "password": PASSWORD}
    )

    assert session_of(answer) != former
    Browser(store, former).get("/dashboard/account", 303)


def test_signing_out_ends_the_session_itself(store: RunningStore, person: Person) -> None:
    browser = Browser(store)
    session = session_of(send(browser, person))

    answer = browser.send("/dashboard/sign-out", page="/dashboard/account")

    assert answer.headers["location"] == "/dashboard/sign-in?notice=signed-out"
    assert f"{SESSION_COOKIE}=;" in answer.headers["set-cookie"]
    Browser(store, session).get("/dashboard/account", 303)
    assert "You are signed out." in browser.get(answer.headers["location"]).text


ELSEWHERE = (
    "https://attacker.example/",
    "//attacker.example/",
    "/\\attacker.example/",
    "\\\\attacker.example/",
    "/dashboard\\attacker.example",
    "/dashboard@attacker.example/",
    "/dashboard.attacker.example/",
    "/dashboardx",
    "javascript:alert(1)",
    "data:text/html,x",
    " /dashboard",
    "/dashboard/\thttps://attacker.example",
    "/dashboard/x\r\nSet-Cookie: planted=1",
    "/dashboard?x=\r\n\r\n<script>alert(1)</script>",
    "/dashboard/\u2028x",
    "/updates",
    "/dashboard/" + "x" * 2000,
)


@pytest.mark.parametrize("then", ELSEWHERE)
def test_no_way_back_leads_elsewhere(store: RunningStore, person: Person, then: str) -> None:
    browser = Browser(store)
    shown = browser.http.get("/dashboard/sign-in", params={"next": then})

    answer = send(browser, person, then=then)
    signed_in = browser.http.get("/dashboard/sign-in", params={"next": then})

    # Browsers, and the form's reader, take blanks at the ends away.
    own = then.strip() if read_next(then.strip()) != "/dashboard" else "/dashboard"
    assert answer.headers["location"] == own
    assert 'name="next" value="/dashboard"' in shown.text
    assert signed_in.headers["location"] == "/dashboard"
    assert "planted" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "then", ["/dashboard", "/dashboard/", "/dashboard/products/1?a=b%20c&d=~!", "/dashboard?notice=saved"]
)
def test_a_way_back_into_the_dashboard_is_kept(then: str) -> None:
    assert read_next(then) == then


def test_what_was_typed_is_shown_again_as_text(store: RunningStore) -> None:
    typed = '"><script>alert(1)</script>@example.com'

    page = Browser(store).send("/dashboard/sign-in", {"email": typed, "password": PASSWORD}, status=400).text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;@example.com" in page
    assert PASSWORD not in page


def test_a_password_is_taken_as_it_is_typed_with_the_blanks_around_it(
    store: RunningStore, person: Person
) -> None:
    _, token = store.workshop.tools.database.run(make_reset, person=person, actor="test")
    typed, other = " m\u00b2 of several words ", "m2 of several words"
    browser = Browser(store)

    browser.send(f"/dashboard/reset/{token}", {"password": typed, "again": typed.strip()}, status=400)
    browser.send(f"/dashboard/reset/{token}", {"password": typed, "again": typed})

    for wrong in (typed.strip(), f" {other} "):
        send(Browser(store), person, password=wrong, status=400)
        new = {"current": wrong, "password": other, "again": other}
        browser.send("/dashboard/account/password", new, page="/dashboard/account", status=400)
    send(Browser(store), person, password=typed)
    browser.send("/dashboard/account/password", new | {"current": typed}, page="/dashboard/account")


def test_a_stranger_and_a_wrong_password_get_the_same_page(store: RunningStore, person: Person) -> None:
    browser = Browser(store)

    wrong = send(browser, person, password="a guess that is wrong", status=400).text
    nobody = browser.send(
        "/dashboard/sign-in", {"email": "nobody@example.com", "password": PASSWORD}, status=400
    ).text

    assert wrong.replace(person.email, "") == nobody.replace("nobody@example.com", "")


def test_guessing_passwords_is_told_to_wait_and_a_reset_still_works(
    store: RunningStore, person: Person
) -> None:
    browser = Browser(store)
    for _ in range(FOR_ACCOUNT.at_once):
        send(browser, person, password="a guess that is wrong", status=400)

    refused = send(browser, person, status=429)

    assert 0 < int(refused.headers["retry-after"]) <= FOR_ACCOUNT.each.total_seconds()
    assert "Too many attempts to sign in. Try again in" in refused.text
    _, token = store.workshop.tools.database.run(make_reset, person=person, actor="test")
    changed = browser.send(
        f"/dashboard/reset/{token}", {"password": "a new one, longer", "again": "a new one, longer"}
    )
    assert changed.headers["location"] == "/dashboard?notice=password-set"
    browser.get("/dashboard/account")


def test_the_second_factor_from_the_qr_code_to_the_recovery_codes(
    store: RunningStore, person: Person
) -> None:
    browser = Browser(store)
    send(browser, person)
    setup = browser.get("/dashboard/account/second-factor").text
    shown = re.search(r'name="secret" value="([A-Z2-7 ]+)"', setup)
    assert shown is not None
    assert "<svg viewBox=" in setup
    totp = TOTP(read_totp_secret(shown[1]), 6, SHA1(), 30)
    clock = store.workshop.tools.database.clock

    def code(steps: int = 0) -> str:
        return totp.generate(clock.now().timestamp() + 30 * steps).decode()

    typed = {"secret": shown[1], "code": code(), "password": PASSWORD}
    wrong = browser.send("/dashboard/account/second-factor", typed | {"password": "a guess"}, status=400).text
    codes_page = browser.send("/dashboard/account/second-factor", typed, status=200).text

    assert shown[1] in wrong  # the same secret again: the app has it already
    codes = re.findall(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b", codes_page)
    assert len(codes) == 10
    assert "10 recovery codes are left" in browser.get("/dashboard/account").text
    for answer in (code(1), codes[0]):
        other = Browser(store)
        asked = send(other, person, status=200, then="/dashboard/account").text
        assert "Six digits, or one of your recovery codes." in asked
        assert SESSION_COOKIE not in other.http.cookies
        signed_in = _answer(other, asked, answer)
        assert signed_in.headers["location"] == "/dashboard/account"
    assert "9 recovery codes are left" in browser.get("/dashboard/account").text
    renewed = browser.send(
        "/dashboard/account/recovery-codes", {"password": PASSWORD}, page="/dashboard/account", status=200
    ).text
    assert codes[1] not in renewed
    browser.send("/dashboard/account/second-factor/remove", {"password": PASSWORD}, page="/dashboard/account")
    send(Browser(store), person)


def _answer(browser: Browser, asked: str, code: str, status: int = 303) -> httpx2.Response:
    """Fill in the form for the second factor, as it was shown."""
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked))
    answer = browser.http.post("/dashboard/sign-in/second-factor", data=fields | {"code": code})
    assert answer.status_code == status, answer.text
    return answer


def test_guessing_codes_is_told_to_wait(store: RunningStore, person: Person) -> None:
    browser = Browser(store)
    send(browser, person)
    setup = browser.get("/dashboard/account/second-factor").text
    secret = re.findall(r'name="secret" value="([A-Z2-7 ]+)"', setup)[0]
    totp = TOTP(read_totp_secret(secret), 6, SHA1(), 30)
    now = store.workshop.tools.database.clock.now().timestamp()
    browser.send(
        "/dashboard/account/second-factor",
        {"secret": secret, "code": totp.generate(now).decode(), "password": PASSWORD},
        status=200,
    )
    guesser = Browser(store)
    asked = send(guesser, person, status=200).text

    for _ in range(FOR_CODE.at_once):
        asked = _answer(guesser, asked, "no code", 400).text
    refused = _answer(guesser, asked, totp.generate(now + 30).decode(), 429)

    assert 0 < int(refused.headers["retry-after"]) <= FOR_CODE.each.total_seconds()


def test_the_first_administrator_comes_by_the_printed_link(open_own_store: OpenStore) -> None:
    with open_own_store() as store:
        token = store.workshop.tools.database.run(invite_first_administrator)
        browser = Browser(store)
        path = f"/dashboard/invitations/{token}"
        assert "You are the first" in browser.get(path).text

        typed = {"email": "Ann@example.com", "name": "Ann", "password": PASSWORD}
        again = browser.send(path, typed | {"again": "not the same"}, status=400).text
        joined = browser.send(path, typed | {"again": PASSWORD})

        assert "is not the same password." in again
        assert 'value="Ann@example.com"' in again
        assert joined.headers["location"] == "/dashboard?notice=joined"
        assert "ann@example.com" in browser.get("/dashboard/admin/people").text
        gone = Browser(store).get(path, 404)
        assert "LinkInvalid" in gone.text


def test_an_invitation_of_somebody_with_an_account_asks_them_to_sign_in(
    store: RunningStore, person: Person
) -> None:
    _, token = store.workshop.tools.database.run(
        invite_person, email=person.email, administrator=True, actor="test"
    )
    path = f"/dashboard/invitations/{token}"
    browser, other = Browser(store), Browser(store)
    send(other, new_person(store))

    stranger_sees = browser.get(path).text
    other_sees = other.get(path).text
    other.send(path, status=404)
    send(browser, person, then=path)
    browser.send(path)

    assert "Sign in to accept." in stranger_sees
    assert f"/dashboard/sign-in?next=%2Fdashboard%2Finvitations%2F{token}" in stranger_sees
    assert "the invitation is for somebody else" in other_sees
    browser.get("/dashboard/admin/people")


@pytest.mark.parametrize("page", ["invitations", "reset"])
@pytest.mark.parametrize("token", ["x", "%00", "..%2F..", "x" * 5000, "é"])
def test_a_token_that_is_none_is_told(store: RunningStore, page: str, token: str) -> None:
    answer = Browser(store).http.get(f"/dashboard/{page}/{token}")

    assert answer.status_code in {400, 404, 414, 431}
    assert "Traceback" not in answer.text


@pytest.fixture(scope="module")
def mailing_store(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """A store that knows a mail server, which is not there: mails stay in the outbox."""
    with open_own_store(smtp_url="smtp://127.0.0.1:1", mail_from="store@example.com") as running:
        yield running


def mails(store: RunningStore) -> list[tuple[str, str]]:
    """To whom, and what, each mail of the outbox is, the newest last."""
    tools = store.workshop.tools
    query = sa.select(deliveries).where(deliveries.c.text.is_not(None)).order_by(deliveries.c.created_time)
    rows = tools.database.read(lambda tx: tx.execute(query).mappings().all())
    return [
        (row["address"], tools.master_key.unseal(row["text"], context=row["id"]).decode()) for row in rows
    ]


def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link(mailing_store: RunningStore) -> None:
    person, path = new_person(mailing_store), "/dashboard/sign-in/forgotten"
    browser = Browser(mailing_store)
    assert path in browser.get("/dashboard/sign-in").text

    known = browser.send(path, {"email": person.email.upper()})
    unknown = browser.send(path, {"email": "nobody@example.com"})

    assert (
        known.headers["location"] == unknown.headers["location"] == "/dashboard/sign-in?notice=reset-mailed"
    )
    sent = mails(mailing_store)
    address, text = sent[-1]
    assert [address for address, _ in sent if "nobody" in address] == []
    assert address == person.email
    url = re.search(r"http://\S+(/dashboard/reset/\S+)", text)
    assert url is not None
    browser.send(url[1], {"password": "a new one, longer", "again": "a new one, longer"})
    browser.get("/dashboard/account")


def test_a_forged_host_leads_no_mailed_link_elsewhere(mailing_store: RunningStore) -> None:
    person, path = new_person(mailing_store), "/dashboard/sign-in/forgotten"
    browser = Browser(mailing_store)
    proof = browser.proof(path)

    browser.http.post(
        path,
        data={"csrf": proof, "email": person.email},
        headers={"Host": "attacker.example", "X-Forwarded-Host": "attacker.example"},
    )

    (text,) = [text for address, text in mails(mailing_store) if address == person.email]
    assert f"{mailing_store.url}/dashboard/reset/" in text
    assert "attacker" not in text


def test_nobody_is_flooded_with_mails(mailing_store: RunningStore) -> None:
    email, path = new_person(mailing_store).email, "/dashboard/sign-in/forgotten"
    browser = Browser(mailing_store)

    for _ in range(FOR_MAIL.at_once):
        browser.send(path, {"email": email})
    refused = browser.send(path, {"email": email}, status=429)

    assert int(refused.headers["retry-after"]) > 0
    assert len([address for address, _ in mails(mailing_store) if address == email]) == FOR_MAIL.at_once


def test_without_a_mail_server_none_is_promised(store: RunningStore) -> None:
    browser = Browser(store)

    assert "An owner of your publisher or an administrator" in browser.get("/dashboard/sign-in").text
    browser.get("/dashboard/sign-in/forgotten", 404)
    browser.send(
        "/dashboard/sign-in/forgotten", {"email": "x@example.com"}, page="/dashboard/sign-in", status=404
    )


def test_invitations_are_mailed_too(mailing_store: RunningStore) -> None:
    administrator, email = sign_in(mailing_store, administrator=True), f"{uuid.uuid4()}@example.com"
    path = "/dashboard/admin/people"

    page = administrator.send(path, {"email": email, "reviewer": "yes"}, status=200).text

    address, text = mails(mailing_store)[-1]
    shown = re.search(r"http://[^<]*/dashboard/invitations/[\w-]+", page)
    assert shown is not None
    assert (address, shown[0] in text) == (email, True)
    assert "is on its way to" in page


def test_opening_a_link_uses_nothing_up(store: RunningStore, person: Person) -> None:
    _, token = store.workshop.tools.database.run(make_reset, person=person, actor="test")

    for _ in range(2):
        page = Browser(store).get(f"/dashboard/reset/{token}")

    assert person.email in page.text
    assert page.headers["referrer-policy"] == "same-origin"


def test_nothing_of_a_password_is_in_the_store_after_all_that(store: RunningStore, person: Person) -> None:
    send(Browser(store), person)

    with store.workshop.tools.database.engine.connect() as connection:
        kept = str(connection.execute(sa.text("SELECT * FROM people")).all())

    assert "$argon2id$v=19$" in kept
    assert PASSWORD not in kept
