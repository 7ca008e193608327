"""The checks of a store, in the order in which a browser would meet what is wrong.

Facts: what Chromium 156 takes and refuses was measured; see docs/installing.md.
"""

import hashlib
import io
from collections.abc import Generator, Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from openaddons.doctor.answers import App, OtherProtocol, Unreadable, read_apps
from openaddons.doctor.asking import Answer, NoAnswer, fetch
from openaddons.errors import CrxInvalid
from openaddons.packages import browser_json
from openaddons.packages.archive import Archive, ArchiveUnsound
from openaddons.packages.crx3 import verify_crx
from openaddons.packages.findings import DEFAULT_LIMITS
from openaddons.packages.self_hosted import read_keys

CHECKS: Final = {
    "address": "The update URL can be used",
    "answer": "The store answers",
    "cookie": "The answer sets no cookie",
    "xml": "The answer is XML",
    "protocol": "The answer is of the update protocol",
    "known": "The store offers the add-on",
    "newer": "What is offered is newer than what is installed",
    "browser-version": "The browser is new enough",
    "codebase": "The answer says where the package is",
    "download": "The package can be downloaded",
    "content-type": "The package has its content type",
    "bytes": "The package is as announced",
    "signature": "The package is signed",
    "id": "The package is of this add-on",
    "version": "The package is of the version announced",
    "manifest-version": "The package is of Manifest V3",
    "update-url": "The package asks for updates at this store",
}
"""Every check of the store by name, in order, as what it is that holds."""

_XML_BYTES_LIMIT: Final = 4 << 20
_CONTENT_TYPE: Final = "application/x-chrome-extension"
_NOTHING_INSTALLED: Final = "0.0.0.0"  # noqa: S104 - how browsers write a version, no address


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    text: str
    """What is so, in one sentence."""
    advice: str = ""
    """What to do; empty where nothing is to do."""


class Question(NamedTuple):
    """What a browser asks."""

    crx_id: str
    update_url: str
    installed: str = _NOTHING_INSTALLED
    browser_version: str | None = None


class Diagnosis(NamedTuple):
    """What was found out about a store."""

    checks: tuple[Check, ...]
    package_update_url: str | None
    """The ``update_url`` in the package, if it was reached."""


class _Stop(Exception):  # noqa: N818 - control flow
    """The rest depends on what failed."""


def diagnose_store(question: Question, *, package_bytes_limit: int) -> Diagnosis:
    """Ask as a browser would and look at every check; those behind one that fails are skipped."""
    examination = _Examination(question, package_bytes_limit)
    found: dict[str, Check] = {}
    try:
        for check in examination.run():
            found[check.name] = check
    except _Stop as stop:
        (check,) = stop.args
        found[check.name] = check
    checks = tuple(
        found.get(name) or Check(name, Outcome.SKIPPED, "It depends on a check before it.") for name in CHECKS
    )
    return Diagnosis(checks, examination.package_update_url)


def ok(name: str, text: str) -> Check:
    return Check(name, Outcome.OK, text)


def problem(name: str, text: str, advice: str) -> Check:
    return Check(name, Outcome.PROBLEM, text, advice)


