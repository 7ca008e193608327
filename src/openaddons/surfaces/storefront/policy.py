r"""Policies: what makes managed browsers install an add-on from this store, keep it up to date, or drop it.

::

    Windows   a .reg file; ExtensionSettings is one REG_SZ that holds JSON text
    macOS     a .mobileconfig; ExtensionSettings is a dictionary of the browser's domain
    Linux     a JSON file in the browser's directory of managed policies

All three say the same (chromeenterprise.google/policies/extension-settings, learn.microsoft.com
manage-extensions-ref-guide). ``override_update_url`` is always set: otherwise a browser asks at the policy's URL
once and then at the one in the package, so that it would not stay in its ring and would not follow a store that
moved. Files that set the same policy do not merge, one wins: so one document is made for all products.
"""

import json
import plistlib
import uuid
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit


class Browser(StrEnum):
    """A browser that policies are made for."""

    EDGE = "edge"
    CHROME = "chrome"
    CHROMIUM = "chromium"


class System(StrEnum):
    """An operating system that policies are made for."""

    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"


class Mode(StrEnum):
    """What a browser does with an add-on, as ExtensionSettings names it in ``installation_mode``."""

    FORCE = "force_installed"
    """It is installed, and users cannot switch it off."""
    NORMAL = "normal_installed"
    """It is installed, and users may switch it off."""
    REMOVED = "removed"
    """It may not be installed, and where it is, it is removed."""


class Format(StrEnum):
    """What of a policy is wanted."""

    FILE = "file"
    """The file that the system takes."""
    VALUE = "value"
    """The value of ExtensionSettings alone, for Group Policy, Intune and other consoles."""
    FORCELIST = "forcelist"
    """The lines of ExtensionInstallForcelist, for consoles that know only this older policy."""


class Names(NamedTuple):
    """What a browser is called, and where each system keeps its policies."""

    title: str
    windows_key: str
    macos_domain: str
    linux_directory: str


NAMES: Final = {
    Browser.EDGE: Names(
        "Microsoft Edge",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Edge",
        "com.microsoft.Edge",
        "/etc/opt/edge/policies/managed",
    ),
    Browser.CHROME: Names(
        "Google Chrome",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Google\Chrome",
        "com.google.Chrome",
        "/etc/opt/chrome/policies/managed",
    ),
    Browser.CHROMIUM: Names(
        "Chromium",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Chromium",
        "org.chromium.Chromium",
        "/etc/chromium/policies/managed",
    ),
}

SYSTEM_TITLES: Final = {System.WINDOWS: "Windows", System.MACOS: "macOS", System.LINUX: "Linux"}

CONDITIONS: Final = {
    System.WINDOWS: "Windows installs add-ons from outside the browser’s own store only on machines that are joined "
    "to a domain or to Entra ID, or enrolled in management (MDM, cloud management of the browser); elsewhere the "
    "entry is ignored. For Edge, Microsoft’s documentation of 2024 says that Entra ID alone is not enough.",
    System.MACOS: "macOS takes it only from an MDM server: a profile that a user opens by hand is ignored.",
    System.LINUX: "Linux has no such condition: the file alone does it.",
}
"""When a system heeds the policy at all."""


class Entry(NamedTuple):
    """What shall become of one add-on."""

    crx_id: str
    mode: Mode
    update_url: str
    """Where it is asked for; without meaning for `Mode.REMOVED`."""


class Document(NamedTuple):
    """A policy as it is handed over."""

    text: str
    file_name: str
    media_type: str
    hint: str
    """Where it goes."""


class NotInForcelist(Exception):  # noqa: N818 - a verdict on what was asked
    """The older policy cannot say this. The text says why."""


def make_policy(entries: Sequence[Entry], *, browser: Browser, system: System, form: Format) -> Document:
    """The one document that says it for all of these add-ons.

    Raises:
        NotInForcelist: `Format.FORCELIST` was asked for with another mode than `Mode.FORCE`.
    """
    if form is Format.FORCELIST:
        return _forcelist(entries, browser)
    settings = {entry.crx_id: _setting(entry) for entry in entries}
    if form is Format.VALUE:
        return Document(
            _compact(settings) + "\n",
            "ExtensionSettings.json",
            "application/json",
            f"The value of the policy ExtensionSettings of {NAMES[browser].title}. Group Policy: “Extension "
            "management settings”. Intune: a settings catalogue profile, the same setting.",
        )
    return _FILES[system](settings, browser, entries)


