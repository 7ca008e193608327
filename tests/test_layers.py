"""The staircase of docs/architecture.md: nothing looks up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "openaddons"

# From the ground up. A module may import from its own step and from those before it.
STEPS = (
    ("errors", "clock", "ids", "policies", "settings", "logs", "text"),
    ("packages",),
    ("objects",),
    ("store",),
    ("work",),
    ("surfaces",),
    ("app", "server", "connection", "sending", "emulation"),
    ("linting", "doctor"),
    ("testing",),
    ("cli", "__main__"),
)
# The client knows the API alone: nothing of the server, and only the command line and the fixture use it.
CLIENT_MAY_IMPORT = {"client", "__init__"}


def _step(module: str) -> int:
    first = module.split(".")[1] if "." in module else "__init__"
    for number, names in enumerate(STEPS):
        if first in names:
            return number
    raise AssertionError(f"{module} has no place in the house")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_nothing_from_above(path: Path) -> None:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    ours = [name for name in _imports(path) if name.startswith("openaddons.")]
    if parts[0] == "client":
        assert [name for name in ours if name.split(".")[1] not in CLIENT_MAY_IMPORT] == []
        return
    if parts[0] == "__init__":
        return
    step = _step(".".join(("openaddons", *parts)))
    allowed = ("client",) if parts[0] in {"cli", "__main__", "testing"} else ()

    above = [name for name in ours if name.split(".")[1] not in allowed and _step(name) > step]

    assert above == []
