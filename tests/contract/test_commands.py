"""The commands of an operator, as they are typed: on both databases, with their JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from openaddons.cli.main import main
from openaddons.packages.crx3 import crx_id, verify_crx
from openaddons.settings import Settings
from openaddons.store.products import find_product
from openaddons.store.publishers import find_publisher
from openaddons.work.creating import put_package
from tests.pictures import picture
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


def test_a_question_is_asked_and_answered_and_the_submission_says_where_it_stands(operator: Operator) -> None:
    operator.product("--published", "--certification", "manual")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    asked = operator.gets("submission", "ask", submission_id, "--question", "What are the tabs read for?")
    answered = operator.gets("submission", "answer", submission_id, "--answer", "To count them.")
    shown = operator.gets("submission", "show", submission_id)
    told = operator.types("submission", "show", submission_id).stdout

    assert asked["waits_for"] == "the publisher's answer"
    assert (answered["standing"]["waits_for"], answered["standing"]["place"]) == (
        "reviewer",
        {"number": 1, "total": 1},
    )
    (question,) = shown["questions"]
    assert (question["text"], question["answer"]) == ("What are the tabs read for?", "To count them.")
    assert "  place      1 of 1 in the queue\n" in told
    assert "  reviews    no record yet: people have decided about fewer than 5 submissions\n" in told


def test_a_reviewer_has_a_submission_until_it_is_given_back_and_notes_what_others_read(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.product("--published", "--certification", "manual")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    monkeypatch.setenv("LOGNAME", "anna")
    taken = operator.gets("submission", "take", submission_id)
    noted = operator.gets("submission", "note", submission_id, "--note", "The popup calls home.")
    listed = operator.types("submission", "list", "--pending").stdout
    monkeypatch.setenv("LOGNAME", "bert")
    refused = operator.types("submission", "take", submission_id)
    taken_over = operator.types("submission", "take", submission_id, "--instead-of", "operator:anna")
    shown = operator.types("submission", "show", submission_id).stdout
    given_back = operator.gets("submission", "give-back", submission_id)

    assert (taken["taken_by"], given_back["taken_by"]) == ("operator:anna", None)
    assert [each["text"] for each in noted["internal_notes"]] == ["The popup calls home."]
    assert listed.splitlines()[1].endswith("  operator:anna")
    assert (refused.exit_code, "operator:anna has it" in refused.stderr) == (1, True)
    assert taken_over.stdout.endswith("; operator:bert has it.\n")
    assert "  has it     operator:bert\n" in shown
    assert "  among us   operator:anna: The popup calls home.\n" in shown


def test_a_rejection_names_the_policies(operator: Operator) -> None:
    operator.product("--published", "--certification", "manual")
    submission_id = operator.gets("submission", "list")["submissions"][0]["submission_id"]

    refused = operator.types("submission", "reject", submission_id, "--reason", "No.", "--policy", "9.9")
    rejected = operator.gets("submission", "reject", submission_id, "--reason", "No.", "--policy", "1.1.3")

    assert refused.exit_code == 2
    assert rejected["policies"] == ["1.1.3"]
    assert "  policy     1.1.3 Works\n" in operator.types("submission", "show", submission_id).stdout


def test_the_stores_policy_is_chosen_while_it_runs_and_given_back_to_the_setting(operator: Operator) -> None:
    before = operator.gets("certification")
    chosen = operator.gets("certification", "delayed", "--delay", "60")
    told = operator.types("certification").stdout
    after = operator.gets("certification", "setting")

    assert (before["policy"], before["source"]) == ("automatic", "setting")
    assert (chosen["policy"], chosen["delay_seconds"], chosen["source"]) == ("delayed", 60, "store")
    assert told.startswith("Submissions are certified by policy: delayed after 60 seconds (operator:")
    assert after == before


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


def test_a_quarantine_is_begun_with_a_reason_and_lifted(operator: Operator) -> None:
    made = operator.product("--published")
    begun = operator.gets("product", "quarantine", made["product_id"], "--reason", "It phones home.")
    shown = operator.types("product", "show", made["product_id"])
    lifted = operator.gets("product", "quarantine", made["product_id"], "--lift")

    assert (begun["state"], begun["kept_back_reason"]) == ("In the store", "It phones home.")
    assert "kept back   It phones home." in shown.stdout
    assert (lifted["state"], lifted["kept_back_reason"]) == ("In the store", None)
    for words in ([], ["--reason", "Odd.", "--lift"]):
        assert operator.types("product", "quarantine", made["product_id"], *words).exit_code == 2


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


def test_a_picture_of_any_format_is_added_for_the_listing(operator: Operator, tmp_path: Path) -> None:
    made = operator.product()
    path = tmp_path / "logo.jpg"
    path.write_bytes(picture(300, 300, "JPEG"))

    key = operator.types("draft", "image", made["product_id"], str(path)).stdout.strip()
    listing = json.dumps({"en": {"logo": key}})
    shown = operator.gets("draft", "set", made["product_id"], "listing", feed=listing)
    path.write_bytes(b"GIF89a")
    refused = operator.types("draft", "image", made["product_id"], str(path))

    assert shown["modules"][-1]["content"]["en"]["logo"] == key
    assert refused.exit_code != 0
    assert "image: browsers could not show it (too short)." in refused.output


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


def test_upgrading_twice_changes_nothing(empty_settings: Settings, tmp_path: Path) -> None:
    operator = Operator(empty_settings, tmp_path)
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


class Releasing:
    """An operator with a product of which 1.0.0 and 2.0.0 were released to all."""

    def __init__(self, operator: Operator, settings: Settings) -> None:
        self.operator = operator
        self._settings = settings
        self.id: str = operator.product("--published")["product_id"]
        self.send("2.0.0")

    def send(self, version: str) -> None:
        with _workshop(self._settings) as workshop:
            database, path = workshop.tools.database, Path(self.operator.package(version))
            product = database.read(find_product, id_or_crx_id=self.id)
            owner = database.read(find_publisher, name_or_id="Acme")
            put_package(workshop, product=product, publisher=owner, path=path, actor="test")
        self.operator.gets("product", "submit", self.id)

    def gets(self, noun: str, verb: str, *words: str) -> Any:
        return self.operator.gets(noun, verb, self.id, *words)

    def offered(self) -> dict[str, list[str]]:
        """By version, to whom it is offered."""
        listed = self.gets("release", "list")["releases"]
        return {
            each["version"]: ["all"] * each["live"] + each["rings"]
            for each in listed
            if each["live"] or each["rings"]
        }


@pytest.fixture
def releasing(operator: Operator, settings: Settings) -> Releasing:
    return Releasing(operator, settings)


def test_a_release_goes_to_rings_and_then_to_all(releasing: Releasing) -> None:
    made = releasing.operator.gets("ring", "create", "early")
    releasing.gets("product", "rings", "--first", "early")
    releasing.send("3.0.0")
    first = releasing.offered()

    releasing.gets("release", "offer", "3.0.0", "--all")
    shown = releasing.gets("product", "show")

    assert made["update_url"] == "http://127.0.0.1:8787/updates/early"
    assert releasing.operator.gets("ring", "list")["rings"] == [made]
    assert first == {"3.0.0": ["early"], "2.0.0": ["all"]}
    assert releasing.offered() == {"3.0.0": ["all"]}
    assert (shown["update_url"], shown["ring_update_urls"]) == (
        "http://127.0.0.1:8787/updates",
        {"early": made["update_url"]},
    )
    assert releasing.gets("product", "rings", "--none")["first_rings"] == []


def test_a_roll_back_is_told_beforehand_done_in_one_call_and_listed(releasing: Releasing) -> None:
    planned = releasing.gets("release", "rollback", "--reason", "It is broken.", "--dry-run")
    untouched = releasing.offered()

    done = releasing.gets("release", "rollback", "--reason", "It is broken.")

    assert (planned["from_version"], planned["to_version"], planned["as_version"]) == (
        "2.0.0", "1.0.0", "2.0.0.1",
    )  # fmt: skip
    assert untouched == {"2.0.0": ["all"]}
    assert planned | {"dry_run": False} == {name: done[name] for name in planned}
    assert (done["state"], releasing.offered()) == ("In the store", {"2.0.0.1": ["all"]})
    newest = releasing.gets("release", "list")["releases"][0]
    assert (newest["version"], newest["content_of"]) == ("2.0.0.1", "1.0.0")
    shown = releasing.operator.types("submission", "show", done["submission_id"]).stdout
    assert "2.0.0.1, a roll back to 1.0.0" in shown
    assert "none: a roll back needs no review" in shown
    assert "roll back" in releasing.operator.types("submission", "list").stdout


def test_a_version_is_withdrawn_with_its_reason(releasing: Releasing) -> None:
    releasing.gets("release", "withdraw", "2.0.0", "--reason", "It is broken.")

    listed = releasing.operator.types("release", "list", releasing.id).stdout.splitlines()

    assert releasing.offered() == {"1.0.0": ["all"]}
    assert [line.split()[:2] for line in listed[2:]] == [["2.0.0", "nobody"], ["1.0.0", "all"]]
    assert listed[2].endswith("withdrawn: It is broken.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rollback", "ID", "--reason", "r", "--to", "9"], "There is no release 9."),
        (["rollback", "ID", "--reason", "r", "--as", "1.0"], "it must be higher than 2.0.0"),
        (["offer", "ID", "1.0.0", "--all"], "openaddons release rollback"),
        (["offer", "ID", "2.0.0", "--ring", "nobody"], "There is no ring nobody."),
        (["withdraw", "ID", "2.0.0", "--reason", " "], "say why"),
    ],
)
def test_what_is_refused_says_what_to_do(releasing: Releasing, words: list[str], told: str) -> None:
    result = releasing.operator.types("release", *(word.replace("ID", releasing.id) for word in words))

    assert (result.exit_code, result.stderr[:7]) == (1, "error: ")
    assert told in result.stderr
    assert releasing.offered() == {"2.0.0": ["all"]}


@pytest.mark.parametrize(
    "words",
    [
        ["release", "offer", "P", "1.0"],
        ["release", "offer", "P", "1.0", "--all", "--ring", "early"],
        ["release", "rollback", "P"],
        ["release", "withdraw", "P", "1.0"],
        ["product", "rings", "P"],
        ["product", "rings", "P", "--none", "--first", "early"],
    ],
)
def test_half_a_command_is_a_mistake_of_usage(operator: Operator, words: list[str]) -> None:
    assert operator.types(*words).exit_code == 2


def test_an_add_on_in_the_field_keeps_its_id_by_its_key(operator: Operator) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = operator.folder / "key.pem"
    path.write_bytes(pem)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    made = operator.product("--published", "--key", str(path))
    again = operator.types("product", "create", "--publisher", "Acme", "--name", "Two", "--key", str(path))
    path.write_bytes(pem[:100])
    broken = operator.types("product", "create", "--publisher", "Acme", "--name", "Two", "--key", str(path))

    assert (made["crx_id"], made["state"]) == (crx_id(public), "In the store")
    assert (again.exit_code, broken.exit_code) == (1, 1)
    assert f"there is a product with it already: {made['crx_id']}" in again.stderr
    assert "it is no private key in PEM" in broken.stderr
    assert len(operator.gets("product", "list")["products"]) == 1