def _setting(entry: Entry) -> dict[str, Any]:
    if entry.mode is Mode.REMOVED:
        return {"installation_mode": entry.mode.value}
    return {
        "installation_mode": entry.mode.value,
        "override_update_url": True,
        "update_url": entry.update_url,
    }


def _compact(settings: object) -> str:
    return json.dumps(settings, separators=(",", ":"))


def _forcelist(entries: Iterable[Entry], browser: Browser) -> Document:
    for entry in entries:
        if entry.mode is not Mode.FORCE:
            raise NotInForcelist(f"it knows no {entry.mode}, which {entry.crx_id} needs")
    return Document(
        "".join(f"{entry.crx_id};{entry.update_url}\n" for entry in entries),
        "ExtensionInstallForcelist.txt",
        "text/plain",
        f"The entries of the policy ExtensionInstallForcelist of {NAMES[browser].title}. Browsers ask at these URLs "
        "for the first installation alone and then at the URL in the package, which is the one for all.",
    )


def _windows(settings: dict[str, Any], browser: Browser, entries: Sequence[Entry]) -> Document:
    """A registration file of version 5.00.

    Microsoft's editor writes it as UTF-16 and reads UTF-16 with a byte order mark or, without one, the code page
    of the machine (learn.microsoft.com, "Add, modify, or delete registry subkeys by using a .reg file"). JSON
    can be written in ASCII, which is the same in every code page, so no mark is needed. In a value a backslash
    and a quote have a backslash before them; a value has one line.
    """
    value = _compact(settings).replace("\\", "\\\\").replace('"', '\\"')
    lines = (
        "Windows Registry Editor Version 5.00",
        "",
        f"[{NAMES[browser].windows_key}]",
        f'"ExtensionSettings"="{value}"',
        "",
    )
    return Document(
        "".join(f"{line}\r\n" for line in lines),
        f"{browser}-add-ons.reg",
        "text/x-ms-regedit",
        f"On one machine, as administrator: reg import {browser}-add-ons.reg. For many: the same value by Group "
        "Policy or Intune (--format value). It replaces what ExtensionSettings said there before.",
    )


def _macos(settings: dict[str, Any], browser: Browser, entries: Sequence[Entry]) -> Document:
    """A configuration profile (developer.apple.com, "Configuration Profile Reference").

    The identifier is the same for all profiles of this store and browser: a newer one replaces the one before,
    where two would set the same key. The UUIDs are made of the content: equal content gives equal bytes.
    """
    host = next((urlsplit(entry.update_url).hostname for entry in entries if entry.update_url), None)
    identifier = f"openaddons.{host or 'store'}.{browser}"
    names = NAMES[browser]
    content = f"{identifier}\n{_compact(settings)}"
    payload = {
        "PayloadType": names.macos_domain,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{identifier}.settings",
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"settings\n{content}")).upper(),
        "PayloadEnabled": True,
        "ExtensionSettings": settings,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": str(uuid.uuid5(uuid.NAMESPACE_URL, content)).upper(),
        "PayloadDisplayName": f"Add-ons of {names.title}",
        "PayloadScope": "System",
        "PayloadContent": [payload],
    }
    # As UTF-8 and without foreign letters: what is no ASCII becomes a character reference.
    text = plistlib.dumps(profile).decode().encode("ascii", "xmlcharrefreplace").decode()
    return Document(
        text,
        f"{browser}-add-ons.mobileconfig",
        "application/x-apple-aspen-config",
        "Give it to the Macs by your MDM server, as a custom profile of the device.",
    )


def _linux(settings: dict[str, Any], browser: Browser, entries: Sequence[Entry]) -> Document:
    """A file of managed policies. Every file in the directory is read, and of two that set one policy one wins."""
    directory = NAMES[browser].linux_directory
    return Document(
        json.dumps({"ExtensionSettings": settings}, indent=2) + "\n",
        f"{browser}-add-ons.json",
        "application/json",
        f"Put it into {directory}/ (owned by root, readable for all). No other file there may set "
        "ExtensionSettings. A running browser takes it up within seconds.",
    )


_FILES: Final = {System.WINDOWS: _windows, System.MACOS: _macos, System.LINUX: _linux}
