"""Printing how a command ended: for people, for scripts (``--json``), and for GitHub Actions."""

import os
import sys
from collections.abc import Iterator
from typing import Any, Final

from openaddons.cli.output import emit, one_line, say
from openaddons.cli.publishing.destination import Destination
from openaddons.cli.publishing.ending import Ending, Progress
from openaddons.cli.publishing.packages import Chosen
from openaddons.text import workflow_command

IN_GITHUB_ACTIONS: Final = "GITHUB_ACTIONS"
_MARKDOWN: Final = str.maketrans(
    {character: f"\\{character}" for character in r"\`*_{}[]()#+-.!|~@:"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
)


def tell(ending: Ending, progress: Progress, destination: Destination) -> None:
    """Print the ending where it is looked for: success on stdout, a failure on stderr, JSON on stdout."""
    if destination.as_json:
        emit(document(ending, progress, destination), as_json=True, text="")
    if in_github_actions():
        _tell_github(ending, progress, destination)
    if destination.as_json:
        return
    if ending.exit_code == 0:
        say(_wrapped(" ".join([ending.text, ending.advice, *ending.commands]), sys.stdout))
        for line in ending.details:
            say(line)
    elif not in_github_actions():
        _tell_failure(ending)


def tell_findings(chosen: Chosen, destination: Destination) -> None:
    """Print what the check of the package found, as ``openaddons lint`` does, on stderr."""
    if chosen.linted is None or not chosen.linted.report.total:
        return
    from openaddons.linting import as_github, for_people

    if in_github_actions():
        say(as_github([chosen.linted]), err=True)
    elif chosen.refused and not destination.as_json:
        coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        say(for_people([chosen.linted], coloured=coloured), err=True)


def document(ending: Ending, progress: Progress, destination: Destination) -> dict[str, Any]:
    """The ending for scripts; docs/publishing.md describes it."""
    package = progress.package
    operation = ending.operation
    return {
        "outcome": ending.outcome,
        "exit_code": ending.exit_code,
        "message": ending.message,
        "advice": ending.advice,
        "next": list(ending.commands),
        "product_id": destination.product,
        "package": package and {"path": package.path, "version": package.version},
        "upload_id": progress.upload_id,
        "publish_id": progress.publish_id,
        "submission_id": ending.submission_id,
        "status": operation and operation.status.value,
        "error_code": ending.error_code,
        "errors": [error._asdict() for error in ending.errors],
        "findings": [finding._asdict() for finding in package.linted.report.findings]
        if package and package.linted
        else [],
        "http_status": ending.http_status,
        "correlation_id": ending.correlation_id,
        **ending.facts,
    }


def in_github_actions() -> bool:
    """Whether a runner of GitHub Actions reads along."""
    return os.environ.get(IN_GITHUB_ACTIONS) == "true"


def _tell_failure(ending: Ending) -> None:
    for line in _failure_lines(ending):
        say(_wrapped(line, sys.stderr), err=True)


def _failure_lines(ending: Ending) -> Iterator[str]:
    yield f"error: {ending.text}{_bracketed(ending.error_code)}"
    yield from _error_lines(ending)
    yield f"next: {ending.advice}"
    yield from (f"  {command}" for command in ending.commands)
    operation_id = ending.operation.id if ending.operation else None
    for name, value in (("operation", operation_id), ("correlation ID", ending.correlation_id)):
        if value:
            yield f"{name}: {one_line(value)}"


def _error_lines(ending: Ending) -> Iterator[str]:
    for error in ending.errors:
        place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
        text = one_line(f"{place}: {error.message}" if place else error.message)
        yield f"  - {text}{_bracketed(error.code)}"


def _bracketed(code: str | None) -> str:
    return f" [{one_line(code)}]" if code else ""


def _wrapped(line: str, stream: Any) -> str:
    """In a terminal, broken between words; elsewhere a line stays one, for whoever searches in it."""
    if not stream.isatty():
        return line
    import shutil
    import textwrap

    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line,
        width=shutil.get_terminal_size().columns,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _tell_github(ending: Ending, progress: Progress, destination: Destination) -> None:
    """An annotation for a failure, the job's summary, and the step's outputs."""
    if ending.exit_code:
        text = "\n".join(line.removeprefix("error: ") for line in _failure_lines(ending))
        say(workflow_command("error", text, {"title": f"openaddons: {ending.outcome}"}), err=True)
    _append("GITHUB_STEP_SUMMARY", _summary(ending, progress, destination))
    outputs = {
        "outcome": ending.outcome,
        "product-id": destination.product,
        "version": progress.package and progress.package.version,
        "upload-id": progress.upload_id,
        "publish-id": progress.publish_id,
        "submission-id": ending.submission_id,
    }
    # One line each: a value with a line end could set other outputs.
    _append("GITHUB_OUTPUT", "".join(f"{name}={one_line(value or '')}\n" for name, value in outputs.items()))


def _summary(ending: Ending, progress: Progress, destination: Destination) -> str:
    """The ending in Markdown, in which strangers' text is text."""
    mark = "✅" if ending.exit_code == 0 else "❌"
    lines = [f"### {mark} {_plain(ending.text)}", "", _plain(ending.advice), ""]
    lines += [f"- {_plain(line.removeprefix('  - '))}" for line in _error_lines(ending)]
    if progress.package and progress.package.linted:
        for finding in progress.package.linted.report.findings:
            place = progress.package.linted.place(finding)
            lines.append(f"- {_plain(f'{place}: {finding.severity}: {finding.code}: {finding.message}')}")
    lines += ["", "| | |", "|---|---|"]
    ids = (
        ("product", destination.product),
        ("upload", progress.upload_id),
        ("publish", progress.publish_id),
        ("submission", ending.submission_id),
    )
    lines += [f"| {name} | `{value}` |" for name, value in ids if value]
    return "\n".join(lines) + "\n\n"


def _plain(text: str) -> str:
    return one_line(text).translate(_MARKDOWN)


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        say(f"warning: {variable} cannot be written: {problem.strerror}.", err=True)
