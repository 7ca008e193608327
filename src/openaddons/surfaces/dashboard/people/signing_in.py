"""Signing in and out."""

import re
from collections import defaultdict
from typing import Final

from openaddons.errors import NotFound, ValueRefused
from openaddons.store.people.sessions import ABSOLUTE, end_session
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.work.giving_links import mail_reset
from openaddons.work.signing_in import Browser, SecondFactorAsked, SignedIn, finish_sign_in, sign_in

HOME: Final = "/dashboard"
# A page of ours: no other host, no control characters, nothing that a browser reads as more than it is.
_NEXT: Final = re.compile(r"/dashboard(?:[/?][!-\[\]-~]*)?")
_NEXT_CHARACTERS_LIMIT: Final = 2000


def browser_of(visit: Visit) -> Browser:
    """Where the visitor sits."""
    return Browser(address=visit.address, user_agent=visit.user_agent, correlation_id=visit.correlation_id)


def read_next(text: str) -> str:
    """Where somebody goes on after signing in: a page of the dashboard, whatever the address said."""
    return text if len(text) <= _NEXT_CHARACTERS_LIMIT and _NEXT.fullmatch(text) else HOME


def proceed(
    visit: Visit, came: SignedIn | SecondFactorAsked, *, then: str = HOME, notice: str = ""
) -> Answer:
    """What follows a good password or link: a session of this browser's, or the question for the second factor."""
    if isinstance(came, SecondFactorAsked):
        return Html(
            "people/second-factor.html", {"token": came.token, "next": then, "problems": problems(None)}
        )
    if visit.visitor is not None:
        visit.run(
            end_session,
            person=visit.visitor.person,
            session_id=visit.visitor.session_id,
        )
    seconds = int(ABSOLUTE.total_seconds())
    cookie = visit.jar.header(visit.jar.session_name, came.token, seconds=seconds)
    return Redirect(then, notice=notice, headers=(cookie,))


def _show(visit: Visit) -> Answer:
    then = read_next(visit.query.get("next", ""))
    if visit.visitor is not None:
        return Redirect(then)
    return _form(visit, then=then)


def _form(visit: Visit, *, then: str, refused: ValueRefused | None = None) -> Html:
    values = {
        "next": then,
        "email": visit.form["email"],
        "problems": problems(refused),
        "mails": visit.settings.smtp_url is not None,
    }
    return Html("people/sign-in.html", values, 200 if refused is None else 400)


def problems(refused: ValueRefused | None) -> dict[str, str]:
    """What is wrong with which field of a form; nothing with all others."""
    told = {} if refused is None else {str(refused.facts["name"]): str(refused.facts["problem"])}
    return defaultdict(str, told)


def _take(visit: Visit) -> Answer:
    then = read_next(visit.form["next"])
    try:
        came = sign_in(
            visit.tools,
            email=visit.form["email"],
            password=visit.form.as_typed("password"),
            browser=browser_of(visit),
        )
    except ValueRefused as refused:
        return _form(visit, then=then, refused=refused)
    return proceed(visit, came, then=then)


def _take_code(visit: Visit) -> Answer:
    token, then = visit.form["token"], read_next(visit.form["next"])
    try:
        came = finish_sign_in(visit.tools, token=token, code=visit.form["code"], browser=browser_of(visit))
    except ValueRefused as refused:
        values = {"token": token, "next": then, "problems": problems(refused)}
        return Html("people/second-factor.html", values, 400)
    return proceed(visit, came, then=then)


def _forgotten(visit: Visit) -> Html:
    if visit.settings.smtp_url is None:
        raise NotFound
    return Html("people/forgotten.html")


def _mail_reset(visit: Visit) -> Answer:
    mail_reset(visit.tools, email=visit.form["email"], browser=browser_of(visit))
    return Redirect("/dashboard/sign-in", notice="reset-mailed")


def _sign_out(visit: Visit) -> Answer:
    assert visit.visitor is not None
    visit.run(
        end_session,
        person=visit.visitor.person,
        session_id=visit.visitor.session_id,
    )
    ended = visit.jar.header(visit.jar.session_name, "", seconds=0)
    return Redirect("/dashboard/sign-in", notice="signed-out", headers=(ended,))


PAGES: Final = (
    Page("sign in", "GET", "/sign-in", Who.ANYBODY, _show),
    Page("send sign-in", "POST", "/sign-in", Who.ANYBODY, _take),
    Page("send second factor", "POST", "/sign-in/second-factor", Who.ANYBODY, _take_code),
    Page("forgotten password", "GET", "/sign-in/forgotten", Who.ANYBODY, _forgotten),
    Page("mail reset", "POST", "/sign-in/forgotten", Who.ANYBODY, _mail_reset),
    Page("sign out", "POST", "/sign-out", Who.SIGNED_IN, _sign_out),
)
