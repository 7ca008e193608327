"""The listing: its languages, which are valid and which the package has besides."""

from typing import Any, Final, NamedTuple

from openaddons.errors import ValueRefused
from openaddons.store.drafts import draft_row, package_facts, read_package, set_language
from openaddons.store.modules import Module, language_tag, read_language
from openaddons.surfaces.dashboard.modules.editing import Part, read_part
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who


class Language(NamedTuple):
    """A language of the listing at a glance."""

    tag: str
    problems: tuple[str, ...]
    description_characters: int
    screenshots: int
    logo: str | None


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, *, typed: str = "", problem: str = "", status: int = 200) -> Html:
    part = read_part(visit, Module.LISTING)
    package = visit.read(
        lambda tx, product_id: package_facts(
            read_package(tx, package_id=draft_row(tx, product_id=product_id)["package_id"])
        ),
        visit.path["product_id"],
    )
    shown = part.content
    packaged = [each.replace("_", "-") for each in package.locales] if package else []
    values = {
        "tab": "listing",
        "languages": [_language(part, tag) for tag in shown],
        "proposed": [each for each in packaged if each not in shown],
        "package": package,
        "problems": [each for each in part.problems if not each.entry],
        "valid": not part.problems,
        "typed": typed,
        "problem": problem,
    }
    return Html("modules/languages.html", values, status)


def _language(part: Part, tag: str) -> Language:
    content = read_language(part.content[tag])
    return Language(
        tag,
        tuple(each for each in part.problems if each.entry == tag),
        len(content["description"]),
        len(content["screenshots"]),
        content["logo"],
    )


def _add(visit: Visit) -> Answer:
    given = visit.form["language"]
    try:
        language = language_tag("language", given)
    except ValueRefused as refusal:
        return _page(visit, typed=given, problem=str(refusal.facts["problem"]), status=400)
    if language not in read_part(visit, Module.LISTING).content:
        _set(visit, language, {})
    return Redirect(f"/dashboard/products/{visit.path['product_id']}/listing/{language}")


def _remove(visit: Visit) -> Answer:
    _set(visit, visit.path["language"], None)
    return Redirect(f"/dashboard/products/{visit.path['product_id']}/listing", "language-removed")


def _set(visit: Visit, language: str, content: dict[str, Any] | None) -> None:
    visit.run(
        set_language,
        product_id=visit.path["product_id"],
        language=language,
        content=content,
        actor=visit.actor,
    )


_PATH: Final = "/products/{product_id}/listing"

PAGES: Final[tuple[Page, ...]] = (
    Page("listing", "GET", _PATH, Who.VIEWER, _show),
    Page("add language", "POST", _PATH, Who.DEVELOPER, _add),
    Page("remove language", "POST", _PATH + "/{language}/remove", Who.DEVELOPER, _remove),
)
