"""Writes what derives from the code: pages, tables in pages, descriptions, a script of the schema. Tests hold it."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import click
import yaml
from click.testing import CliRunner

from openaddons import client
from openaddons.cli.main import main
from openaddons.errors import Refusal, RequestRefused
from openaddons.packages.check import GROUPS
from openaddons.packages.rules.registry import RULES
from openaddons.settings import Settings
from openaddons.store import states
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.schema import SCRIPT, write_script
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.surfaces.emulator.wire import ClockSetting, EndpointName, FaultRule, Pace, SeedProduct, Wire
from openaddons.surfaces.manage.app import ENDPOINTS, PREFIX
from openaddons.surfaces.manage.openapi import describe_api

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


def policies_page() -> str:
    """Every developer policy by its number."""
    lines = [
        "# Developer policies",
        "",
        _MADE,
        "",
        "What add-ons must keep, by number. A [rejection](reviewing.md) names what was not kept. The numbers are",
        "those of Microsoft's developer policies for the Edge Add-ons store, which publishers of both stores know;",
        "the words are ours. A store of one's own need not ask for all of them.",
        "",
        "| number | title | asks |",
        "|---|---|---|",
    ]
    lines += [f"| {each.number} | {each.title} | {each.asks} |" for each in DEVELOPER_POLICIES.values()]
    return "\n".join([*lines, ""])


def management_page() -> str:
    """The management API in OpenAPI, as the store serves it."""
    # By way of JSON, in which what is used twice is written twice: YAML would refer to the first.
    described = json.loads(json.dumps(describe_api(ENDPOINTS, prefix=PREFIX)))
    text: str = yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=100)
    return f"# Made by `make docs` from the code: change it there.\n{text}"


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


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")


class _Written:
    """Stands in a signature for what it is written as, there and without the module it comes from."""

    def __init__(self, value: object) -> None:
        text = value if isinstance(value, str) else inspect.formatannotation(value)
        self._text = re.sub(r"\b(openaddons\.client\.\w+|collections\.abc|datetime)\.", "", text)

    def __repr__(self) -> str:
        return self._text


def _parameter(parameter: inspect.Parameter) -> inspect.Parameter:
    default: Any = parameter.default
    if isinstance(default, Enum):
        default = _Written(str(type(default).__name__) + f".{default.name}")
    elif default is not parameter.empty and callable(default):
        default = _Written("...")  # its address in memory says nothing
    return parameter.replace(annotation=_Written(parameter.annotation), default=default)


def _signature(name: str, call: Callable[..., Any]) -> str:
    """A call as it is written, a line for each parameter where one line is too long."""
    found = inspect.signature(call)
    parameters = [_parameter(each) for each in found.parameters.values() if each.name != "self"]
    returns = found.empty if isinstance(call, type) else _Written(found.return_annotation)
    written = str(inspect.Signature(parameters, return_annotation=returns))
    if len(name + written) <= 100:
        return name + written
    lines = [f"    {each}," for each in parameters]
    first_by_name = next((n for n, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), None)
    if first_by_name is not None:
        lines.insert(first_by_name, "    *,")
    return "\n".join([f"{name}(", *lines, written[written.rindex(")") :]])


def _client(kind: type[Any]) -> Iterator[str]:
    yield from ("```python", _signature(kind.__name__, kind), "```", "", _first_line(kind), "")
    for name, method in vars(kind).items():
        if not name.startswith("_"):
            yield from ("```python", _signature(name, method), "```", "", _first_line(method), "")


def _exit_code(outcome: type[client.EdgeAddonsError]) -> str:
    return "4, 5 or 9" if outcome is client.RequestRefused else str(outcome.exit_code)


def _is_value(kind: type[Any]) -> bool:
    return is_dataclass(kind) or issubclass(kind, (tuple, client.ApiKey, client.ClientSecret))


def sdk_page() -> str:
    """Every public name of the SDK."""
    public = {name: getattr(client, name) for name in client.__all__}
    classes = {name: each for name, each in public.items() if isinstance(each, type)}
    values = {name: each for name, each in classes.items() if _is_value(each)}
    words = {name: each for name, each in classes.items() if issubclass(each, Enum)}
    lines = ["# The SDK: reference", "", _MADE, ""]
    lines += [
        "Everything is imported from `openaddons.client`; [sdk.md](sdk.md) says how it is used. `Credentials` is an"
    ]
    lines += [
        "`ApiKey` or a `ClientSecret`; `Progress` is called with the bytes sent and the bytes in all.",
        "",
    ]
    lines += ["## EdgeAddons", "", *_client(client.EdgeAddons)]
    lines += ["## AsyncEdgeAddons", "", _first_line(client.AsyncEdgeAddons), ""]
    lines += [
        "## Exceptions",
        "",
        "| exception | is a | exit code | when | what to do |",
        "|---|---|---|---|---|",
    ]
    for name, each in classes.items():
        if issubclass(each, client.EdgeAddonsError):
            parent = each.__mro__[1].__name__
            cells = (f"`{name}`", f"`{parent}`", _exit_code(each), _first_line(each), each.default_advice)
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "```python",
        _signature("failure_of", client.failure_of),
        "```",
        "",
        _first_line(client.failure_of),
    ]
    lines += ["", "## Values", ""]
    for name, each in values.items():
        lines += ["```python", _signature(name, each), "```", "", _first_line(each), ""]
    lines += ["## Words", "", "| | |", "|---|---|"]
    for name, each in words.items():
        lines += [f"| `{name}.{word.name}` | `{word.value}` |" for word in each]
    lines += [f"| `{name}` | `{each}` |" for name, each in public.items() if isinstance(each, str)]
    lines.append("")
    return "\n".join(lines)


def errors_page() -> str:
    """Every code with which the store says no."""
    lines = [
        "# Errors",
        "",
        _MADE,
        "",
        "Every refusal has a code that never changes, and a message that says what to do. `/manage/v1` sends both",
        "(RFC 9457), pages show both; the four endpoints send the message, and an operation has the codes that",
        "[the API](api.md) names. `X-Correlation-ID` finds a request in events and in the log. Words in braces differ.",
        "",
    ]
    for refusal in sorted(_refusals(Refusal), key=lambda each: each.code):
        status = f"HTTP {refusal.status}. " if issubclass(refusal, RequestRefused) else ""
        lines += [f"## {refusal.code}", "", f"{status}{' '.join((refusal.__doc__ or '').split())}", ""]
    return "\n".join(lines)


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """Those of the store. A command of the command line may have one of its own, known once it was run."""
    for each in kind.__subclasses__():
        if each is not RequestRefused and each.__module__ == Refusal.__module__:
            yield each
        yield from _refusals(each)


PAGES: Mapping[str, Callable[[], str]] = {
    "errors.md": errors_page,
    "settings.md": settings_page,
    "states.md": states_page,
    "commands.md": commands_page,
    "rules.md": rules_page,
    "developer-policies.md": policies_page,
    "lint.md": lint_page,
    "emulator.md": emulator_page,
    str(Path("..") / SCRIPT.relative_to(HERE.parent)): write_script,
    "sdk-reference.md": sdk_page,
    "management-openapi.yaml": management_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")
