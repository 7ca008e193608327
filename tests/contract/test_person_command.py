"""``openaddons person``, as it is typed, and the link that a start prints: on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from openaddons.app import open_store
from openaddons.cli.main import main
from openaddons.errors import LinkInvalid
from openaddons.settings import Settings
from openaddons.store.people.accounts import find_account
from openaddons.store.people.visitors import read_visitor
from openaddons.store.publishers import digest_of
from openaddons.work.signing_in import Browser, SignedIn, join, reset_password, sign_in
from openaddons.work.workshop import Workshop
from tests.stores import make_account, start_process

PASSWORD = "several words of mine"
BROWSER = Browser(address="192.0.2.7", user_agent="", correlation_id="00000000-0000-4000-8000-000000000000")


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def types(settings: Settings, *words: str) -> Result:
    environment = {"OPENADDONS_DATA": str(settings.data), "OPENADDONS_ENGINE": "inline"}
    if settings.database is not None:
        environment["OPENADDONS_DATABASE"] = settings.database
    return CliRunner().invoke(main, ["person", *words], env=environment)


def gets(settings: Settings, *words: str) -> Any:
    result = types(settings, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def joins(workshop: Workshop, url: str, *, email: str = "") -> SignedIn:
    """Follow an invitation."""
    token = url.rpartition("/dashboard/invitations/")[2]
    came = join(workshop.tools, token=token, email=email, name="Ann", password=PASSWORD, browser=BROWSER)
    assert isinstance(came, SignedIn)
    return came


def test_whoever_is_invited_is_what_the_operator_said(settings: Settings, workshop: Workshop) -> None:
    account = make_account(workshop)

    made = gets(
        settings, "invite", "ann@example.com", "--publisher", "Acme", "--role", "developer", "--reviewer"
    )
    came = joins(workshop, made["url"])

    assert made["url"].startswith("http://127.0.0.1:8787/dashboard/invitations/")
    visitor = workshop.tools.database.read(read_visitor, digest=digest_of(came.token))
    assert visitor is not None
    assert (visitor.person.reviewer, visitor.person.administrator) == (True, False)
    assert {id_: role.name for id_, role in visitor.roles.items()} == {account.publisher.id: "DEVELOPER"}
    listed = gets(settings, "list")["people"]
    assert [(each["email"], each["second_factor"], each["roles"]) for each in listed] == [
        ("ann@example.com", False, ["reviewer", "developer of Acme"])
    ]


def test_an_operator_who_is_locked_out_gets_in_by_a_reset(settings: Settings, workshop: Workshop) -> None:
    joins(workshop, gets(settings, "invite", "ann@example.com", "--administrator")["url"])

    url = gets(settings, "reset", "Ann@example.com", "--second-factor")["url"]
    token = url.rpartition("/dashboard/reset/")[2]
    reset_password(workshop.tools, token=token, password="quite another one", browser=BROWSER)

    signed_in = sign_in(
        workshop.tools, email="ann@example.com", password="quite another one", browser=BROWSER
    )
    assert isinstance(signed_in, SignedIn)


def test_a_person_is_disabled_and_enabled(settings: Settings, workshop: Workshop) -> None:
    joins(workshop, gets(settings, "invite", "ann@example.com", "--reviewer")["url"])
    states = []

    for words in (("disable", "ann@example.com"), ("enable", "ann@example.com")):
        gets(settings, *words)
        account = workshop.tools.database.read(find_account, email="ann@example.com")
        assert account is not None
        states.append(account.person.disabled_time is not None)

    assert states == [True, False]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["invite", "ann@example.com"], 1, "role: say what they are to be"),
        (["invite", "ann", "--reviewer"], 1, "email: must be an e-mail address such as ann@example.com."),
        (
            ["invite", "ann@example.com", "--publisher", "Nobody"],
            1,
            "There is no publisher Nobody. [NotKnown]",
        ),
        (["reset", "ann@example.com"], 1, "There is no person ann@example.com. [NotKnown]"),
        (["disable", "ann@example.com"], 1, "There is no person ann@example.com. [NotKnown]"),
    ],
)
def test_what_cannot_be_done_is_refused(
    settings: Settings, words: list[str], code: int, message: str
) -> None:
    result = types(settings, *words)

    assert (code, "") == (result.exit_code, result.stdout)
    assert message in result.stderr


def test_an_empty_list_says_what_to_do(settings: Settings) -> None:
    assert "openaddons person invite EMAIL --administrator" in types(settings, "list").stdout


def test_each_start_prints_a_link_until_somebody_has_used_one(settings: Settings) -> None:
    printed = []
    for _ in range(2):
        process = start_process("serve", settings)
        printed.append(process.ready["invitation"])
        assert printed[-1].startswith(f"{process.url}/dashboard/invitations/")
        process.terminate()

    with open_store(settings) as workshop:
        assert joins(workshop, printed[0], email="ann@example.com").person.administrator
        with pytest.raises(LinkInvalid):
            joins(workshop, printed[1], email="eve@example.com")
    process = start_process("serve", settings)
    process.terminate()

    assert "invitation" not in process.ready