class _Examination:
    def __init__(self, question: Question, package_bytes_limit: int) -> None:
        self._question = question
        self._limit = package_bytes_limit
        self.package_update_url: str | None = None

    def run(self) -> Iterator[Check]:
        yield from self._address()
        answer = yield from self._ask()
        apps = yield from self._read(answer)
        offered = yield from self._offered(apps)
        yield from self._installable(offered)
        codebase = yield from self._codebase(offered)
        package = yield from self._download(codebase)
        yield from self._bytes(package, offered)
        keys = yield from self._signature(package)
        yield from self._manifest(keys, offered)

    def _address(self) -> Iterator[Check]:
        parts = urlsplit(self._question.update_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _Stop(
                problem(
                    "address", "The update URL is no absolute http(s) URL.", "Write it whole, with https://."
                )
            )
        if parts.fragment or "#" in self._question.update_url:
            raise _Stop(
                problem(
                    "address",
                    "The update URL has a fragment (#): browsers add their question behind it, and it is never sent.",
                    "Remove everything from # on.",
                )
            )
        yield ok("address", f"The update URL is {_without_query(self._question.update_url)}.")

    def _ask(self) -> Generator[Check, None, Answer]:
        question = self._question
        asked = {"id": question.crx_id, "v": question.installed, "installsource": "notfromwebstore"}
        query = {"os": "linux", "arch": "x64", "prod": "chromiumcrx", "prodchannel": ""}
        if question.browser_version:
            query["prodversion"] = question.browser_version
        query |= {
            "lang": "en-US",
            "acceptformat": "crx3,puff",
            "x": f"{urlencode(asked)}&installedby=policy&uc",
        }
        mark = "&" if "?" in question.update_url else "?"
        try:
            answer = fetch(f"{question.update_url}{mark}{urlencode(query)}", limit_bytes=_XML_BYTES_LIMIT)
        except NoAnswer as reason:
            raise _Stop(
                problem("answer", f"The store does not answer: {reason.problem}", reason.advice)
            ) from None
        _stop_at_status("answer", answer, "The update check")
        yield ok("answer", f"The store answers with {answer.status}.")
        if answer.sets_cookie:
            yield problem(
                "cookie",
                "The answer sets a cookie, which browsers would then send with each check.",
                "Take the update URL out of what sets cookies: a login page or a proxy in front of the store.",
            )
        else:
            yield ok("cookie", "The answer sets no cookie.")
        return answer

    def _read(self, answer: Answer) -> Generator[Check, None, dict[str, list[App]]]:
        try:
            apps = read_apps(answer.body)
        except Unreadable as reason:
            raise _Stop(
                problem(
                    "xml",
                    f"The answer is no XML: {reason}.",
                    "Look whether a proxy or a login page answers instead.",
                )
            ) from None
        except OtherProtocol as reason:
            yield ok("xml", "The answer is XML.")
            raise _Stop(
                problem(
                    "protocol",
                    f"The answer is of another protocol: {reason}.",
                    "Correct what writes the XML.",
                )
            ) from None
        yield ok("xml", "The answer is XML.")
        yield ok("protocol", "The answer is of protocol 2.0.")
        return apps

    def _offered(self, apps: dict[str, list[App]]) -> Generator[Check, None, dict[str, str]]:
        """The attributes of the update check that is for this browser."""
        crx_id = self._question.crx_id
        mine = apps.get(crx_id, [])
        if not mine:
            advice = "Ask a store that has it, or correct the CRX ID."
            raise _Stop(problem("known", f"The answer says nothing of {crx_id}.", advice))
        status = next((app.status for app in mine if app.status != "ok"), None)
        if status == "restricted":
            raise _Stop(
                problem("known", "The add-on is blocked in this store.", "openaddons product unblock")
            )
        if status is not None:
            advice = "Correct the CRX ID, or publish the add-on in this store."
            raise _Stop(
                problem("known", f"The store says {status} of this add-on: it does not know it.", advice)
            )
        if any(len(app.checks) != 1 for app in mine):
            advice = "Write exactly one <updatecheck> into each <app>."
            raise _Stop(problem("known", "The answer has not one update check for the add-on.", advice))
        yield ok("known", "The store knows the add-on.")
        for app in mine:
            (offered,) = app.checks
            if offered.get("status") != "noupdate" and not _is_above(
                offered.get("prodversionmin"), self._question
            ):
                return offered
        return mine[0].checks[0]

    def _installable(self, offered: dict[str, str]) -> Iterator[Check]:
        question = self._question
        if offered.get("status") == "noupdate" or not _parts(offered.get("version", "")):
            raise _Stop(_nothing_newer(question))
        if not _parts(offered["version"]) > _parts(question.installed):
            raise _Stop(_nothing_newer(question))
        yield ok("newer", f"Version {offered['version']} is offered.")
        minimum = offered.get("prodversionmin")
        if minimum is None:
            yield ok("browser-version", "Any version of the browser will do.")
        elif question.browser_version is None:
            text = f"The browser must be {minimum} or newer; give --browser-version to check it."
            yield Check("browser-version", Outcome.SKIPPED, text)
        elif _is_above(minimum, question):
            raise _Stop(
                problem(
                    "browser-version",
                    f"The package needs a browser of version {minimum}; this one is {question.browser_version}.",
                    "Update the browser, or lower minimum_chrome_version in the manifest.",
                )
            )
        else:
            yield ok("browser-version", f"The browser is {minimum} or newer.")

    def _codebase(self, offered: dict[str, str]) -> Generator[Check, None, str]:
        codebase = offered.get("codebase", "")
        if urlsplit(codebase).scheme not in {"http", "https"}:
            what = f"“{codebase[:80]}” is no absolute URL" if codebase else "is missing"
            advice = "Write the whole URL into codebase; for our store, set OPENADDONS_PUBLIC_URL."
            raise _Stop(problem("codebase", f"The URL of the package (codebase) {what}.", advice))
        yield ok("codebase", f"The package is at {_without_query(codebase)}.")
        return codebase

    def _download(self, codebase: str) -> Generator[Check, None, bytes]:
        try:
            package = fetch(codebase, limit_bytes=self._limit, timeout_seconds=120)
        except NoAnswer as reason:
            raise _Stop(
                problem("download", f"The package cannot be downloaded: {reason.problem}", reason.advice)
            ) from None
        _stop_at_status("download", package, "The download")
        yield ok("download", f"The package has {len(package.body):,} bytes.")
        given = package.headers.get("content-type", "").partition(";")[0].strip()
        if given == _CONTENT_TYPE:
            yield ok("content-type", f"Its content type is {given}.")
        else:
            yield problem(
                "content-type",
                f"Its content type is {given or 'missing'}: policies work, but a click only saves the file.",
                f"Serve .crx files as {_CONTENT_TYPE}.",
            )
        return package.body

    def _bytes(self, package: bytes, offered: dict[str, str]) -> Iterator[Check]:
        digest = hashlib.sha256(package).hexdigest()
        size, announced = offered.get("size"), offered.get("hash_sha256")
        advice = (
            "Make the answer from the package that is served; look for a proxy that keeps or changes files."
        )
        if size is not None and size != str(len(package)):
            text = f"It has {len(package)} bytes, and {size[:20]} were announced."
            yield problem("bytes", text, advice)
        elif announced is not None and announced.lower() != digest:
            yield problem("bytes", f"Its SHA-256 is {digest}, and another was announced.", advice)
        else:
            yield ok("bytes", f"Its SHA-256 is {digest}.")

    def _signature(self, package: bytes) -> Generator[Check, None, dict[str, Any]]:
        file = io.BytesIO(package)
        try:
            verified = verify_crx(file)
        except CrxInvalid as reason:
            advice = "Serve the file as it was signed: CRX3, every byte."
            raise _Stop(problem("signature", reason.message, advice)) from None
        yield ok("signature", "Its signature holds.")
        if verified.crx_id != self._question.crx_id:
            raise _Stop(
                problem(
                    "id",
                    f"It was signed with the key of {verified.crx_id}.",
                    "Sign it with the add-on's own key, or ask for that CRX ID.",
                )
            )
        yield ok("id", "It was signed with the add-on's key.")
        try:
            return read_keys(
                Archive.open(io.BytesIO(package[verified.zip_offset :]), DEFAULT_LIMITS), DEFAULT_LIMITS
            )
        except (ArchiveUnsound, browser_json.NotJson, KeyError) as reason:
            advice = "Look at the package: openaddons lint"
            raise _Stop(problem("version", f"The package cannot be read: {reason}", advice)) from None

    def _manifest(self, keys: dict[str, Any], offered: dict[str, str]) -> Iterator[Check]:
        version = keys.get("version")
        if _parts(str(version)) == _parts(offered["version"]):
            yield ok("version", f"Its manifest says {version}.")
        else:
            text = f"Its manifest says {version}, and {offered['version']} was announced."
            yield problem("version", text, "Announce the version of the manifest.")
        if keys.get("manifest_version") == 2:
            text = "It is of Manifest V2, which browsers install no longer."
            yield problem("manifest-version", text, "Publish it as Manifest V3.")
        else:
            yield ok("manifest-version", "It is not of Manifest V2.")
        given = keys.get("update_url")
        self.package_update_url = given if isinstance(given, str) else None
        if given == self._question.update_url:
            yield ok("update-url", "It asks for updates at the same URL.")
        elif given is None:
            yield problem(
                "update-url",
                "Its manifest has no update_url: it is installed, and updates are never asked for here.",
                'Set "override_update_url": true in the policy, or sign it with an update_url.',
            )
        else:
            yield problem(
                "update-url",
                "Its manifest names another update_url: updates are asked for there, not here.",
                'Set "override_update_url": true in the policy, as `openaddons policy` does.',
            )


def _stop_at_status(name: str, answer: Answer, what: str) -> None:
    status = answer.status
    if 200 <= status < 300 and answer.body:
        return
    if status == 401:
        text, advice = "needs a token", "Use the URL with the store's token in its query: ?token=…"
    elif 400 <= status < 500:
        text, advice = "is refused", "Correct the address; browsers do not ask again after a 4xx."
    elif status >= 500:
        text, advice = "fails in the server", "Look at the server's log; browsers ask again up to ten times."
    else:
        text, advice = "has no content", "Answer with 200 and a body."
    raise _Stop(problem(name, f"{what} {text} ({status}).", advice))


def _nothing_newer(question: Question) -> Check:
    if question.installed == _NOTHING_INSTALLED:
        return problem(
            "newer",
            "Nothing is offered: the product is not in the store, or its first release is for a ring.",
            "Publish it; look at it with: openaddons product show",
        )
    return problem(
        "newer",
        f"Nothing newer than {question.installed} is offered; browsers never go back.",
        "Publish a higher version. To bring back older content, roll back: openaddons release rollback",
    )


def _is_above(minimum: str | None, question: Question) -> bool:
    if minimum is None or question.browser_version is None:
        return False
    return not _parts(minimum) or _parts(minimum) > _parts(question.browser_version)


def _parts(version: str) -> list[int]:
    """A version as the browser compares it: numbers, zeros at the end dropped; empty if it is none."""
    fields = version.split(".")
    if not all(field.isascii() and field.isdigit() and len(field) <= 10 for field in fields):
        return []
    parts = [int(field) for field in fields]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _without_query(url: str) -> str:
    """The URL without what may be a token."""
    return url.partition("?")[0]
