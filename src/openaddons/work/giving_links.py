"""One-time links for people: made, and mailed in the same transaction where the store knows a mail server."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from openaddons.errors import NotFound
from openaddons.store.people.accounts import find_account, make_reset
from openaddons.store.people.attempts import FOR_ADDRESS, FOR_MAIL, count_attempt
from openaddons.store.people.links import Link, LinkKind, link_url
from openaddons.store.session import Transaction, traced
from openaddons.store.telling.outbox import queue_mail
from openaddons.work.signing_in import Browser, of_address
from openaddons.work.tools import Tools

_MAILS: Final = {
    LinkKind.INVITATION: (
        "Your invitation to OpenAddons",
        """{actor} invites you to the add-on store at {store}. This link gets you in, once, within seven days:

{url}

If you do not know why, you need do nothing.
""",
    ),
    LinkKind.RESET: (
        "A new password for OpenAddons",
        """With this link you choose a new password for the add-on store at {store}, once, within a day:

{url}

If you did not ask for it, you need do nothing: your password stays as it is.
""",
    ),
}


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link, its address, and whether it is on its way by mail."""

    link: Link
    url: str
    mailed: bool


def give_link(
    tx: Transaction, /, *, tools: Tools, make: Callable[..., tuple[Link, str]], **facts: Any
) -> GivenLink:
    """Carry out a verb that makes a link and its token, and mail it. Raises what the verb raises."""
    link, token = make(tx, **facts)
    return _mail(tx, tools, link, token)


def mail_reset(tools: Tools, *, email: str, browser: Browser) -> None:
    """Mail a link for a new password to whoever has an account; nobody is told who does. Raises `TooManyAttempts`.

    Raises `NotFound` where the store knows no mail server.
    """
    if tools.settings.smtp_url is None:
        raise NotFound
    allowances = {f"mail {email.strip().lower()}": FOR_MAIL, of_address(browser): FOR_ADDRESS}

    def mail(tx: Transaction) -> None:
        count_attempt(tx, allowances=allowances)
        account = find_account(tx, email=email)
        if account is not None and account.person.disabled_time is None:
            link, token = make_reset(tx, person=account.person, actor="anybody")
            _mail(tx, tools, link, token)

    tools.database.run(traced(mail, browser.correlation_id))


def _mail(tx: Transaction, tools: Tools, link: Link, token: str) -> GivenLink:
    store = tools.settings.base_url
    url = link_url(store, kind=link.kind, token=token)
    if tools.settings.smtp_url is None or link.email is None:
        return GivenLink(link, url, mailed=False)
    subject, text = _MAILS[link.kind]
    queue_mail(
        tx,
        address=link.email,
        subject=subject,
        text=text.format(store=store, url=url, actor=link.actor),
        master_key=tools.master_key,
    )
    return GivenLink(link, url, mailed=True)
