"""The dashboard as people see it: real Chromium, driven by Playwright, and what every page has to keep."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright

from tests.conftest import need, need_program
from tests.stores import PATIENCE_SECONDS
from tests.wire.dashboard.conftest import SESSION_COOKIE
from tests.wire.dashboard.conftest import Browser as WireBrowser

AXE: Final = "axe-core@4.14.1"
# What Debian's launcher starts; the launcher itself adds every extension that is installed on the machine.
_BEHIND_THE_LAUNCHER: Final = Path("/usr/lib/chromium/chromium")
_SWITCHES: Final = (
    "--no-sandbox",  # root gets no other
    "--proxy-server=127.0.0.1:1",  # connections to this machine itself use none: nothing else is reached
)
_FIND_FAULTS: Final = """async () => {
    const found = await axe.run(document, {resultTypes: ["violations"], preload: false});
    return found.violations
        .filter(each => each.impact !== "minor")
        .map(each => `${each.id}: ${each.help}: ` + each.nodes.map(node => node.html).join(" "));
}"""
_MOST_TABS: Final = 60
# Texts side by side scroll by themselves; on a phone no other table does.
_TOO_WIDE: Final = """() => {
    const tables = document.querySelectorAll(".scroll:has(> table:not(.compare))");
    const cards = matchMedia("(max-width: 40rem)").matches ? tables : [];
    return [document.documentElement, ...cards].some(each => each.scrollWidth > each.clientWidth);
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """One way in which a page is looked at."""

    dark: bool = False
    width: int = 1280
    height: int = 900


LIGHT: Final = Look()
DARK: Final = Look(dark=True)
PHONE: Final = Look(width=390, height=844)
DARK_PHONE: Final = Look(dark=True, width=390, height=844)


def axe_source(folder: Path) -> str:
    """The script of axe-core, as its authors released it. npm keeps the package in the user's cache."""
    command = [need_program("npm", hint="install Node.js with npm"), "pack", "--prefer-offline", "--silent"]
    packed = subprocess.run([*command, AXE], cwd=folder, capture_output=True, text=True, check=False)
    need(f"{AXE} from npm", found=packed.returncode == 0, hint=packed.stderr.strip()[-500:])
    with tarfile.open(folder / packed.stdout.strip()) as package:
        member = package.extractfile("package/axe.min.js")
        assert member is not None
        return io.TextIOWrapper(member, encoding="utf-8").read()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, until the end of the block. Skips where there is none; in CI, fails."""
    launcher = need_program("chromium", hint="install chromium")
    path = _BEHIND_THE_LAUNCHER if _BEHIND_THE_LAUNCHER.exists() else launcher
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_SWITCHES)
        yield browser
        browser.close()


@dataclass  # without slots: Playwright keeps what listens to a page on the object itself
class Person:
    """Somebody at a browser, and what was noticed on the way."""

    page: Page
    url: str
    """Of the store."""
    axe: str | None = None
    """The script that finds faults of a page; None: they are not looked for."""
    pictures: Path | None = None
    """Where pictures of pages go."""
    noticed: list[str] = field(default_factory=list)
    """Requests that left the store, what went wrong in scripts, faults of pages: there must be none."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page.on("request", self._look_where_it_goes)
        self.page.on("pageerror", lambda error: self.noticed.append(f"script: {error}"))
        self.page.on("console", self._read_console)

    def _look_where_it_goes(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:")):
            self.noticed.append(f"request: {request.url}")

    def _read_console(self, message: Any) -> None:
        # That a page has the status 400 because it shows a form again is no fault.
        if message.type == "error" and "status of 4" not in message.text:
            self.noticed.append(f"console: {message.text}")

    def take_session_of(self, other: WireBrowser) -> None:
        """Be signed in as somebody without the page for it."""
        session = other.http.cookies[SESSION_COOKIE]
        self.page.context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": self.url}])

    def open(self, path: str) -> None:
        """Go to a page by its address, which may be a whole URL."""
        self.page.goto(path if path.startswith(self.url) else self.url + path)

    def link(self, name: str) -> Locator:
        """The first link of that name."""
        return self.page.get_by_role("link", name=name, exact=True).first

    def button(self, name: str) -> Locator:
        """The first button of that name."""
        return self.page.get_by_role("button", name=name, exact=True).first

    def field(self, label: str) -> Locator:
        """The first input of that label."""
        return self.page.get_by_label(label).first

    def follow(self, name: str) -> None:
        """Click a link."""
        self.link(name).click()

    def press(self, name: str) -> None:
        """Click a button."""
        self.button(name).click()

    def go_to(self, wanted: Locator) -> None:
        """Move the focus there by the Tab key, and see that it shows."""
        wanted.wait_for()
        for _ in range(_MOST_TABS):
            if wanted.evaluate("each => each === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        expect(wanted).to_be_focused()
        assert wanted.evaluate("each => getComputedStyle(each).outlineStyle") != "none"

    def fill(self, **fields: str) -> None:
        """Type into inputs, by their names."""
        for name, text in fields.items():
            self.page.locator(f"[name={name}]").fill(text)

    def reads(self, text: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("body")).to_contain_text(text, timeout=PATIENCE_SECONDS * 1000)

    def look(self, *looks: Look) -> None:
        """Look at the page, by default in light and at the width of a phone in dark: nothing may be wrong with it."""
        if self.axe is None:
            return
        self.page.evaluate(self.axe)
        for look in looks or (LIGHT, DARK_PHONE):
            self._look_as(look)
            seen_at = f"{self.page.url} as {look}"
            self.noticed += [f"{seen_at}: {fault}" for fault in self.page.evaluate(_FIND_FAULTS)]
            if self.page.evaluate(_TOO_WIDE):
                self.noticed.append(f"{seen_at}: is wider than the window")
        self._look_as(LIGHT)

    def picture(self, name: str, look: Look = LIGHT) -> None:
        """Keep a picture of the whole page, if pictures are kept."""
        if self.pictures is not None:
            self._look_as(look)
            self.page.screenshot(path=self.pictures / f"dashboard-{name}.png", full_page=True)
            self._look_as(LIGHT)

    def _look_as(self, look: Look) -> None:
        self.page.emulate_media(color_scheme="dark" if look.dark else "light")
        self.page.set_viewport_size({"width": look.width, "height": look.height})


@contextmanager
def somebody(
    browser: Browser, url: str, *, script: bool = True, axe: str | None = None, pictures: Path | None = None
) -> Iterator[Person]:
    """A new person with a browser of their own: no cookie of another is in it."""
    context: BrowserContext = browser.new_context(
        java_script_enabled=script,
        viewport={"width": LIGHT.width, "height": LIGHT.height},
        locale="en-GB",
    )
    person = Person(context.new_page(), url, axe=axe, pictures=pictures)
    yield person
    assert person.noticed == [], "\n".join(person.noticed)
    context.close()
