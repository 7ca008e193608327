"""One's own account: name, password, second factor, and the browsers in which one is signed in."""

from collections import defaultdict
from typing import Final

import segno
from markupsafe import Markup

from openaddons.errors import ValueRefused
from openaddons.store.people.accounts import (
    Account,
    read_account,
    rename_person,
    set_password,
    set_wants_mail,
)
from openaddons.store.people.members import Member, list_members
from openaddons.store.people.one_time_codes import (
    find_step,
    make_recovery_codes,
    make_totp_secret,
    read_totp_secret,
    show_totp_secret,
    totp_uri,
)
from openaddons.store.people.passwords import hash_password
from openaddons.store.people.second_factors import (
    remove_second_factor,
    renew_recovery_codes,
    set_second_factor,
)
from openaddons.store.people.sessions import Session, end_other_sessions, end_session, list_sessions
from openaddons.store.people.visitors import Visitor
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.people.links import new_password
from openaddons.surfaces.dashboard.people.signing_in import browser_of, problems
from openaddons.work.signing_in import confirm_password, seal_totp_secret

_HERE: Final = "/dashboard/account"


def _visitor(visit: Visit) -> Visitor:
    assert visit.visitor is not None
    return visit.visitor


def _confirm(visit: Visit, field: str = "password") -> None:
    """Have the visitor say the password again before something that opens or closes the door."""
    try:
        confirm_password(
            visit.tools,
            person=_visitor(visit).person,
            password=visit.form.as_typed(field),
            browser=browser_of(visit),
        )
    except ValueRefused as refused:
        raise ValueRefused(name=field, problem=refused.facts["problem"]) from None


def _read(tx: Transaction, *, person_id: str) -> tuple[Account, list[Session], list[Member]]:
    return (
        read_account(tx, person_id=person_id),
        list_sessions(tx, person_id=person_id),
        list_members(tx, person_id=person_id),
    )


def _show(visit: Visit, *, refused: ValueRefused | None = None, form: str = "") -> Html:
    """The page; what is wrong stands in the form that was sent."""
    account, sessions, memberships = visit.read(_read, person_id=_visitor(visit).person.id)
    values = {
        "account": account,
        "sessions": sessions,
        "memberships": memberships,
        "mails": visit.settings.smtp_url is not None,
        "name": visit.form["name"] or account.person.name,
        "problems": defaultdict(lambda: problems(None), {form: problems(refused)}),
    }
    return Html("people/account.html", values, 200 if refused is None else 400)


def _rename(visit: Visit) -> Answer:
    try:
        visit.run(
            rename_person,
            person_id=_visitor(visit).person.id,
            name=visit.form["name"],
            actor=visit.actor,
        )
    except ValueRefused as refused:
        return _show(visit, refused=refused, form="name")
    return Redirect(_HERE, notice="saved")


def _set_mail(visit: Visit) -> Answer:
    visit.run(
        set_wants_mail,
        person=_visitor(visit).person,
        wants_mail="wants_mail" in visit.form,
    )
    return Redirect(_HERE, notice="saved")


def _change_password(visit: Visit) -> Answer:
    person = _visitor(visit).person
    try:
        password = new_password(visit)
        _confirm(visit, "current")
        password_hash = hash_password(password, email=person.email)
    except ValueRefused as refused:
        return _show(visit, refused=refused, form="password")
    visit.run(
        set_password,
        person=person,
        password_hash=password_hash,
        kept_session_id=_visitor(visit).session_id,
        actor=visit.actor,
    )
    return Redirect(_HERE, notice="password-set")


def _end_session(visit: Visit) -> Answer:
    visit.run(
        end_session,
        person=_visitor(visit).person,
        session_id=visit.path["session_id"],
    )
    return Redirect(_HERE, notice="session-ended")


def _end_others(visit: Visit) -> Answer:
    visit.run(
        end_other_sessions,
        person=_visitor(visit).person,
        session_id=_visitor(visit).session_id,
    )
    return Redirect(_HERE, notice="session-ended")


def _begin_second_factor(visit: Visit) -> Html:
    return _second_factor(visit, make_totp_secret())


def _second_factor(visit: Visit, secret: bytes, *, refused: ValueRefused | None = None) -> Html:
    uri = totp_uri(secret, email=visit.actor, issuer="OpenAddons")
    picture = segno.make(uri, error="m").svg_inline(
        dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr", lineclass=None
    )
    values = {
        "picture": Markup(picture),  # noqa: S704 - squares and numbers: segno writes none of the text
        "secret": show_totp_secret(secret),
        "problems": problems(refused),
    }
    return Html("people/second-factor-setup.html", values, 200 if refused is None else 400)


def _step(visit: Visit, secret: bytes) -> int:
    """The time step of the code that the app shows. Raises `ValueRefused`."""
    step = find_step(secret, code=visit.form["code"], now=visit.database.clock.now())
    if step is None:
        raise ValueRefused(name="code", problem="is not the one that the app shows now. Is its clock right?")
    return step


def _set_second_factor(visit: Visit) -> Answer:
    person, secret = _visitor(visit).person, read_totp_secret(visit.form["secret"])
    try:
        step = _step(visit, secret)
        _confirm(visit)
    except ValueRefused as refused:
        return _second_factor(visit, secret, refused=refused)
    codes = make_recovery_codes()
    visit.run(
        set_second_factor,
        person=person,
        sealed_secret=seal_totp_secret(visit.tools, secret=secret, person=person),
        step=step,
        recovery_codes=codes,
    )
    return Html("people/recovery-codes.html", {"codes": codes})


def _renew_codes(visit: Visit) -> Answer:
    try:
        _confirm(visit)
    except ValueRefused as refused:
        return _show(visit, refused=refused, form="second factor")
    codes = make_recovery_codes()
    visit.run(
        renew_recovery_codes,
        person=_visitor(visit).person,
        recovery_codes=codes,
    )
    return Html("people/recovery-codes.html", {"codes": codes})


def _remove_second_factor(visit: Visit) -> Answer:
    try:
        _confirm(visit)
    except ValueRefused as refused:
        return _show(visit, refused=refused, form="second factor")
    visit.run(
        remove_second_factor,
        person=_visitor(visit).person,
        actor=visit.actor,
    )
    return Redirect(_HERE, notice="second-factor-removed")


PAGES: Final = (
    Page("account", "GET", "/account", Who.SIGNED_IN, _show),
    Page("rename", "POST", "/account/name", Who.SIGNED_IN, _rename),
    Page("choose mail", "POST", "/account/mail", Who.SIGNED_IN, _set_mail),
    Page("change password", "POST", "/account/password", Who.SIGNED_IN, _change_password),
    Page("end other sessions", "POST", "/account/sessions/end", Who.SIGNED_IN, _end_others),
    Page("end session", "POST", "/account/sessions/{session_id}/end", Who.SIGNED_IN, _end_session),
    Page("second factor", "GET", "/account/second-factor", Who.SIGNED_IN, _begin_second_factor),
    Page("set second factor", "POST", "/account/second-factor", Who.SIGNED_IN, _set_second_factor),
    Page(
        "remove second factor", "POST", "/account/second-factor/remove", Who.SIGNED_IN, _remove_second_factor
    ),
    Page("renew codes", "POST", "/account/recovery-codes", Who.SIGNED_IN, _renew_codes),
)
