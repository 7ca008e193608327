"""Real Chromium, managed by policy as an administrator does it, on a profile that is thrown away.

The policies' folder is the machine's own, so each browser gets a mount namespace in which another one lies there.
It reaches nothing but this machine: everything else would go through a proxy that is not there.
"""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.acceptance.devtools import DevTools
from tests.acceptance.namespaces import need_namespaces, unshare
from tests.conftest import need_program
from tests.stores import PATIENCE_SECONDS, wait_until

# What Debian's launcher starts; the launcher itself adds every extension that is installed on the machine.
_BEHIND_THE_LAUNCHER: Final = Path("/usr/lib/chromium/chromium")
_POLICIES: Final = "policies/managed/openaddons.json"  # in /etc/chromium
# Standard input and output become the descriptors 3 and 4 that --remote-debugging-pipe speaks on.
_ENTER: Final = 'mount --bind "$0" /etc/chromium && exec "$@" 3<&0 4>&1 </dev/null >&2'
_SWITCHES: Final = (
    "--headless=new",
    "--no-sandbox",  # in its namespaces it is always root, who gets no other
    "--remote-debugging-pipe",
    "--enable-logging=stderr",
    "--proxy-server=127.0.0.1:1",  # connections to this machine itself use none
    "--no-first-run",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
)
_NOTE_CHARACTERS: Final = 3000
_RELOAD_POLICIES: Final = (
    "document.querySelector('policy-app').shadowRoot.querySelector('#reload-policies').click() || true"
)
# The text of a page whose parts are hidden from its own scripts' searches.
_TEXT: Final = """(function text(root) {
    return [...root.querySelectorAll('*')].reduce(
        (found, each) => found + (each.shadowRoot ? text(each.shadowRoot) : ''), root.textContent);
})(document)"""


def need_chromium() -> str:
    """The path of the browser. Skips where it or the right to make namespaces is missing; in CI, fails."""
    launcher = need_program("chromium", hint="install chromium")
    need_namespaces("mount")
    return str(_BEHIND_THE_LAUNCHER) if _BEHIND_THE_LAUNCHER.exists() else launcher


class Browser:
    """A running browser."""

    def __init__(self, devtools: DevTools, policies: Path, log: Path) -> None:
        self._devtools = devtools
        self._policies = policies
        self._log = log
        self._extension_settings: dict[str, Any] = {}
        self._edition = 0
        self._extensions = devtools.open("chrome://extensions")
        self._extensions.wait_for("chrome.developerPrivate !== undefined")
        self._policy = devtools.open("chrome://policy")
        self._wait_for_policies()  # earlier than it shows any, the page hears no click

    @property
    def log(self) -> str:
        """What it wrote on standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def apply(self, extension_settings: dict[str, Any]) -> None:
        """Let these entries of the policy ExtensionSettings be in force, besides those for other extensions."""
        self._extension_settings |= extension_settings
        self._edition += 1
        write_policies(self._policies, self._extension_settings, edition=self._edition)
        self._policy.wait_for(_RELOAD_POLICIES)
        self._wait_for_policies()

    def _wait_for_policies(self) -> None:
        self._policy.wait_for(f"{_TEXT}.includes('{_edition_url(self._edition)}')")

    def installed(self) -> dict[str, str]:
        """The versions of the extensions that it has and runs, by CRX ID."""
        found = self._extensions.evaluate("chrome.developerPrivate.getExtensionsInfo()")
        return {each["id"]: each["version"] for each in found if each["state"] == "ENABLED"}

    def wait_for(self, crx_id: str, version: str | None) -> None:
        """Wait until it runs that version of an extension, or none."""
        wait_until(lambda: self.installed().get(crx_id) == version)

    def ask_for_updates(self) -> None:
        """Ask the store about every extension, also those to be installed; returns when it has answered."""
        self._extensions.evaluate("chrome.developerPrivate.autoUpdate()")

    def seen_on(self, url: str, crx_id: str) -> str:
        """What the extension writes into a page that is opened now."""
        page = self._devtools.open(url)
        try:
            return str(page.wait_for(f"document.documentElement.getAttribute('data-{crx_id}')"))
        finally:
            page.close()


def write_policies(path: Path, extension_settings: dict[str, Any], *, edition: int) -> None:
    """Write the policies in one step: a browser may look at any time."""
    policies = {
        "DeveloperToolsAvailability": 1,  # DevTools work where extensions are that a policy installed
        "ExtensionSettings": extension_settings,
        "HomepageLocation": _edition_url(edition),
    }
    written = path.with_suffix(".new")
    written.write_text(json.dumps(policies), encoding="utf-8")
    written.replace(path)


def _edition_url(edition: int) -> str:
    """The home page is of no use here; so it tells which edition of the policies is in force."""
    return f"http://127.0.0.1/edition-{edition}-of-the-policies"


def pack(chromium: str, folder: Path, pem: bytes) -> Path:
    """The package that the browser makes of a folder, signed with an RSA key."""
    key = folder.with_suffix(".pem")
    key.write_bytes(pem)
    command = [chromium, "--no-sandbox", f"--pack-extension={folder}", f"--pack-extension-key={key}"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "LC_ALL": "C.UTF-8"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    return folder.with_suffix(".crx")


@contextmanager
def browsing(chromium: str) -> Iterator[Browser]:
    """A browser with a fresh profile, until the end of the block."""
    # A browser that was killed may still write while its folder is removed.
    with tempfile.TemporaryDirectory(prefix="openaddons-browser-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        etc, temporary, log = home / "etc", home / "tmp", home / "log"
        policies = etc / _POLICIES
        policies.parent.mkdir(parents=True)
        temporary.mkdir()
        write_policies(policies, {}, edition=0)
        with (
            log.open("wb") as to_log,
            subprocess.Popen(
                [
                    *unshare("mount"),
                    *("sh", "-c", _ENTER, str(etc), chromium),
                    *(*_SWITCHES, f"--user-data-dir={home / 'profile'}", "about:blank"),
                ],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=to_log,
                # Nothing else of our own environment: it may hold a proxy.
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": folder,
                    "TMPDIR": str(temporary),
                    "LC_ALL": "C.UTF-8",
                },
                start_new_session=True,
            ) as process,
        ):
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                devtools = DevTools(to_browser=process.stdin.fileno(), from_browser=process.stdout.fileno())
                yield Browser(devtools, policies, log)
            except BaseException as error:
                error.add_note(
                    f"The browser's log ends:\n{log.read_text(errors='replace')[-_NOTE_CHARACTERS:]}"
                )
                raise
            finally:
                # With everything that it started. By itself it would take its time.
                os.killpg(process.pid, signal.SIGKILL)
