"""The pages on what is served name every status, code and message, each with a test that is there."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from openaddons.errors import CredentialsInvalid, RequestRefused
from openaddons.packages.findings import Finding
from openaddons.store.operations import Claim, OperationKind
from openaddons.surfaces import gate
from openaddons.surfaces.token import app as token
from openaddons.work import outcomes

ROOT = Path(__file__).parent.parent.parent
PAGES = ("api.md", "management.md", "updates.md", "emulator.md", "dashboard.md")
PAGE = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in PAGES)
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and "::test_" in line]


def calls(module: ModuleType, name: str) -> Iterator[ast.Call]:
    """Every call of a function or class in a module."""
    assert module.__file__ is not None
    for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def constant(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant)
    return str(node.value)


@pytest.mark.parametrize(
    "named", sorted(set(re.findall(r"tests/(?:\w+/)+test_\w+\.py(?:::test_\w+)?", PAGE + SECURITY)))
)
def test_a_test_that_the_page_names_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert name in {"", *(node.name for node in tree.body if isinstance(node, ast.FunctionDef))}


def outcome_texts() -> list[str]:
    """The codes and messages of work/outcomes.py as its source has them."""
    codes = [constant(call.args[0]) for call in calls(outcomes, "_failed")]
    texts = [constant(call.args[1]) for call in calls(outcomes, "_failed")]
    keywords = [
        constant(keyword.value)
        for call in calls(outcomes, "Outcome")
        for keyword in call.keywords
        if keyword.arg == "error_code" and isinstance(keyword.value, ast.Constant)
    ]
    return [*codes, *texts, *filter(None, keywords)]


def made_texts() -> list[str]:
    """The messages that are put together, with the names of their parts."""
    finding = Finding(code="", severity="error", message="{the first of them}", fix="")
    claim = Claim(
        id="{operationID}",
        product_id="",
        publisher_id="",
        kind=OperationKind.PUBLISH,
        attempt=1,
        object_key=None,
        digest=None,
        size_bytes=None,
        notes="",
        actor="",
        correlation_id="{id}",
    )
    unexpected = outcomes.unexpected_failure(claim, datetime.now(UTC)).message
    (invalid,) = outcomes.modules_invalid(["{module}"]).errors or ()
    return [
        outcomes.package_updated("{fileName}").message,
        outcomes.package_refused([finding], 2).message,
        outcomes.submission_created("{submission.Id}").message,
        outcomes.generic_failure(claim).message,
        re.sub(r"Timestamp: \S+", "Timestamp: {timeStamp}", unexpected),
        invalid["message"],
    ]


@pytest.mark.parametrize("text", [*outcome_texts(), *made_texts()])
def test_every_outcome_is_in_the_table(text: str) -> None:
    assert any(f"`{text}`" in row for row in ROWS)


@pytest.mark.parametrize("refusal", RequestRefused.__subclasses__())
def test_every_refusal_is_in_the_table_with_its_status_and_message(refusal: type[RequestRefused]) -> None:
    message = " ".join((refusal.__doc__ or "").split())
    shown = "" if refusal is CredentialsInvalid else f"`{message}`"

    assert any(row.startswith(f"| {refusal.status} | ") and shown in row for row in ROWS)


def test_every_reason_for_a_401_is_in_the_table() -> None:
    reasons = [
        constant(keyword.value)
        for call in calls(gate, "CredentialsInvalid")
        for keyword in call.keywords
        if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant)
    ]

    assert [each for each in reasons if not any(f"| 401 | `{each}` |" in row for row in ROWS)] == []
    assert len(reasons) == 6


def test_every_error_of_the_token_endpoint_is_in_the_table() -> None:
    errors = [(constant(call.args[0]), constant(call.args[1])) for call in calls(token, "TokenRefused")]

    assert [
        (error, number)
        for error, number in errors
        if not any(f"| `{error}` | AADSTS{number}" in row for row in ROWS)
    ] == []
    assert len(errors) > 10
