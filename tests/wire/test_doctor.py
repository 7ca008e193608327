"""``openaddons doctor install`` names the cause: against a store that is broken in one way at a time, and ours."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner

from openaddons.cli.main import main
from openaddons.store.keeping_back import block_product
from openaddons.store.products import Product
from tests.stores import RunningStore, make_account, make_published
from tests.wire.broken import BrokenStore, Reply, broken_store, make_crx
from tests.wire.conftest import OpenStore


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def broken() -> Iterator[BrokenStore]:
    with broken_store() as opened:
        yield opened


def ask(*words: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the checks by name."""
    result = CliRunner().invoke(main, ["doctor", "install", "--json", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, {each["name"]: each for each in json.loads(result.stdout)["checks"]}


def problems(checks: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, check in checks.items() if check["outcome"] == "problem"]


def diagnose(store: BrokenStore, crx_id: str, *words: str, path: str = "/updates") -> tuple[list[str], str]:
    """The checks that fail and what the first of them says."""
    code, checks = ask(
        "--crx-id", crx_id, "--update-url", store.url + path, "--policy-dir", "/nowhere", *words
    )
    failed = problems(checks)
    assert code == bool(failed)
    assert all(checks[name]["advice"] for name in failed)
    return failed, checks[failed[0]]["text"] if failed else ""


def good(store: BrokenStore) -> tuple[str, bytes]:
    """A package that the store offers as it should."""
    crx_id, crx = make_crx(update_url=f"{store.url}/updates")
    store.offer(crx_id, crx)
    return crx_id, crx


def test_nothing_stands_in_the_way_of_what_is_good(broken: BrokenStore) -> None:
    crx_id, _ = good(broken)

    assert diagnose(broken, crx_id, "--browser-version", "156.0") == ([], "")
    assert f"x=id%3D{crx_id}%26v%3D0.0.0.0%26installsource" in broken.queries[0]
    assert "prodversion=156.0" in broken.queries[0]


def test_redirects_are_followed_without_cookies(broken: BrokenStore) -> None:
    crx_id, _ = good(broken)
    broken.replies["/old"] = Reply(status=302, headers={"Location": "/updates?x", "Set-Cookie": "session=1"})

    failed, text = diagnose(broken, crx_id, path="/old")

    assert failed == ["cookie", "update-url"]
    assert "sets a cookie" in text
    assert broken.cookies == []


Break = Callable[[BrokenStore, str, bytes], None]

CASES: dict[str, tuple[Break, str, str]] = {
    "redirects in a circle": (
        lambda s, i, c: s.replies.update({"/updates": Reply(status=302, headers={"Location": "/updates"})}),
        "answer",
        "redirects more than",
    ),
    "400": (lambda s, i, c: s.replies.update({"/updates": Reply(b"no", 400)}), "answer", "is refused (400)"),
    "401": (lambda s, i, c: s.replies.update({"/updates": Reply(b"no", 401)}), "answer", "needs a token"),
    "404": (lambda s, i, c: s.replies.clear(), "answer", "is refused (404)"),
    "503": (
        lambda s, i, c: s.replies.update({"/updates": Reply(b"no", 503)}),
        "answer",
        "fails in the server (503)",
    ),
    "204": (lambda s, i, c: s.replies.update({"/updates": Reply(status=204)}), "answer", "has no content"),
    "too much": (
        lambda s, i, c: s.replies.update({"/updates": Reply(b"x" * (5 << 20))}),
        "answer",
        "sends more than",
    ),
    "HTML": (lambda s, i, c: s.replies.update({"/updates": Reply(b"<html><br></html>")}), "xml", "no XML"),
    "JSON": (lambda s, i, c: s.replies.update({"/updates": Reply(b"{}")}), "xml", "no XML"),
    "bytes before the declaration": (
        lambda s, i, c: s.replies.update({"/updates": Reply(b"\n" + s.replies["/updates"].body)}),
        "xml",
        "before <?xml",
    ),
    "entities": (
        lambda s, i, c: s.replies.update({"/updates": Reply(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')}),
        "xml",
        "entities",
    ),
    "no namespace": (
        lambda s, i, c: s.replies.update({"/updates": Reply(b'<gupdate protocol="2.0"/>')}),
        "protocol",
        "root",
    ),
    "protocol 3.0": (
        lambda s, i, c: s.replies.update(
            {"/updates": Reply(s.replies["/updates"].body.replace(b'protocol="2.0"', b'protocol="3.0"'))}
        ),
        "protocol",
        "3.0",
    ),
    "nothing said": (lambda s, i, c: s.say(""), "known", "says nothing"),
    "unknown": (
        lambda s, i, c: s.say(f'<app appid="{i}" status="error-unknownApplication"/>'),
        "known",
        "does not know",
    ),
    "blocked": (lambda s, i, c: s.say(f'<app appid="{i}" status="restricted"/>'), "known", "is blocked"),
    "two update checks": (
        lambda s, i, c: s.say(f'<app appid="{i}"><updatecheck/><updatecheck/></app>'),
        "known",
        "not one",
    ),
    "noupdate": (
        lambda s, i, c: s.say(f'<app appid="{i}"><updatecheck status="noupdate"/></app>'),
        "newer",
        "Nothing is offered",
    ),
    "too old a browser": (
        lambda s, i, c: s.offer(i, c, prodversionmin="200"),
        "browser-version",
        "version 200",
    ),
    "no codebase": (lambda s, i, c: s.offer(i, c, codebase=None), "codebase", "is missing"),
    "relative codebase": (
        lambda s, i, c: s.offer(i, c, codebase="/package.crx"),
        "codebase",
        "no absolute URL",
    ),
    "no package": (
        lambda s, i, c: s.replies.update({"/package.crx": Reply(b"no", 404)}),
        "download",
        "is refused (404)",
    ),
    "package fails": (
        lambda s, i, c: s.replies.update({"/package.crx": Reply(b"no", 500)}),
        "download",
        "fails in the server",
    ),
    "package empty": (
        lambda s, i, c: s.replies.update({"/package.crx": Reply()}),
        "download",
        "has no content",
    ),
    "content type": (
        lambda s, i, c: s.replies.update(
            {"/package.crx": Reply(c, headers={"Content-Type": "application/zip"})}
        ),
        "content-type",
        "application/zip",
    ),
    "size": (lambda s, i, c: s.offer(i, c, size="1"), "bytes", "1 were announced"),
    "hash": (lambda s, i, c: s.offer(i, c, hash_sha256="0" * 64), "bytes", "another was announced"),
    "a zip": (lambda s, i, c: s.offer(i, b"PK\3\4" + c), "signature", "Cr24"),
    "one bit": (lambda s, i, c: s.offer(i, c[:-1] + bytes([c[-1] ^ 1])), "signature", "not a valid CRX3"),
    "another key": (lambda s, i, c: s.offer(i, make_crx()[1]), "id", "signed with the key of"),
    "version": (lambda s, i, c: s.offer(i, c, version="1.1"), "version", "says 1.0, and 1.1 was announced"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_cause_is_named(broken: BrokenStore, case: str) -> None:
    crx_id, crx = good(broken)
    breaks, name, part = CASES[case]
    breaks(broken, crx_id, crx)

    failed, text = diagnose(broken, crx_id, "--browser-version", "156.0.8078.79")

    assert failed == [name]
    assert part in text


@pytest.mark.parametrize(
    ("keys", "name", "part"),
    [
        ({"update_url": None}, "update-url", "has no update_url"),
        ({"update_url": "https://elsewhere.example/updates"}, "update-url", "names another"),
        ({"manifest_version": 2}, "manifest-version", "Manifest V2"),
    ],
)
def test_what_the_manifest_says_is_looked_at(
    broken: BrokenStore, keys: dict[str, Any], name: str, part: str
) -> None:
    crx_id, crx = make_crx(**{"update_url": f"{broken.url}/updates"} | keys)
    broken.offer(crx_id, crx)

    failed, text = diagnose(broken, crx_id)

    assert failed == [name]
    assert part in text


@pytest.mark.parametrize("installed", ["1.0", "1.0.0", "2"])
def test_what_is_installed_is_new_enough(broken: BrokenStore, installed: str) -> None:
    crx_id, _ = good(broken)

    failed, text = diagnose(broken, crx_id, "--installed", installed)

    assert failed == ["newer"]
    assert f"Nothing newer than {installed}" in text


@pytest.mark.parametrize("path", ["/updates#x", "/updates?token=t#"])
def test_a_fragment_is_found_before_anything_is_asked(broken: BrokenStore, path: str) -> None:
    failed, text = diagnose(broken, "a" * 32, path=path)

    assert failed == ["address"]
    assert "fragment" in text
    assert broken.queries == []


def test_a_store_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        failed, text = diagnose(BrokenStore(f"http://127.0.0.1:{taken.getsockname()[1]}"), "a" * 32)

    assert failed == ["answer"]
    assert "cannot be reached" in text


def policy_file(folder: Path, content: object, name: str = "a.json") -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def entry(url: str, **changed: Any) -> dict[str, Any]:
    return {"installation_mode": "force_installed", "update_url": url, "override_update_url": True} | changed


def test_a_good_policy_overrides_the_update_url_of_the_package(broken: BrokenStore, tmp_path: Path) -> None:
    crx_id, crx = make_crx(update_url="https://elsewhere.example/updates")
    broken.offer(crx_id, crx)
    url = f"{broken.url}/updates"
    policy_file(tmp_path / "p", {"ExtensionSettings": {crx_id: entry(url)}})
    words = ("--crx-id", crx_id, "--update-url", url, "--policy-dir", str(tmp_path / "p"))

    assert ask(*words)[0] == 0
    policy_file(tmp_path / "p", {"ExtensionInstallForcelist": [f"{crx_id};{url}"]})

    code, checks = ask(*words)
    assert (code, problems(checks)) == (1, ["update-url", "policy-dir"])
    assert "does not override" in checks["policy-dir"]["text"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({}, "No policy in"),
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ("[" * 100_000, "is no JSON"),
        ({"ExtensionSettings": []}, "wrong type"),
        ({"ExtensionSettings": {"*": {"installation_mode": "blocked"}}}, "blocks every add-on"),
        ({"ExtensionSettings": {"ID": "x"}}, "is no object"),
        ({"ExtensionSettings": {"ID": {"installation_mode": "removed"}}}, "says removed"),
        ({"ExtensionSettings": {"ID": {"installation_mode": "blocked"}}}, "says blocked"),
        ({"ExtensionSettings": {"ID": {"installation_mode": "nonsense"}}}, "which installs nothing"),
        ({"ExtensionSettings": {"ID": {"installation_mode": "force_installed"}}}, "no update_url"),
        ({"ExtensionSettings": {"ID": entry("URL#x")}}, "fragment"),
        ({"ExtensionSettings": {"ID": entry("https://elsewhere.example/")}}, "another update_url"),
    ],
)
def test_each_fault_of_a_policy_is_named(
    broken: BrokenStore, tmp_path: Path, content: object, part: str
) -> None:
    crx_id, _ = good(broken)
    url = f"{broken.url}/updates"
    text = content if isinstance(content, str) else json.dumps(content)
    policy_file(tmp_path / "p", text.replace("ID", crx_id).replace("URL", url))

    code, checks = ask("--crx-id", crx_id, "--update-url", url, "--policy-dir", str(tmp_path / "p"))

    assert (code, problems(checks)) == (1, ["policy-dir"])
    assert part in checks["policy-dir"]["text"]


def test_two_files_that_set_one_policy_are_named(broken: BrokenStore, tmp_path: Path) -> None:
    crx_id, _ = good(broken)
    url = f"{broken.url}/updates"
    for name in ("a.json", "b.json"):
        policy_file(tmp_path / "p", {"ExtensionSettings": {crx_id: entry(url)}}, name)

    _, checks = ask("--crx-id", crx_id, "--update-url", url, "--policy-dir", str(tmp_path / "p"))

    assert "a.json and b.json both set ExtensionSettings" in checks["policy-dir"]["text"]


def asks_own(store: RunningStore, crx_id: str, *words: str, url: str | None = None) -> tuple[int, list[str]]:
    given = url or store.workshop.tools.settings.update_url()
    code, checks = ask("--crx-id", crx_id, "--update-url", given, "--policy-dir", "/nowhere", *words)
    return code, problems(checks)


def test_our_own_store_is_sound(store: RunningStore, published: Product) -> None:
    assert asks_own(store, published.crx_id) == (0, [])
    assert asks_own(store, published.crx_id, "--installed", "1.0.0") == (1, ["newer"])
    assert asks_own(store, "a" * 32) == (1, ["known"])
    assert asks_own(store, published.crx_id, "--ring", "nobody") == (1, ["answer"])

    store.workshop.tools.database.run(block_product, product_id=published.id, reason="Harmful.", actor="test")
    assert asks_own(store, published.crx_id) == (1, ["known"])


def test_a_private_store_needs_its_token(open_own_store: OpenStore) -> None:
    with open_own_store(update_tokens="token-of-the-private-store") as private:
        product = make_published(private.workshop, make_account(private.workshop))

        assert asks_own(private, product.crx_id) == (0, [])
        assert asks_own(private, product.crx_id, url=f"{private.url}/updates") == (1, ["answer"])


def test_the_stores_own_url_is_asked_by_default(store: RunningStore, published: Product) -> None:
    settings = store.workshop.tools.settings
    environment = {"OPENADDONS_DATA": str(settings.data), "OPENADDONS_ENGINE": "inline"}
    if settings.database is not None:
        environment["OPENADDONS_DATABASE"] = settings.database
    words = ["doctor", "install", "--crx-id", published.crx_id, "--policy-dir", "/nowhere"]

    result = CliRunner().invoke(main, words, env=environment)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "Nothing stands in the way." in result.stdout
