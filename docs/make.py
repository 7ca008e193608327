"""Writes what derives from the code: pages, tables in pages, a script of the schema. A test holds it against it."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from enum import Enum
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from openaddons.cli import main
from openaddons.packages.check import GROUPS
from openaddons.packages.rules.registry import RULES
from openaddons.settings import Settings
from openaddons.store import states
from openaddons.store.schema import SCRIPT, write_script
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.surfaces.emulator.wire import ClockSetting, EndpointName, FaultRule, Pace, SeedProduct, Wire

HERE = Path(__file__).parent
assert GROUPS  # importing them fills the table of rules
_MADE = "<!-- Made by `make docs` from the code: change it there. -->"


def settings_page() -> str:
    """Every setting with its environment variable, default and meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default.value if isinstance(field.default, Enum) else field.default
        shown = "" if default is None else f"`{default}`"
        rows.append(f"| `OPENADDONS_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(
        [
            "# Settings",
            "",
            _MADE,
            "",
            "Read from the environment; options of the command line override them. There is no settings file.",
            "",
            "| setting | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _transitions(title: str, table: Mapping[str, Mapping[Any, Any]]) -> Iterator[str]:
    yield from (f"## {title}", "", "```mermaid", "stateDiagram-v2")
    names = {state: f"s{number}" for number, state in enumerate(_states(table))}
    yield from (f'    state "{state}" as {alias}' for state, alias in names.items())
    for verb, moves in table.items():
        yield from (f"    {names[str(a)]} --> {names[str(b)]}: {verb}" for a, b in moves.items())
    yield from ("```", "", "| verb | from | to |", "|---|---|---|")
    for verb, moves in table.items():
        yield from (f"| {verb} | {a} | {b} |" for a, b in moves.items())
    yield ""


def _states(table: Mapping[str, Mapping[Any, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for moves in table.values():
        for before, after in moves.items():
            found |= {str(before): None, str(after): None}
    return list(found)


def states_page() -> str:
    """Every state and transition of operations, submissions and products."""
    parts = (
        ("Operations", states.OPERATION),
        ("Submissions", states.SUBMISSION),
        ("Products", states.PRODUCT),
    )
    lines = [
        "# States",
        "",
        _MADE,
        "",
        "What no row names is refused. A submission that is Approved and held waits for its release; one that",
        "is not held is signed and put into the store at once.",
        "",
    ]
    for title, table in parts:
        lines += _transitions(title, table)
    return "\n".join(lines)


def _commands(group: click.Group, context: click.Context) -> Iterator[click.Context]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        # With its parent, from which it has -h; as wide as a page.
        below = click.Context(
            command, info_name=name, parent=context, max_content_width=100, terminal_width=100
        )
        yield below
        if isinstance(command, click.Group):
            yield from _commands(command, below)


def commands_page() -> str:
    """Every command with its help."""
    lines = ["# Commands", "", _MADE, ""]
    root = click.Context(main, info_name="openaddons", **main.context_settings)
    for context in _commands(main, root):
        lines += [f"## {context.command_path}", "", "```", context.get_help().rstrip(), "```", ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text in which Markdown sees nothing but text."""
    return re.sub(r"([\\`*_<>\[\]|])", r"\\\1", text)


def rules_page() -> str:
    """Every rule of the package check: what it says, why, how to mend it, where it comes from."""
    severities = [row.severity for row in RULES.values()]
    lines = [
        "# Rules of the package check",
        "",
        _MADE,
        "",
        f"{len(RULES)} rules: {severities.count('error')} errors, {severities.count('warning')} warnings.",
        "A package with errors is refused. Warnings are for its publisher and its reviewer; it can be published.",
        "`…` stands for what a finding fills in. `openaddons lint --explain CODE` prints one of them;",
        "[lint.md](lint.md) says how to use the check before an upload.",
        "",
    ]
    for code, row in sorted(RULES.items()):
        lines += [
            f"## {code}",
            "",
            f"*{row.severity}*: {_plain(row.what)}",
            "",
            f"- Why: {_plain(row.why)}",
            f"- Fix: {_plain(row.how)}",
            f"- Source: {_plain(row.source)}",
            "",
        ]
    return "\n".join(lines)


# "$ openaddons lint …", typed in examples/lint, and what it prints.
_TRANSCRIPT = re.compile(r"^(```console\n\$ openaddons (lint .+?)\n).*?(?=^```)", re.MULTILINE | re.DOTALL)


def lint_page() -> str:
    """The page on ``openaddons lint`` as it stands, its transcripts made anew."""

    def typed(match: re.Match[str]) -> str:
        with chdir(HERE.parent / "examples" / "lint"):
            return match[1] + CliRunner().invoke(main, match[2].split()).stdout

    return _TRANSCRIPT.sub(typed, (HERE / "lint.md").read_text(encoding="utf-8"))


def _fields(model: type[Wire]) -> str:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for field in model.model_fields.values():
        default = field.default.value if isinstance(field.default, Enum) else field.default
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{field.alias}` | {shown} | {field.description} |")
    return "\n".join(rows)


def _reserved() -> str:
    rows = (f"| `{each.id}` | {each.name} | {each.does} |" for each in RESERVED)
    return "\n".join(["| product ID | name | what happens |", "|---|---|---|", *rows])


_TABLES: Mapping[str, Callable[[], str]] = {
    "reserved": _reserved,
    "clock": lambda: _fields(ClockSetting),
    "progress": lambda: _fields(Pace),
    "fault": lambda: _fields(FaultRule),
    "endpoints": lambda: ", ".join(f"`{each.value}`" for each in EndpointName),
    "seed": lambda: _fields(SeedProduct),
}
_TABLE = re.compile(r"(<!-- made: (\w+) -->(\n?)).*?(?=<!-- end -->)", re.DOTALL)


def emulator_page() -> str:
    """The page on the emulator as it stands, its tables made anew."""
    page = (HERE / "emulator.md").read_text(encoding="utf-8")
    return _TABLE.sub(lambda found: found[1] + _TABLES[found[2]]() + found[3], page)


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "states.md": states_page,
    "commands.md": commands_page,
    "rules.md": rules_page,
    "lint.md": lint_page,
    "emulator.md": emulator_page,
    str(Path("..") / SCRIPT.relative_to(HERE.parent)): write_script,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")
