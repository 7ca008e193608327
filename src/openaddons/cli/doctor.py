"""``openaddons doctor``: says what is wrong and what to do."""

import sys
from pathlib import Path

import click

from openaddons.cli.output import emit, json_option, one_line
from openaddons.cli.store import opened, store_options
from openaddons.doctor.asking import TIMEOUT_SECONDS
from openaddons.doctor.install import CHECKS, Check, Outcome, Question, diagnose_store
from openaddons.doctor.policies import PolicyDirectory, diagnose_policies
from openaddons.settings import Settings, ring_update_url
from openaddons.store.offered import announced_update_url
from openaddons.surfaces.storefront.policy import NAMES

EXIT_CODES = """\b
Exit codes:
  0  nothing stands in the way
  1  there are problems
  2  wrong usage
"""


@click.group(short_help="Say why something does not work.")
def doctor() -> None:
    """Look at each known cause of a failure, and say what to do."""


@doctor.command(short_help="Say why a browser does not install an add-on.", epilog=EXIT_CODES)
@click.option("--crx-id", required=True, metavar="ID", help="The add-on, 32 letters a to p.")
@click.option("--update-url", metavar="URL", help="Where the browser asks (default: this store).")
@click.option("--ring", default="", metavar="R", help="As a browser of this ring.")
@click.option("--installed", default="0.0.0.0", metavar="V", help="The version it has (default: none).")  # noqa: S104
@click.option("--browser-version", metavar="V", help="The browser's own version, as in 156.0.8078.79.")
@click.option(
    "--policy-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Managed policies to look at (default on Linux: those of Edge, Chrome and Chromium).",
)
@store_options
@json_option
def install(
    settings: Settings,
    *,
    crx_id: str,
    update_url: str | None,
    ring: str,
    installed: str,
    browser_version: str | None,
    policy_dir: Path | None,
    as_json: bool,
) -> None:
    """Say why a browser does not install or update an add-on.

    The store is asked as a browser asks it, the package is downloaded and looked at, and so are the managed
    policies of this machine. Nothing is changed.
    """
    if update_url is None:
        with opened(settings) as workshop:
            update_url = workshop.tools.database.read(announced_update_url) or settings.update_url()
    question = Question(
        crx_id=crx_id,
        update_url=ring_update_url(update_url, ring),
        installed=installed,
        browser_version=browser_version,
    )
    diagnosis = diagnose_store(question, package_bytes_limit=settings.package_bytes_limit)
    checks = [
        *diagnosis.checks,
        *(
            diagnose_policies(each, question, package_update_url=diagnosis.package_update_url)
            for each in _directories(policy_dir)
        ),
    ]
    checks = _overridden(checks)
    failed = sum(check.outcome is Outcome.PROBLEM for check in checks)
    emit(
        {"crx_id": crx_id, "problems": failed, "checks": [check._asdict() for check in checks]},
        as_json=as_json,
        text="\n".join([*map(_line, checks), "", _summary(failed)]),
    )
    if failed:
        sys.exit(1)


def _directories(chosen: Path | None) -> list[PolicyDirectory]:
    if chosen is not None:
        return [PolicyDirectory("dir", chosen)]
    if not sys.platform.startswith("linux"):
        return []
    return [PolicyDirectory(browser, Path(names.linux_directory)) for browser, names in NAMES.items()]


def _overridden(checks: list[Check]) -> list[Check]:
    """A policy that is good overrides the package's update URL, so that one is no problem then."""
    heeded = [check for check in checks if check.name.startswith("policy-") and check.outcome is Outcome.OK]
    if not heeded:
        return checks
    return [
        check._replace(outcome=Outcome.OK, text=f"{check.text} The policy overrides it.", advice="")
        if check.name == "update-url" and check.outcome is Outcome.PROBLEM
        else check
        for check in checks
    ]


def _line(check: Check) -> str:
    advice = f"\n{'':9}→ {one_line(check.advice)}" if check.advice else ""
    title = CHECKS.get(check.name, "A policy installs it")
    return f"{check.outcome.value:<8} {title}: {one_line(check.text)}{advice}"


def _summary(failed: int) -> str:
    if failed:
        return f"{failed} problem{'s' if failed > 1 else ''}. Mend the first one first."
    return f"Nothing stands in the way. (Each request had {TIMEOUT_SECONDS:g} seconds or more.)"
