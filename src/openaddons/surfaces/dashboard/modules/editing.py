"""A part of a draft that is one form: shown, saved, and given back as it was typed when that cannot be.

A part is a module, or one language of the listing. What somebody else has saved meanwhile is not lost: the form
holds the tag of what it was filled from (`content_tag`), and a part with another tag is not replaced.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from openaddons.errors import ChangedMeanwhile, ValueRefused
from openaddons.policies import Requirement
from openaddons.store.drafts import content_tag, read_draft, set_module
from openaddons.store.modules import Module, starting_content
from openaddons.store.validity import Problem
from openaddons.surfaces.dashboard.forms import Form
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who


@dataclass(frozen=True, slots=True)
class Part:
    """What is stored of a part, and what is wrong with it."""

    content: Mapping[str, Any]
    problems: tuple[Problem, ...]
    tag: str


def read_part(visit: Visit, module: Module) -> Part:
    """A module of the draft of the product in the path."""
    draft = visit.read(
        read_draft, product_id=visit.path["product_id"], require=visit.settings.required_fields
    )
    found = next(each for each in draft.modules if each.module is module)
    content = starting_content(module) | found.content
    return Part(content, found.problems, content_tag(found.content))


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as a template shows it."""

    content: Mapping[str, Any]
    """What is in the fields: what is stored, or what was typed and is not stored."""
    tag: str
    problems: Mapping[str, str]
    """Sentences by field, or by field and entry with a point between."""
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    """What somebody else has saved meanwhile, by field, where it is not what was typed."""


def filled(part: Part) -> Filled:
    """The form with what is stored."""
    return Filled(part.content, part.tag, _by_field(part.problems))


def given_back(
    visit: Visit,
    part: Part,
    *,
    typed: Mapping[str, Any],
    refusal: ValueRefused | ChangedMeanwhile,
    prefix: str,
) -> Filled:
    """The form with what was typed, and why it was not saved.

    The verb names a field by its whole path, ``PRIVACY.data_usage[0]``, of which ``prefix`` is the part's.
    """
    if isinstance(refusal, ValueRefused):
        name = str(refusal.facts["name"]).removeprefix(prefix).partition("[")[0]
        problem = str(refusal.facts["problem"])
        return Filled(typed, visit.form["tag"], {name: problem[:1].upper() + problem[1:]})
    stored = part.content
    meanwhile = {name: _told(stored[name]) for name in typed if typed[name] != stored[name]}
    return Filled(typed, part.tag, {}, meanwhile)


def status_of(refusal: ValueRefused | ChangedMeanwhile) -> int:
    """The HTTP status of a form that is given back."""
    return 400 if isinstance(refusal, ValueRefused) else 409


def state(visit: Visit, part: Part) -> Mapping[str, Any]:
    """What every page of a part says of what is stored, and of what the store asks for."""
    everything = visit.settings.required_fields is Requirement.STORE
    return {"stored_problems": part.problems, "everything": everything}


def _by_field(problems: Iterable[Problem]) -> dict[str, str]:
    said: dict[str, str] = {}
    for each in problems:
        place = f"{each.field}.{each.entry}" if each.field and each.entry else each.field
        said[place] = f"{said.get(place, '')} {each.without_label}".strip()
    return said


def _told(value: Any) -> str:
    """A stored value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return ", ".join(map(str, value)) or "nothing"
    return str(value or "nothing")


def _nothing_more(_visit: Visit) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class ModuleForm:
    """A module that is one form."""

    module: Module
    read: Callable[[Form], dict[str, Any]]
    """What was typed and chosen, as the module's content. What is malformed in it the store's verb refuses."""
    more: Callable[[Visit], Mapping[str, Any]] = _nothing_more
    """What else the template shows."""

    @property
    def _name(self) -> str:
        return self.module.value.lower()

    def pages(self) -> tuple[Page, Page]:
        """The page and its form."""
        path = f"/products/{{product_id}}/{self._name}"
        return (
            Page(self._name, "GET", path, Who.VIEWER, self._show),
            Page(f"save {self._name}", "POST", path, Who.DEVELOPER, self._save),
        )

    def _show(self, visit: Visit) -> Html:
        part = read_part(visit, self.module)
        return self._page(visit, part, filled(part))

    def _save(self, visit: Visit) -> Answer:
        typed = self.read(visit.form)
        try:
            visit.run(
                set_module,
                product_id=visit.path["product_id"],
                module=self.module,
                content=typed,
                actor=visit.actor,
                if_tag=visit.form["tag"],
            )
        except (ValueRefused, ChangedMeanwhile) as refusal:
            part = read_part(visit, self.module)
            prefix = f"{self.module.value}."
            form = given_back(visit, part, typed=typed, refusal=refusal, prefix=prefix)
            return self._page(visit, part, form, status=status_of(refusal))
        return Redirect(f"/dashboard/products/{visit.path['product_id']}/{self._name}", "saved")

    def _page(self, visit: Visit, part: Part, form: Filled, *, status: int = 200) -> Html:
        values = {
            "tab": self._name,
            "form": form,
            **state(visit, part),
            **self.more(visit),
        }
        return Html(f"modules/{self._name}.html", values, status)
