"""What happens is told by mail, to the people of a publisher who want it. On both databases."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from pydantic import SecretStr, ValidationError

from openaddons.app import open_store
from openaddons.ids import new_guid
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.products import Product, set_certification
from openaddons.store.session import Transaction
from openaddons.store.submissions import pending_submission, reject_submission
from openaddons.store.tables import deliveries, memberships, people
from openaddons.store.telling.outbox import DeliveryState, queue_mail
from openaddons.work.delivering import Sender
from openaddons.work.workshop import Workshop
from tests.acceptance.certificates import make_certificates
from tests.receivers import MailServer, mail_server
from tests.stores import Account, make_account, make_draft, make_published


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.fixture
def workshop(settings: Settings, server: MailServer) -> Iterator[Workshop]:
    url = SecretStr(f"smtp://127.0.0.1:{server.port}")
    with open_store(
        settings.model_copy(update={"smtp_url": url, "mail_from": "store@example.org"})
    ) as opened:
        yield opened


@pytest.fixture
def account(workshop: Workshop) -> Account:
    return make_account(workshop)


def join(workshop: Workshop, account: Account, email: str, role: str, **columns: Any) -> None:
    """Let somebody be a member of the account's publisher."""

    def joined(tx: Transaction) -> None:
        person_id = new_guid()
        tx.execute(
            people.insert(), {"id": person_id, "email": email, "name": "", "created_time": tx.now} | columns
        )
        tx.execute(
            memberships.insert(),
            {
                "person_id": person_id,
                "publisher_id": account.publisher.id,
                "role": role,
                "created_time": tx.now,
            },
        )

    workshop.tools.database.run(joined)


def queue(workshop: Workshop, address: str, *, subject: str = "Hello", text: str = "Come in.") -> None:
    workshop.tools.database.run(
        queue_mail, address=address, subject=subject, text=text, master_key=workshop.tools.master_key
    )


def deliver(workshop: Workshop, **chosen: Any) -> None:
    """Send every mail that is due, as the courier does; with some settings other than the store's."""
    tools = workshop.tools

    async def run() -> None:
        async with Sender(replace(tools, settings=tools.settings.model_copy(update=chosen))) as sender:
            while await sender.deliver(None):
                pass

    asyncio.run(run())


def rows(workshop: Workshop) -> list[Any]:
    return list(workshop.tools.database.read(lambda tx: tx.execute(sa.select(deliveries)).all()))


def next_mail(server: MailServer) -> tuple[list[str], EmailMessage]:
    receivers, raw = server.next()
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return receivers, mail


def rejected(workshop: Workshop, account: Account, *, name: str = "Tab Tally") -> Product:
    """A product whose version 1.0.0 was rejected."""
    product, database = make_draft(workshop, account, name=name), workshop.tools.database
    database.run(
        set_certification,
        product_id=product.id,
        policy=CertificationPolicy.MANUAL,
        delay_seconds=None,
        actor="test",
    )
    make_published(workshop, account, product=product)
    submission = database.read(pending_submission, product_id=product.id)
    assert submission is not None
    database.run(
        reject_submission,
        submission_id=submission.id,
        reason="It asks for too much.",
        policies=["1.5.1"],
        actor="test",
    )
    return product


def test_a_mail_names_product_version_and_verdict_with_the_reason_and_a_link(
    workshop: Workshop, account: Account, server: MailServer
) -> None:
    join(workshop, account, "owner@example.org", "owner")
    product = rejected(workshop, account)

    deliver(workshop)

    receivers, mail = next_mail(server)
    assert receivers == ["owner@example.org"]
    assert (mail["To"], mail["From"]) == ("owner@example.org", "store@example.org")
    assert mail["Subject"] == "Tab Tally 1.0.0: rejected"
    text = mail.get_content()
    assert "It asks for too much." in text
    assert "Developer policy 1.5.1: Data it needs." in text
    assert f"{workshop.tools.settings.base_url}/dashboard/products/{product.id}\n" in text.replace("\r", "")


def test_owners_and_developers_get_mail_unless_they_do_not_want_it(
    workshop: Workshop, account: Account, server: MailServer
) -> None:
    join(workshop, account, "owner@example.org", "owner")
    join(workshop, account, "developer@example.org", "developer")
    join(workshop, account, "viewer@example.org", "viewer")
    join(workshop, account, "quiet@example.org", "owner", wants_mail=False)
    join(workshop, make_account(workshop, "Other"), "other@example.org", "owner")

    rejected(workshop, account)

    assert {each.address for each in rows(workshop)} == {"owner@example.org", "developer@example.org"}


def test_nothing_in_a_name_becomes_a_header_or_a_receiver(
    workshop: Workshop, account: Account, server: MailServer
) -> None:
    join(workshop, account, "owner@example.org", "owner")
    rejected(workshop, account, name="Tab\r\nBcc: everybody@example.org\r\n\r\nHi")

    deliver(workshop)

    receivers, mail = next_mail(server)
    assert (receivers, mail["Bcc"]) == (["owner@example.org"], None)
    assert mail["Subject"] == "Tab Bcc: everybody@example.org Hi 1.0.0: rejected"


