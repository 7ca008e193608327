"""The commands of an operator, as they are typed: on both databases, with their JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

from openaddons.cli import main
from openaddons.packages.crx3 import verify_crx
from openaddons.settings import Settings
from tests.stores import make_zip


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


class Operator:
    """Somebody at a terminal."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.folder = folder
        self._environment = {"OPENADDONS_DATA": str(settings.data), "OPENADDONS_ENGINE": "inline"}
        if settings.database is not None:
            self._environment["OPENADDONS_DATABASE"] = settings.database

    def types(self, *words: str, feed: str | None = None, charset: str = "utf-8") -> Result:
        return CliRunner(charset=charset).invoke(main, words, env=self._environment, input=feed)

    def gets(self, *words: str, feed: str | None = None) -> Any:
        result = self.types(*words, "--json", feed=feed)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def package(self, version: str, **keys: Any) -> str:
        path = self.folder / f"package-{version}.zip"
        path.write_bytes(make_zip(version, **keys))
        return str(path)

    def product(self, *options: str) -> Any:
        self.gets("publisher", "create", "Acme")
        return self.gets(
            "product", "create", "--publisher", "Acme", "--package", self.package("1.0.0"), *options
        )


@pytest.fixture
def operator(settings: Settings, tmp_path: Path) -> Operator:
    return Operator(settings, tmp_path)


def test_a_new_publisher_is_told_all_that_its_tools_need(operator: Operator) -> None:
    made = operator.gets("publisher", "create", "Acme")

    assert sorted(made) == [
        "api_key", "client_id", "client_secret", "name", "publisher_id", "tenant_id", "token_url",
    ]  # fmt: skip
    assert made["token_url"].endswith(f"/{made['tenant_id']}/oauth2/v2.0/token")
    assert operator.gets("publisher", "list")["publishers"][0]["client_id"] == made["client_id"]
    assert operator.gets("publisher", "show", "Acme")["publisher_id"] == made["publisher_id"]


def test_a_second_publisher_of_that_name_is_refused(operator: Operator) -> None:
    operator.gets("publisher", "create", "Acme")

    result = operator.types("publisher", "create", "Acme")

    assert result.exit_code == 1
    assert "there is a publisher 'Acme' already" in result.stderr


def test_a_published_product_is_in_the_store_with_a_release_that_verifies(
    operator: Operator, settings: Settings
) -> None:
    made = operator.product("--published")

    shown = operator.gets("product", "show", made["product_id"])
    assert (made["state"], shown["live"]["version"]) == ("In the store", "1.0.0")
    assert len(made["crx_id"]) == 32
    with _workshop(settings) as workshop, workshop.tools.objects.open(shown["live"]["object_key"]) as file:
        assert verify_crx(file).crx_id == made["crx_id"]


def _workshop(settings: Settings) -> Any:
    from openaddons.app import open_store

    return open_store(settings)


def test_a_product_with_a_package_alone_is_in_draft(operator: Operator) -> None:
    assert operator.product()["state"] == "In draft"


def test_a_bad_package_makes_no_product(operator: Operator) -> None:
    operator.gets("publisher", "create", "Acme")

    result = operator.types(
        "product", "create", "--publisher", "Acme", "--package", operator.package("1.0.0", manifest_version=2)
    )

    assert result.exit_code == 1
    assert "ManifestVersionUnsupported" in result.stderr
    assert operator.gets("product", "list")["products"] == []


def test_manual_certification_waits_for_a_person_and_releases_when_approved(operator: Operator) -> None:
    made = operator.product("--published", "--certification", "manual")
    waiting = operator.gets("submission", "list", "--pending")["submissions"]

    approved = operator.gets("submission", "approve", waiting[0]["submission_id"])

    assert made["state"] == "In review"
    assert [each["waits_for"] for each in waiting] == ["a reviewer's decision"]
    assert approved["state"] == "In the store"
    assert operator.gets("product", "show", made["product_id"])["state"] == "In the store"


def test_a_rejected_submission_tells_why_and_can_be_sent_again_unchanged(operator: Operator) -> None:
    made = operator.product("--published", "--certification", "manual")
    first = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    rejected = operator.gets("submission", "reject", first, "--reason", "The popup is empty.")
    again = operator.gets("product", "submit", made["product_id"])

    assert (rejected["state"], rejected["reason"]) == ("Review failed", "The popup is empty.")
    assert again["state"] == "In review"


def test_a_held_submission_is_approved_but_not_released_until_somebody_says_so(operator: Operator) -> None:
    operator.product("--published", "--certification", "manual")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    operator.gets("submission", "hold", submission_id)
    approved = operator.gets("submission", "approve", submission_id)
    released = operator.gets("submission", "release", submission_id)

    assert (approved["state"], approved["waits_for"]) == ("Approved", "somebody to release it")
    assert released["state"] == "In the store"


