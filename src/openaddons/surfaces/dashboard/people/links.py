"""The pages behind one-time links. Opening one uses nothing up, for mail scanners open them too."""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.store.people.accounts import Account
from openaddons.store.people.invitations import accept_as_person, find_invitation
from openaddons.store.people.links import Link, LinkKind, find_link
from openaddons.store.publishers import Publisher, publisher_of_id
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.signing_in import HOME, browser_of, problems, proceed
from openaddons.work.signing_in import join, reset_password


def new_password(visit: Visit) -> str:
    """The new password of a form, typed twice. Raises `ValueRefused`."""
    password = visit.form.as_typed("password")
    if password != visit.form.as_typed("again"):
        raise ValueRefused(name="again", problem="is not the same password.")
    return password


def _read(tx: Transaction, *, token: str) -> tuple[Link, Account | None, Publisher | None]:
    link, account = find_invitation(tx, token=token)
    publisher = link.publisher_id and publisher_of_id(tx, publisher_id=link.publisher_id)
    return link, account, publisher or None


def _invitation(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    link, account, publisher = visit.read(_read, token=visit.path["token"])
    values = {
        "token": visit.path["token"],
        "invitation": link,
        "to": publisher,
        "has_account": account is not None,
        "typed": {name: visit.form[name] for name in ("email", "name")},
        "problems": problems(refused),
    }
    return Html("people/invitation.html", values, 200 if refused is None else 400)


def _accept(visit: Visit) -> Answer:
    """With an account: more rights for it. Without: an account, and the rights."""
    token = visit.path["token"]
    if visit.visitor is not None:
        visit.run(accept_as_person, token=token, person=visit.visitor.person)
        return Redirect(HOME, notice="joined")
    try:
        came = join(
            visit.tools,
            token=token,
            email=visit.form["email"],
            name=visit.form["name"],
            password=new_password(visit),
            browser=browser_of(visit),
        )
    except ValueRefused as refused:
        return _invitation(visit, refused=refused)
    return proceed(visit, came, notice="joined")


def _reset(visit: Visit, *, refused: ValueRefused | None = None) -> Html:
    link = visit.read(find_link, kinds=(LinkKind.RESET,), token=visit.path["token"])
    values = {"token": visit.path["token"], "email": link.email, "problems": problems(refused)}
    return Html("people/reset.html", values, 200 if refused is None else 400)


def _take_reset(visit: Visit) -> Answer:
    try:
        came = reset_password(
            visit.tools,
            token=visit.path["token"],
            password=new_password(visit),
            browser=browser_of(visit),
        )
    except ValueRefused as refused:
        return _reset(visit, refused=refused)
    return proceed(visit, came, notice="password-set")


PAGES: Final = (
    Page("invitation", "GET", "/invitations/{token}", Who.ANYBODY, _invitation),
    Page("accept invitation", "POST", "/invitations/{token}", Who.ANYBODY, _accept),
    Page("reset", "GET", "/reset/{token}", Who.ANYBODY, _reset),
    Page("send reset", "POST", "/reset/{token}", Who.ANYBODY, _take_reset),
)