@pytest.mark.parametrize(
    "address",
    ["a@example.org, b@example.org", "a@example.org\r\nRCPT TO:<b@example.org>", "nobody", "", "<>"],
)
def test_what_is_no_address_is_given_up(workshop: Workshop, server: MailServer, address: str) -> None:
    queue(workshop, address)

    deliver(workshop)

    (row,) = rows(workshop)
    assert (row.state, row.answer[:16]) == (DeliveryState.FAILED, "No such address:")
    assert [line for line in server.said if line.startswith("RCPT")] == []


def test_a_text_of_its_own_is_sealed_until_it_is_sent_and_then_gone(
    workshop: Workshop, server: MailServer
) -> None:
    queue(workshop, "new@example.org", subject="You are\ninvited", text="https://store.example/invitations/x")
    (row,) = rows(workshop)
    assert b"invitations" not in row.text

    deliver(workshop)

    _, mail = next_mail(server)
    assert (mail["Subject"], mail.get_content().strip()) == (
        "You are invited",
        "https://store.example/invitations/x",
    )
    (row,) = rows(workshop)
    assert (row.state, row.status, row.text) == (DeliveryState.DELIVERED, 250, None)


@pytest.mark.parametrize(
    ("refusal", "state"), [("550 no such user", DeliveryState.FAILED), ("451 later", DeliveryState.PENDING)]
)
def test_a_refusal_for_good_is_not_tried_again_and_one_for_now_is(
    workshop: Workshop, server: MailServer, refusal: str, state: DeliveryState
) -> None:
    server.refuse = refusal
    queue(workshop, "new@example.org")

    deliver(workshop)

    (row,) = rows(workshop)
    assert (row.state, f"{row.status} {row.answer}") == (state, refusal)


def test_a_server_that_is_away_is_tried_again(settings: Settings) -> None:
    away = settings.model_copy(
        update={"smtp_url": SecretStr("smtp://127.0.0.1:1"), "mail_from": "store@example.org"}
    )
    with open_store(away) as workshop:
        queue(workshop, "new@example.org")

        deliver(workshop)

        (row,) = rows(workshop)
        assert (row.state, row.status) == (DeliveryState.PENDING, None)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_and_password_go_by_tls_to_a_server_whose_certificate_holds_and_to_no_other(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    authority, certificate = tmp_path / "authority.pem", tmp_path / "server.pem"
    make_certificates(["localhost"], authority=authority, server=certificate)
    queue(workshop, "new@example.org")
    with mail_server(certificate, starttls=scheme == "smtp+starttls") as server:
        for host, trusted in (("localhost", False), ("127.0.0.1", True)):
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(authority))
            with structlog.testing.capture_logs() as logs:
                deliver(workshop, smtp_url=SecretStr(f"{scheme}://user:secret@{host}:{server.port}"))
            (row,) = rows(workshop)
            assert (row.state, "CERTIFICATE_VERIFY_FAILED" in row.answer) == (DeliveryState.PENDING, True)
            assert [(each["event"], each["answer"]) for each in logs] == [
                ("delivery.mail-failed", row.answer)
            ]
            workshop.tools.database.run(lambda tx: tx.execute(deliveries.update().values(due_time=tx.now)))
        assert [line for line in server.said if not line.lower().startswith(("ehlo", "starttls"))] == []

        deliver(workshop, smtp_url=SecretStr(f"{scheme}://user:secret@localhost:{server.port}"))

        receivers, mail = next_mail(server)
    assert (receivers, mail["To"]) == (["new@example.org"], "new@example.org")
    assert "AUTH PLAIN " + b64encode(b"\0user\0secret").decode() in server.said


def test_a_server_without_tls_gets_no_password(settings: Settings, server: MailServer) -> None:
    url = SecretStr(f"smtp+starttls://user:secret@127.0.0.1:{server.port}")
    with open_store(settings.model_copy(update={"smtp_url": url, "mail_from": "a@example.org"})) as workshop:
        queue(workshop, "new@example.org")

        deliver(workshop)

        (row,) = rows(workshop)
        assert (row.state, row.status) == (DeliveryState.PENDING, None)
    assert [line for line in server.said if "AUTH" in line] == []


def test_without_a_mail_server_no_mail_is_written_down(settings: Settings) -> None:
    with open_store(settings) as workshop:
        account = make_account(workshop)
        join(workshop, account, "owner@example.org", "owner")

        rejected(workshop, account)

        assert rows(workshop) == []


@pytest.mark.parametrize(
    "chosen",
    [
        {"smtp_url": "smtp://mail.example.org"},
        {"smtp_url": "mail.example.org", "mail_from": "a@example.org"},
        {"smtp_url": "smtps://", "mail_from": "a@example.org"},
        {"smtp_url": "smtp://user:secret@mail.example.org", "mail_from": "a@example.org"},
    ],
)
def test_settings_that_could_send_no_mail_are_refused(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**chosen)
