"""``openaddons lint``: the store's own check of packages and folders, on the developer's machine."""

import click

from openaddons.linting import FORMATS, Linted, exit_code, explanation, lint_path
from openaddons.packages.ignore import IgnoreInvalid
from openaddons.packages.rules.registry import RULES
from openaddons.text import one_line, say

EXIT_CODES = """\b
Exit codes:
  0  no errors; there may be warnings
  1  a package has errors
  2  wrong usage, or a package that cannot be read
"""


def _explain(context: click.Context, _parameter: click.Parameter, code: str | None) -> None:
    """Print a rule and end: --explain needs no packages."""
    if code is None:
        return
    by_name = {row.id.lower(): row for row in RULES.values()}
    row = by_name.get(code.lower())
    if row is None:
        import difflib

        close = [by_name[name].id for name in difflib.get_close_matches(code.lower(), by_name)]
        hint = f" Did you mean {' or '.join(close)}?" if close else " docs/rules.md lists them all."
        raise click.BadParameter(f"There is no rule {one_line(code)}.{hint}")
    say(explanation(row))
    context.exit()


@click.command(epilog=EXIT_CODES)
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=str)
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="human",
    show_default=True,
    help="How findings are written; github makes annotations in GitHub Actions.",
)
@click.option("--allow-manifest-v2", is_flag=True, help="As a store that takes updates in Manifest V2.")
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Show what a rule asks for, why, how to mend what breaks it, and its source; no PATH is needed.",
)
def lint(*, paths: tuple[str, ...], format_name: str, allow_manifest_v2: bool) -> None:
    """Check packages as the store does. Each PATH is a .zip file or a folder that `openaddons pack` would pack.

    Nothing is sent anywhere and nothing is written.
    """
    packages = [_lint(path, allow_manifest_v2=allow_manifest_v2) for path in paths]
    say(FORMATS[format_name](packages))
    raise click.exceptions.Exit(exit_code(packages))


def _lint(path: str, *, allow_manifest_v2: bool) -> Linted:
    try:
        return lint_path(path, allow_manifest_v2=allow_manifest_v2)
    except IgnoreInvalid as problem:
        raise click.UsageError(f"{one_line(path)}: {problem}.") from None
    except OSError as problem:
        why = problem.strerror or problem
        raise click.UsageError(f"{one_line(path)} cannot be read: {why}.") from None