def test_a_cancelled_submission_leads_the_product_back_to_draft(operator: Operator) -> None:
    made = operator.product("--published", "--certification", "manual")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    cancelled = operator.gets("submission", "cancel", submission_id)

    assert cancelled["state"] == "Cancelled"
    assert operator.gets("product", "show", made["product_id"])["state"] == "In draft"


def test_a_decision_that_the_state_does_not_allow_says_what_it_needs(operator: Operator) -> None:
    operator.product("--published")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    result = operator.types("submission", "approve", submission_id)

    assert result.exit_code == 1
    assert "is “In the store”; approve needs “In review”" in result.stderr


def test_unpublishing_blocking_and_coming_back(operator: Operator) -> None:
    made = operator.product("--published")
    states = [
        operator.gets("product", "block", made["product_id"], "--reason", "malware")["state"],
        operator.gets("product", "unblock", made["product_id"])["state"],
        operator.gets("product", "unpublish", made["product_id"])["state"],
    ]

    assert states == ["Blocked", "In the store", "Unpublished"]


def test_keys_overlap_expire_are_revoked_and_scoped(operator: Operator) -> None:
    made = operator.product()
    key = operator.gets(
        "key", "create", "--publisher", "Acme", "--days", "3", "--product", made["product_id"]
    )

    revoked = operator.gets("key", "revoke", key["key_id"])
    listed = {each["id"]: each for each in operator.gets("key", "list", "--publisher", "Acme")["keys"]}

    assert key["secret"].startswith("oak_")
    assert revoked["revoked_time"] is not None
    assert listed[key["key_id"]]["state"] == "revoked"
    assert sorted(each["state"] for each in listed.values()) == ["revoked", "valid", "valid"]
    assert key["secret"] not in json.dumps(listed)


def test_a_draft_says_which_module_is_not_valid_and_why(operator: Operator) -> None:
    made = operator.product()
    listing = json.dumps({"en": {"description": "Too short."}})

    shown = operator.gets("draft", "set", made["product_id"], "listing", feed=listing)

    problems = {each["module"]: each["problems"] for each in shown["modules"]}
    assert "250" in problems["LISTING"][0]
    assert [name for name in problems if problems[name]] == ["LISTING"]


def test_a_draft_without_a_package_has_nothing_to_review(operator: Operator) -> None:
    operator.gets("publisher", "create", "Acme")
    made = operator.gets("product", "create", "--publisher", "Acme", "--name", "Sample")

    assert operator.gets("draft", "show", made["product_id"])["review"] is None
    assert "Permissions" not in operator.types("draft", "show", made["product_id"]).stdout


def test_a_terminal_without_the_letters_of_a_package_is_told_of_it_all_the_same(operator: Operator) -> None:
    operator.gets("publisher", "create", "Acme")
    package = operator.package("1.0.0", name="日本語")
    operator.gets("product", "create", "--publisher", "Acme", "--package", package, "--published")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    shown = operator.types("submission", "show", submission_id, charset="ascii").stdout

    assert "  package    \\u65e5\\u672c\\u8a9e 1.0.0, " in shown


def test_notes_for_certification_are_shown_on_one_line(operator: Operator) -> None:
    made = operator.product("--certification", "manual")
    sent = operator.gets("product", "submit", made["product_id"], "--notes", "a\n::error::\x1b[2Jb")

    shown = operator.types("submission", "show", sent["submission_id"]).stdout

    assert "  notes      a ::error:: [2Jb\n" in shown


def test_an_unknown_product_is_refused_in_words(operator: Operator) -> None:
    operator.gets("publisher", "create", "Acme")

    result = operator.types("product", "show", "nobody")

    assert (result.exit_code, result.stderr) == (1, "error: There is no product nobody. [NotKnown]\n")


def test_upgrading_twice_changes_nothing(operator: Operator) -> None:
    first = operator.gets("db", "upgrade")
    second = operator.gets("db", "upgrade")

    assert first["before"] is None
    assert second["before"] == second["after"] == first["after"] == operator.gets("db", "show")["found"]


def test_every_store_command_also_speaks_to_people(operator: Operator) -> None:
    made = operator.product("--published")
    for words in (
        ["publisher", "list"],
        ["product", "list"],
        ["product", "show", made["crx_id"]],
        ["submission", "list"],
        ["submission", "show", operator.gets("submission", "list")["submissions"][0]["submission_id"]],
        ["key", "list"],
        ["draft", "show", made["product_id"]],
    ):
        result = operator.types(*words)
        assert (result.exit_code, "{" in result.stdout) == (0, False), result.output
