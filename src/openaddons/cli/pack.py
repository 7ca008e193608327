"""``openaddons pack``: from a folder to the one ZIP that its files make."""

import hashlib
from pathlib import Path
from typing import NoReturn

import click

from openaddons.cli.output import emit, json_option, one_line, say, size_in_words
from openaddons.linting import Linted, coloured, for_people
from openaddons.packages.archive import Archive, ArchiveUnsound
from openaddons.packages.canonical import write_canonical
from openaddons.packages.check import Report, check_folder
from openaddons.packages.findings import DEFAULT_LIMITS, Finding
from openaddons.packages.folder import open_folder, read_ignore
from openaddons.packages.ignore import Ignore, IgnoreInvalid
from openaddons.packages.rules.archive import PACKAGE_TOO_LARGE

EXIT_CODES = """\b
Exit codes:
  0  packed
  1  the package has errors; nothing is written
  2  wrong usage, or a folder that cannot be read
"""


@click.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The package, or the folder to put it in (default: NAME_VERSION.zip in this folder).",
)
@click.option("--no-check", is_flag=True, help="Pack it even if no store would take it.")
@click.option("--allow-manifest-v2", is_flag=True, help="As a store that takes updates in Manifest V2.")
@json_option
def pack(
    *, folder: Path, output: Path | None, no_check: bool, allow_manifest_v2: bool, as_json: bool
) -> None:
    """Pack the extension in DIR: the same files always give the same bytes.

    The package is checked first, as by `openaddons lint`. Hidden files, node_modules, backups and what
    operating systems leave behind stay out; a file .openaddonsignore in DIR names more, in the manner of
    gitignore.
    """
    try:
        ignored = read_ignore(folder)
        report = check_folder(folder, ignored=ignored, allow_manifest_v2=allow_manifest_v2)
        if report.error_total and not no_check:
            _refuse(folder, report, as_json=as_json)
        if report.total and not as_json:
            say(
                for_people([Linted(str(folder), is_folder=True, report=report)], coloured=coloured()),
                err=True,
            )
        path = _destination(folder, output, report, ignored)
        size_bytes = _write(open_folder(folder, ignored=ignored), path)
        digest = _sha256(path)
    except ArchiveUnsound as fault:
        _refuse(folder, _report_of(fault.finding), as_json=as_json)
    except (IgnoreInvalid, OSError, OverflowError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise click.UsageError(f"{one_line(str(folder))} cannot be packed: {why}.") from None
    document = {
        "path": str(path),
        "size_bytes": size_bytes,
        "sha256": digest,
        "findings": [finding._asdict() for finding in report.findings],
    }
    text = f"{one_line(str(path))}  {size_in_words(size_bytes)}\nsha256 {digest}"
    emit(document, as_json=as_json, text=text)


def _report_of(finding: Finding) -> Report:
    return Report((finding,), total=1, error_total=1, package=None)


def _refuse(folder: Path, report: Report, *, as_json: bool) -> NoReturn:
    """Say why nothing is packed, and end."""
    if as_json:
        findings = [finding._asdict() for finding in report.findings]
        emit({"path": None, "findings": findings}, as_json=True, text="")
    else:
        say(for_people([Linted(str(folder), is_folder=True, report=report)], coloured=coloured()), err=True)
        say("Nothing was packed. With --no-check it is packed all the same.", err=True)
    raise click.exceptions.Exit(1)


def _destination(folder: Path, output: Path | None, report: Report, ignored: Ignore) -> Path:
    """Where the package goes: never among the files that the next `openaddons pack` would pack."""
    stem = folder.resolve().name or "package" if report.package is None else report.package.file_name
    path = Path() if output is None else output
    if path.is_dir():
        path /= f"{stem}.zip"
    if path.resolve().is_relative_to(folder.resolve()):
        inside = path.resolve().relative_to(folder.resolve())
        on_the_way = [each for each in (inside, *inside.parents) if each.name]
        if not any(ignored(each.as_posix(), is_folder=each != inside) for each in on_the_way):
            raise click.UsageError(
                f"{one_line(str(path))} would lie in the folder that is packed, and be packed with it the next "
                "time. Name a place outside with -o, or list it in .openaddonsignore."
            )
    return path


def _write(archive: Archive, path: Path) -> int:
    """Write the package beside its place, and put it there when it is whole."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            size_bytes = write_canonical(archive, file)
        _refuse_large(size_bytes)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return size_bytes


def _refuse_large(size_bytes: int) -> None:
    limit = DEFAULT_LIMITS.package_bytes
    if size_bytes > limit:
        raise ArchiveUnsound(PACKAGE_TOO_LARGE.finding(size=size_bytes, limit=limit))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
