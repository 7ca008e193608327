"""Signing in, step by step: attempts are counted first, a password is hashed outside any transaction."""

from dataclasses import dataclass

from openaddons.errors import LinkInvalid, ValueRefused
from openaddons.store.people.accounts import Account, find_account, read_account, renew_hash, set_password
from openaddons.store.people.attempts import (
    FOR_ACCOUNT,
    FOR_ADDRESS,
    FOR_CODE,
    count_attempt,
    forgive_attempts,
)
from openaddons.store.people.invitations import accept_as_stranger, find_invitation
from openaddons.store.people.links import LinkKind, find_link, make_link, use_link
from openaddons.store.people.one_time_codes import find_step
from openaddons.store.people.passwords import check_password, hash_password, needs_rehash
from openaddons.store.people.second_factors import use_recovery_code, use_step
from openaddons.store.people.sessions import begin_session
from openaddons.store.people.visitors import Person
from openaddons.store.session import Transaction, traced
from openaddons.work.tools import Tools


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from, and the request by which they do."""

    address: str
    user_agent: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who it is, and the token of a new session."""

    person: Person
    token: str


@dataclass(frozen=True, slots=True)
class SecondFactorAsked:
    """The password was good; the token says so for a few minutes, to `finish_sign_in`."""

    token: str


def sign_in(tools: Tools, *, email: str, password: str, browser: Browser) -> SignedIn | SecondFactorAsked:
    """Sign in by password. Raises `TooManyAttempts`, and `ValueRefused` in the same words and time for all else."""
    account = tools.database.read(find_account, email=email)
    person_id = None if account is None else account.person.id
    good = _try_password(tools, account, email=email, password=password, browser=browser)
    if account is None or not good or account.person.disabled_time is not None:
        _record_failure(tools, person_id=person_id, browser=browser)
        raise ValueRefused(
            name="password", problem="this is not the password of an account with that e-mail address."
        )
    assert account.password_hash is not None
    if needs_rehash(account.password_hash):
        tools.database.run(
            renew_hash,
            person_id=account.person.id,
            former=account.password_hash,
            password_hash=hash_password(password, email=account.person.email),
        )
    return tools.database.run(traced(_proven, browser.correlation_id), account=account, browser=browser)


def finish_sign_in(tools: Tools, *, token: str, code: str, browser: Browser) -> SignedIn:
    """Sign in by the second factor. Raises `LinkInvalid` when the password was too long ago.

    Raises `TooManyAttempts`, and `ValueRefused` for a code that is wrong or was used.
    """
    link = tools.database.read(find_link, kinds=(LinkKind.SECOND_FACTOR,), token=token)
    if link.person_id is None:
        raise LinkInvalid
    account = tools.database.read(read_account, person_id=link.person_id)
    person = account.person
    counted = {_of_code(person): FOR_CODE, of_address(browser): FOR_ADDRESS}
    tools.database.run(count_attempt, allowances=counted)
    step = find_step(open_totp_secret(tools, account), code=code, now=tools.database.clock.now())

    def finish(tx: Transaction) -> SignedIn | None:
        if step is None:
            good = use_recovery_code(tx, person=person, code=code)
        else:
            good = use_step(tx, person_id=person.id, step=step)
        if not good:
            return None
        use_link(tx, kinds=(LinkKind.SECOND_FACTOR,), token=token)
        forgive_attempts(tx, subject=_of_code(person))
        return _begin(tx, person, browser)

    signed_in = tools.database.run(traced(finish, browser.correlation_id))
    if signed_in is None:
        _record_failure(tools, person_id=person.id, browser=browser)
        raise ValueRefused(name="code", problem="is wrong or was used already. Wait for the next one.")
    return signed_in


def confirm_password(tools: Tools, *, person: Person, password: str, browser: Browser) -> None:
    """Have a person who is signed in say the password again. Raises `TooManyAttempts` and `ValueRefused`."""
    account = tools.database.read(read_account, person_id=person.id)
    if not _try_password(tools, account, email=person.email, password=password, browser=browser):
        _record_failure(tools, person_id=person.id, browser=browser)
        raise ValueRefused(name="password", problem="this is not your password.")
    tools.database.run(forgive_attempts, subject=_of_account(person.email))


