"""The managed policies on this machine (Linux): does one make the browser install the add-on?

Chromium reads every file of the directory as JSON, and of two that set the same policy one wins
(components/policy/core/common/config_dir_policy_loader.cc).
"""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from openaddons.doctor.install import Check, Outcome, Question, ok, problem

_SETTINGS: Final = "ExtensionSettings"
_FORCELIST: Final = "ExtensionInstallForcelist"
_MODES: Final = ("force_installed", "normal_installed")
_FILE_BYTES_LIMIT: Final = 1 << 20


class PolicyDirectory(NamedTuple):
    """Where a browser's policies are."""

    name: str
    path: Path


class _Faulty(Exception):  # noqa: N818 - control flow
    def __init__(self, text: str, advice: str) -> None:
        super().__init__(text)
        self.text, self.advice = text, advice


def diagnose_policies(
    directory: PolicyDirectory, question: Question, *, package_update_url: str | None
) -> Check:
    """What stands in the way in this directory, the first of it. A directory that is not there is skipped."""
    name = f"policy-{directory.name}"
    if not directory.path.is_dir():
        return Check(name, Outcome.SKIPPED, f"There is no {directory.path}.")
    try:
        values = _read(directory.path)
        entry = _entry(values, question.crx_id, directory.path)
        _judge(entry, question, package_update_url)
    except _Faulty as fault:
        return problem(name, fault.text, fault.advice)
    return ok(name, f"{directory.path} makes the browser install it from this URL.")


def _read(path: Path) -> dict[str, Any]:
    """The two policies that install add-ons, as all files together set them."""
    values: dict[str, Any] = {}
    setter: dict[str, str] = {}
    for file in sorted(each for each in path.iterdir() if each.is_file()):
        content = _content(file)
        for policy in (_SETTINGS, _FORCELIST):
            if policy not in content:
                continue
            if policy in setter:
                raise _Faulty(
                    f"{setter[policy]} and {file.name} both set {policy}: they do not merge, one wins.",
                    "Make one file for all add-ons: openaddons policy PRODUCT PRODUCT …",
                )
            setter[policy], values[policy] = file.name, content[policy]
    return values


def _content(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            content = json.loads(opened.read(_FILE_BYTES_LIMIT).decode("utf-8-sig"))
    except OSError as error:
        raise _Faulty(f"{file} cannot be read: {error.strerror}.", "Make it readable for all.") from None
    except (ValueError, RecursionError) as error:
        raise _Faulty(f"{file} is no JSON: {error}.", "Correct it; browsers ignore the whole file.") from None
    if not isinstance(content, dict):
        raise _Faulty(f"{file} holds no JSON object.", "Correct it; browsers ignore the whole file.")
    return content


def _entry(values: dict[str, Any], crx_id: str, path: Path) -> dict[str, Any]:
    """What is said of the add-on, in the form of ExtensionSettings."""
    settings = values.get(_SETTINGS, {})
    forced = values.get(_FORCELIST, [])
    if not isinstance(settings, dict) or not isinstance(forced, list):
        raise _Faulty(
            f"A policy in {path} is of a wrong type.", f"{_SETTINGS} is an object, {_FORCELIST} a list."
        )
    if crx_id in settings:
        entry = settings[crx_id]
        if not isinstance(entry, dict):
            raise _Faulty(f"The entry of {crx_id} is no object.", "Make it anew: openaddons policy")
        return entry
    for line in forced:
        listed, _, url = str(line).partition(";")
        if listed == crx_id:
            return {"installation_mode": _MODES[0], "update_url": url}
    everything = settings.get("*")
    if isinstance(everything, dict) and everything.get("installation_mode") == "blocked":
        raise _Faulty(
            f'{path} blocks every add-on ("*") that has no entry of its own.',
            "Add one: openaddons policy PRODUCT",
        )
    raise _Faulty(f"No policy in {path} names {crx_id}.", "Make one: openaddons policy PRODUCT")


def _judge(entry: dict[str, Any], question: Question, package_update_url: str | None) -> None:
    mode, url = entry.get("installation_mode"), entry.get("update_url")
    remake = "Make it anew: openaddons policy PRODUCT"
    if mode in {"blocked", "removed"}:
        raise _Faulty(f"The policy says {mode}: the browser keeps it out.", remake)
    if mode not in _MODES:
        raise _Faulty(f"The policy says {str(mode)[:60]}, which installs nothing.", remake)
    if not isinstance(url, str) or not url:
        raise _Faulty("The policy says no update_url for it.", remake)
    if "#" in url:
        raise _Faulty("The update_url in the policy has a fragment (#): what is asked is lost.", remake)
    if url != question.update_url:
        raise _Faulty("The policy names another update_url than the one that was asked here.", remake)
    if entry.get("override_update_url") is not True and package_update_url not in {None, url}:
        raise _Faulty(
            "The package names another update_url and the policy does not override it: updates are asked for there.",
            'Set "override_update_url": true.',
        )
