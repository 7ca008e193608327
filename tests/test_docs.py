"""The pages that derive from the code are as the code says."""

import json
import re
import runpy
from pathlib import Path

import pytest

from openaddons import errors
from openaddons.errors import Refusal
from openaddons.store.modules import CATEGORIES, DATA_USAGE, Module, read_language, starting_content
from openaddons.store.telling.outbox import TOPICS, type_of

DOCS = Path(__file__).parent.parent / "docs"
PAGES = runpy.run_path(str(DOCS / "make.py"))["PAGES"]


@pytest.mark.parametrize("name", PAGES)
def test_a_made_page_is_up_to_date(name: str) -> None:
    assert PAGES[name]() == (DOCS / name).read_text(encoding="utf-8"), "run: make docs"


def _refusals(of: type[Refusal]) -> list[type[Refusal]]:
    return [of, *(found for each in of.__subclasses__() for found in _refusals(each))]


def test_the_tree_in_the_docstring_names_every_refusal() -> None:
    named = errors.__doc__ or ""
    own = [each for each in _refusals(Refusal) if each.__module__ == "openaddons.errors"]

    assert [each.__name__ for each in own if each.__name__ not in named] == []


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [each.code for each in _refusals(Refusal) if "code" in vars(each)]

    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("module", [module for module in Module if module is not Module.PACKAGES])
def test_the_page_of_modules_has_every_field_with_its_default(module: Module) -> None:
    content = read_language({}) if module is Module.LISTING else starting_content(module)
    page = (DOCS / "modules.md").read_text(encoding="utf-8")
    section = page.partition(f"## {module}\n")[2].partition("\n## ")[0]

    described = re.findall(r"^\| `(\w+)` \|.*\| `(.*)` \|$", section, re.MULTILINE)
    assert described == [(field, json.dumps(default)) for field, default in content.items()]


@pytest.mark.parametrize("words", [CATEGORIES, DATA_USAGE])
def test_the_page_of_modules_has_every_choice(words: tuple[str, ...]) -> None:
    page = " ".join((DOCS / "modules.md").read_text(encoding="utf-8").split())

    assert f": {', '.join(words)}." in page


def test_the_page_of_webhooks_has_every_type_and_what_its_mail_says() -> None:
    page = (DOCS / "webhooks.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+\.\w+)` \| (.+) \| (.*) \|$", page, re.MULTILINE) == [
        (type_of(verb), topic.meaning, topic.mail or "") for verb, topic in TOPICS.items()
    ]