def join(
    tools: Tools, *, token: str, email: str, name: str, password: str, browser: Browser
) -> SignedIn | SecondFactorAsked:
    """Accept an invitation as somebody without an account. Raises `LinkInvalid` and `ValueRefused`."""
    link, _ = tools.database.read(find_invitation, token=token)
    password_hash = hash_password(password, email=(link.email or email).strip().lower())

    def accept(tx: Transaction) -> SignedIn | SecondFactorAsked:
        person = accept_as_stranger(
            tx,
            token=token,
            email=email,
            name=name,
            password_hash=password_hash,
        )
        return _proven(tx, account=read_account(tx, person_id=person.id), browser=browser)

    return tools.database.run(traced(accept, browser.correlation_id))


def reset_password(
    tools: Tools, *, token: str, password: str, browser: Browser
) -> SignedIn | SecondFactorAsked:
    """Choose a new password by a link, and sign in: not counted, so it helps while others try to guess.

    Raises `LinkInvalid` and `ValueRefused`.
    """
    link = tools.database.read(find_link, kinds=(LinkKind.RESET,), token=token)
    password_hash = hash_password(password, email=link.email or "")

    def reset(tx: Transaction) -> SignedIn | SecondFactorAsked:
        used = use_link(tx, kinds=(LinkKind.RESET,), token=token)
        if used.person_id is None:
            raise LinkInvalid
        account = read_account(tx, person_id=used.person_id)
        set_password(
            tx,
            person=account.person,
            password_hash=password_hash,
            kept_session_id=None,
            actor=account.person.email,
        )
        return _proven(tx, account=account, browser=browser)

    return tools.database.run(traced(reset, browser.correlation_id))


def seal_totp_secret(tools: Tools, *, secret: bytes, person: Person) -> bytes:
    """The secret as it is kept, bound to the person."""
    return tools.master_key.seal(secret, context=f"totp {person.id}")


def open_totp_secret(tools: Tools, account: Account) -> bytes:
    """The secret of an account that has a second factor. Raises `KeyUnusable` when another master key sealed it."""
    if account.totp_secret is None:
        raise LinkInvalid
    return tools.master_key.unseal(account.totp_secret, context=f"totp {account.person.id}")


def _try_password(
    tools: Tools, account: Account | None, *, email: str, password: str, browser: Browser
) -> bool:
    counted = {_of_account(email): FOR_ACCOUNT, of_address(browser): FOR_ADDRESS}
    tools.database.run(count_attempt, allowances=counted)
    return check_password(password, kept=None if account is None else account.password_hash)


def _proven(tx: Transaction, *, account: Account, browser: Browser) -> SignedIn | SecondFactorAsked:
    """What follows when a password or a link was good."""
    if account.totp_secret is None:
        return _begin(tx, account.person, browser)
    _, token = make_link(
        tx, kind=LinkKind.SECOND_FACTOR, person_id=account.person.id, actor=account.person.email
    )
    return SecondFactorAsked(token)


def _begin(tx: Transaction, person: Person, browser: Browser) -> SignedIn:
    forgive_attempts(tx, subject=_of_account(person.email))
    token = begin_session(
        tx,
        person=person,
        user_agent=browser.user_agent,
        address=browser.address,
    )
    return SignedIn(person, token)


def _record_failure(tools: Tools, *, person_id: str | None, browser: Browser) -> None:
    """Also where there is no such person, for that takes its time; but then without what was typed."""

    def record(tx: Transaction) -> None:
        tx.record("session.refused", actor="anybody", subject=person_id, address=browser.address)

    tools.database.run(traced(record, browser.correlation_id))


def _of_account(email: str) -> str:
    return f"account {email.strip().lower()}"


def of_address(browser: Browser) -> str:
    """What attempts from there are counted under."""
    return f"address {browser.address}"


def _of_code(person: Person) -> str:
    return f"code {person.id}"
