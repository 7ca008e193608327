"""``openaddons publish`` and ``openaddons upload``: the Edge Add-ons API from the command line.

Each says in one line what is true now and what happens next. A failure lists every error the store gave,
and what to do about it; its exit code tells a script which kind it is.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from openaddons.cli.options import Option
from openaddons.cli.output import note, wrong_usage
from openaddons.cli.publishing import ending
from openaddons.cli.publishing.destination import Destination
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.notes import Notes, filled
from openaddons.cli.publishing.packages import Chosen, choose, lint
from openaddons.cli.publishing.steps import (
    Run,
    Until,
    followed,
    publish_in_a_free_slot,
    send_package,
    send_publish,
    wait_for_draft,
)
from openaddons.cli.publishing.telling import tell_findings
from openaddons.client import NothingToPublish, OperationKind

_CHECK: Final = (
    Option("no_lint", ("--no-lint",), "Send the package without checking it first."),
    Option("allow_manifest_v2", ("--allow-manifest-v2",), "As a store that takes updates in Manifest V2."),
)

_UPLOAD: Final = (
    *_CHECK,
    Option("no_wait", ("--no-wait",), "Do not wait for the store to check the package."),
)


def upload(run: Run, *, pattern: str | None, no_lint: bool, allow_manifest_v2: bool, no_wait: bool) -> Ending:
    """Upload a package. When the store has checked it, it is the draft; nothing is published.

    ZIP is a file, or a pattern such as 'dist/*.zip' or 'dist/ext-{version}.zip'; DIR is packed first.
    Without either, the package that openaddons.toml names.
    """
    pattern = pattern or run.destination.default("package")
    if pattern is None:
        raise wrong_usage("Give a ZIP or a DIR, or package in openaddons.toml.")
    chosen = _chosen(run, pattern, no_lint=no_lint, allow_manifest_v2=allow_manifest_v2)
    if chosen.refused:
        return ending.refused_here(chosen)
    operation_id = send_package(run, chosen)
    if no_wait:
        return ending.accepted(OperationKind.UPLOAD, operation_id, run.destination)
    return ending.uploaded(wait_for_draft(run, operation_id), run.progress, run.destination)


_PUBLISH: Final = (
    *_CHECK,
    Option("draft", ("--draft",), "Publish the draft as it is, whatever openaddons.toml names."),
    Option("notes", ("--notes",), "Notes for certification.", metavar="TEXT"),
    Option(
        "notes_file",
        ("--notes-file",),
        "Notes for certification from a file, or - for stdin.",
        metavar="FILE",
        takes="file or -",
    ),
    Option(
        "notes_template",
        ("--notes-template",),
        "Notes with {version}, and from git: {commit}, {subject}, {tag}, {branch}.",
        metavar="TEXT",
    ),
    Option(
        "notes_as_text",
        ("--notes-as-text",),
        "Send the notes as bare text, to a store that reads no JSON.",
    ),
    Option(
        "until",
        ("--wait",),
        "How far to follow it: until the store has the request (none), has a submission (accepted, the "
        "default), says how it stands (in-review), or browsers get it (in-store). The last two only on OpenAddons.",
        metavar=f"[{'|'.join(Until)}]",
        choices=tuple(level.value for level in Until),
    ),
    Option("until", ("--no-wait",), "The same as --wait none.", stands_for=Until.NONE.value),
    Option(
        "slot_seconds",
        ("--wait-for-slot",),
        "While another submission is in progress, try again for so long.",
        metavar="SECONDS",
        takes="seconds",
        default=0.0,
    ),
    Option("ok_if_unchanged", ("--ok-if-unchanged",), "Exit code 0 also where there is nothing to publish."),
    Option("dry_run", ("--dry-run",), "Check package and credentials; send nothing."),
)


def publish(
    run: Run,
    *,
    pattern: str | None,
    no_lint: bool,
    allow_manifest_v2: bool,
    draft: bool,
    notes: str | None,
    notes_file: str | None,
    notes_template: str | None,
    notes_as_text: bool,
    until: str | None,
    slot_seconds: float,
    ok_if_unchanged: bool,
    dry_run: bool,
) -> Ending:
    """Send a package, or the draft as it is, to certification.

    ZIP is a file, or a pattern such as 'dist/*.zip' or 'dist/ext-{version}.zip'; DIR is packed first. It is
    checked here, uploaded, and published when it is the draft. A package that is refused is never published.
    """
    if draft and pattern is not None:
        raise wrong_usage("Give a package or --draft, not both.")
    pattern = pattern or (None if draft else run.destination.default("package"))
    level = _until(run.destination, until, slot_seconds)
    chosen = None
    if pattern is not None:
        chosen = _chosen(run, pattern, no_lint=no_lint, allow_manifest_v2=allow_manifest_v2)
    if chosen is not None and chosen.refused:
        return ending.refused_here(chosen)
    version = chosen.version if chosen else None
    text = _notes(run.destination, notes, notes_file, notes_template, version=version)
    told = Notes(text, as_text=notes_as_text)
    if dry_run:
        from openaddons.cli.publishing.rehearsal import rehearse

        return rehearse(run)
    if level is Until.IN_STORE:
        # A store of another make cannot say it; that is better known before anything is sent.
        run.store.product(run.destination.product_id)
    if chosen is not None:
        run.progress.publishes = True
        wait_for_draft(run, send_package(run, chosen))
    if level is Until.NONE:
        return ending.accepted(OperationKind.PUBLISH, send_publish(run, told), run.destination)
    try:
        operation = publish_in_a_free_slot(run, told, slot_seconds=slot_seconds)
    except NothingToPublish as nothing:
        if not ok_if_unchanged:
            raise
        return ending.unchanged(nothing, run.destination)
    return followed(run, operation, level)


class Command(NamedTuple):
    """A command that takes one package at most, with its options beside those of the destination."""

    run: Callable[..., Ending]
    options: tuple[Option, ...]


COMMANDS: Final[Mapping[str, Command]] = {
    "upload": Command(upload, _UPLOAD),
    "publish": Command(publish, _PUBLISH),
}


def _chosen(run: Run, pattern: str, *, no_lint: bool, allow_manifest_v2: bool) -> Chosen:
    """The package, checked if it is to be; what the check found is told at once."""
    path = choose(pattern)
    if no_lint:
        run.progress.package = Chosen(path)
        return run.progress.package
    run.progress.package = chosen = lint(path, allow_manifest_v2=allow_manifest_v2)
    if not chosen.refused:
        note(f"Checked {chosen.name}: {chosen.findings_in_words}", quiet=run.destination.quiet)
    tell_findings(chosen, run.destination)
    return chosen


def _until(destination: Destination, given: str | None, slot_seconds: float) -> Until:
    try:
        level = Until(given or destination.default("wait") or Until.ACCEPTED)
    except ValueError:
        levels = ", ".join(Until)
        raise wrong_usage(f"wait in openaddons.toml must be one of: {levels}.") from None
    if level is Until.NONE and slot_seconds:
        raise wrong_usage("--wait-for-slot needs to wait; leave out --wait none.")
    return level


def _notes(
    destination: Destination,
    notes: str | None,
    notes_file: str | None,
    template: str | None,
    *,
    version: str | None,
) -> str:
    if sum(each is not None for each in (notes, notes_file, template)) > 1:
        raise wrong_usage("Give --notes, --notes-file or --notes-template, not two of them.")
    if notes is not None:
        return notes
    path = notes_file if template is not None else notes_file or destination.default("notes_file")
    if path is not None:
        return _read(path, destination)
    template = template or destination.default("notes_template")
    return "" if template is None else filled(template, version=version)


def _read(path: str, destination: Destination) -> str:
    """The text of a file, or of stdin for ``-``."""
    if path == "-" and destination.key_from_stdin:
        raise wrong_usage("stdin cannot be both the API key and the notes.")
    try:
        if path == "-":
            return sys.stdin.read()
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except UnicodeDecodeError:
        raise wrong_usage("The notes are not UTF-8.") from None
