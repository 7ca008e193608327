"""Policies: the documents of each browser and system, byte by byte, and read back as the systems read them."""

import json
import plistlib
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.settings import ring_update_url
from openaddons.surfaces.storefront.policy import (
    NAMES,
    Browser,
    Entry,
    Format,
    Mode,
    NotInForcelist,
    System,
    make_policy,
)

GOLDEN = Path(__file__).parent / "policies"
URL = "https://addons.example/updates?token=0123456789abcdef"
ENTRIES = (
    Entry("a" * 32, Mode.FORCE, URL),
    Entry("b" * 32, Mode.NORMAL, ring_update_url(URL, "canary")),
    Entry("p" * 32, Mode.REMOVED, URL),
)
MEANT = {
    "a" * 32: {"installation_mode": "force_installed", "override_update_url": True, "update_url": URL},
    "b" * 32: {
        "installation_mode": "normal_installed",
        "override_update_url": True,
        "update_url": "https://addons.example/updates/canary?token=0123456789abcdef",
    },
    "p" * 32: {"installation_mode": "removed"},
}
HOSTILE = st.text(max_size=60).map(lambda text: f"https://addons.example/{text}")


def made(entries: Any, browser: Browser, system: System, form: Format = Format.FILE) -> bytes:
    return make_policy(entries, browser=browser, system=system, form=form).text.encode()


def read_reg(data: bytes, key: str) -> Any:
    """The JSON in a .reg file, read as the editor does: a value in quotes, a backslash before what is quoted."""
    lines = data.decode("ascii").split("\r\n")
    assert lines[:3] == ["Windows Registry Editor Version 5.00", "", f"[{key}]"]
    match = re.fullmatch(r'"ExtensionSettings"="((?:[^"\\]|\\["\\])*)"', lines[3])
    assert match, lines[3]
    assert lines[4:] == ["", ""]
    return json.loads(re.sub(r'\\(["\\])', r"\1", match[1]))


def read_profile(data: bytes, domain: str) -> Any:
    """The settings in a .mobileconfig."""
    profile = plistlib.loads(data)
    (payload,) = profile["PayloadContent"]
    assert (profile["PayloadType"], payload["PayloadType"]) == ("Configuration", domain)
    assert profile["PayloadUUID"] != payload["PayloadUUID"]
    return payload["ExtensionSettings"]


@pytest.mark.parametrize("browser", Browser)
@pytest.mark.parametrize("system", System)
def test_a_policy_is_what_it_was(browser: Browser, system: System) -> None:
    document = make_policy(ENTRIES, browser=browser, system=system, form=Format.FILE)

    assert (GOLDEN / document.file_name).read_bytes() == document.text.encode()


@pytest.mark.parametrize("browser", Browser)
def test_all_systems_are_told_the_same(browser: Browser) -> None:
    names = NAMES[browser]

    assert read_reg(made(ENTRIES, browser, System.WINDOWS), names.windows_key) == MEANT
    assert read_profile(made(ENTRIES, browser, System.MACOS), names.macos_domain) == MEANT
    assert json.loads(made(ENTRIES, browser, System.LINUX)) == {"ExtensionSettings": MEANT}
    assert json.loads(made(ENTRIES, browser, System.WINDOWS, Format.VALUE)) == MEANT


@given(HOSTILE)
def test_whatever_the_url_holds_comes_back_from_the_registry(url: str) -> None:
    entries = [Entry("a" * 32, Mode.FORCE, url)]

    data = made(entries, Browser.EDGE, System.WINDOWS)

    assert url == read_reg(data, NAMES[Browser.EDGE].windows_key)["a" * 32]["update_url"]


def test_markup_and_foreign_letters_come_back_from_a_profile() -> None:
    url = "https://addons.example/<key>&amp;]]>\"'/ä☃"

    data = made([Entry("a" * 32, Mode.FORCE, url)], Browser.CHROME, System.MACOS)

    assert data.isascii()
    assert url == read_profile(data, "com.google.Chrome")["a" * 32]["update_url"]


def test_equal_content_gives_an_equal_profile_and_other_content_another_uuid() -> None:
    one, again = (made(ENTRIES, Browser.EDGE, System.MACOS) for _ in range(2))
    other = made(ENTRIES[:1], Browser.EDGE, System.MACOS)

    assert one == again
    assert plistlib.loads(one)["PayloadUUID"] != plistlib.loads(other)["PayloadUUID"]
    assert plistlib.loads(one)["PayloadIdentifier"] == plistlib.loads(other)["PayloadIdentifier"]


def test_the_older_policy_lists_what_it_can_say() -> None:
    text = made(ENTRIES[:1], Browser.EDGE, System.WINDOWS, Format.FORCELIST).decode()

    assert f"{'a' * 32};{URL}\n" == text


@pytest.mark.parametrize("entry", ENTRIES[1:], ids=lambda entry: entry.mode)
def test_the_older_policy_cannot_say_the_rest(entry: Entry) -> None:
    with pytest.raises(NotInForcelist, match=entry.crx_id):
        made([entry], Browser.EDGE, System.WINDOWS, Format.FORCELIST)


def test_a_ring_has_a_url_of_its_own_and_keeps_the_token() -> None:
    assert ring_update_url("http://h/updates", "") == "http://h/updates"
    assert ring_update_url("http://h/updates", "canary") == "http://h/updates/canary"
    assert ring_update_url("http://h/updates?token=t", "canary") == "http://h/updates/canary?token=t"
