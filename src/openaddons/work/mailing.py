"""Mail, by SMTP: what an event says in words, to the people of its publisher who want it."""

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from openaddons.settings import SMTP_PORTS, Settings
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.telling.deliveries import Try
from openaddons.store.telling.messages import Message
from openaddons.store.telling.outbox import SUBJECT_CHARACTERS_LIMIT, TOPICS
from openaddons.text import one_line

_TIMEOUT_SECONDS: Final = 10.0  # of each step; a mail has some eight


def mail_of(message: Message, settings: Settings) -> tuple[str, str]:
    """Subject and text of the mail that tells a message."""
    topic = TOPICS[message.verb]
    about = one_line(
        " ".join(filter(None, (message.product_name or message.publisher_name, message.version)))
    )
    subject = f"{about}: {topic.mail}"
    lines = [f"{about}: {topic.meaning}."]
    lines += [text for text in (message.detail, message.reason) if text]
    lines += [
        f"Developer policy {number}: {DEVELOPER_POLICIES[number].title}." for number in message.policies
    ]
    if message.product_id is not None:
        lines.append(f"{settings.base_url}/dashboard/products/{message.product_id}")
    if message.correlation_id is not None:
        lines.append(f"Correlation ID: {message.correlation_id}")
    lines.append(
        f"You get this mail as a member of {one_line(message.publisher_name)}. "
        f"Your account says whether you do: {settings.base_url}/dashboard/account"
    )
    return subject[:SUBJECT_CHARACTERS_LIMIT], "\n\n".join(lines) + "\n"


def make_mail(
    settings: Settings, *, address: str, subject: str, text: str, mail_id: str, now: datetime
) -> EmailMessage:
    """A mail. Raises `ValueError` or `MessageError` for an address that is none."""
    mail = EmailMessage(policy=SMTP)
    # From and To are parsed as one address each: nothing in them becomes another header or receiver.
    mail["From"] = Address(addr_spec=settings.mail_from)
    mail["To"] = Address(addr_spec=address)
    mail["Subject"] = one_line(subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{mail_id}@{urlsplit(settings.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5: nobody's absence is answered
    mail.set_content(text)
    return mail


def send_mail(
    settings: Settings, *, address: str, subject: str, text: str, mail_id: str, now: datetime
) -> Try:
    """Hand a mail to the server. Blocks, for a minute or so at the most."""
    try:
        mail = make_mail(settings, address=address, subject=subject, text=text, mail_id=mail_id, now=now)
    except (ValueError, MessageError, IndexError) as error:
        return Try(delivered=False, status=None, answer=f"No such address: {error}", hopeless=True)
    try:
        _hand_over(settings, mail)
    except smtplib.SMTPRecipientsRefused as refusal:
        ((status, answer),) = refusal.recipients.values()
        return _refused(status, answer)
    except smtplib.SMTPResponseException as refusal:
        return _refused(refusal.smtp_code, refusal.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        return Try(delivered=False, status=None, answer=f"{type(error).__name__}: {error}")
    return Try(delivered=True, status=250, answer="")


def _refused(status: int, answer: bytes | str) -> Try:
    """RFC 5321 section 4.2.1: what begins with 5 will be refused again."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return Try(delivered=False, status=status, answer=words, hopeless=500 <= status < 600)


def _hand_over(settings: Settings, mail: EmailMessage) -> None:
    assert settings.smtp_url is not None
    url = urlsplit(settings.smtp_url.get_secret_value())
    host, port, context = url.hostname or "", url.port or SMTP_PORTS[url.scheme], ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=context)
        if url.username is not None:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(mail)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
