"""One language of the listing: its texts and its images, saved together.

Every button of the page sends the whole form, so what was typed is saved with whatever a button does.
"""

from collections.abc import Mapping
from typing import Any, Final

from openaddons.errors import ChangedMeanwhile, NotFound, ValueRefused
from openaddons.settings import Settings
from openaddons.store.drafts import content_tag, set_language, spread_images
from openaddons.store.images import SINGLE_PLACES, Image, add_image, check_size, find_images
from openaddons.store.modules import DESCRIPTION_CHARACTERS, Module, language_tag, read_language
from openaddons.store.session import Transaction
from openaddons.store.validity import Problem
from openaddons.surfaces.dashboard.forms import Form, FormFile
from openaddons.surfaces.dashboard.modules.editing import (
    Filled,
    Part,
    filled,
    given_back,
    read_part,
    state,
    status_of,
)
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who
from openaddons.work.images import IMAGE_BYTES_LIMIT, keep_image, redraw

_PLACES: Final = (*SINGLE_PLACES, "screenshots")
_NOT_THERE: Final = Part(read_language({}), (), content_tag(None))
"""A language that somebody has removed while its form was open."""


def _find(visit: Visit) -> Part | None:
    """The language in the path, as far as the listing has it."""
    listing, language = read_part(visit, Module.LISTING), visit.path["language"]
    if language not in listing.content:
        return None
    problems = tuple(Problem(each, each.field) for each in listing.problems if each.entry == language)
    stored = listing.content[language]
    return Part(read_language(stored), problems, content_tag(stored))


def _show(visit: Visit) -> Html:
    part = _find(visit)
    if part is None:
        raise NotFound
    return _page(visit, part, filled(part))


def _page(visit: Visit, part: Part, form: Filled, *, status: int = 200) -> Html:
    shown = [form.content[place] for place in SINGLE_PLACES if form.content[place]]
    images: Mapping[str, Image] = visit.read(
        find_images, product_id=visit.path["product_id"], keys=[*shown, *form.content["screenshots"]]
    )
    values = {
        "tab": "listing",
        "language": visit.path["language"],
        "form": form,
        **state(visit, part),
        "images": images,
        "allowed": DESCRIPTION_CHARACTERS,
        "limit_bytes": IMAGE_BYTES_LIMIT,
    }
    return Html("modules/listing.html", values, status)


def _save(visit: Visit) -> Answer:
    part, language = _find(visit) or _NOT_THERE, visit.path["language"]
    texts = _texts(visit.form)
    verb, _, place = visit.form["do"].partition(" ")
    try:
        language_tag("language", language)
        content = _arranged({**part.content, **texts}, verb, place)
        content |= _sent_images(visit, content)
        visit.run(_stored, visit, content, spread=place if verb == "spread" else None)
    except (ValueRefused, ChangedMeanwhile) as refusal:
        part = _find(visit) or _NOT_THERE
        # Files are not sent back to a browser: of images it shows what is stored.
        typed = {**part.content, **texts}
        prefix = f"{Module.LISTING.value}.{language}."
        form = given_back(visit, part, typed=typed, refusal=refusal, prefix=prefix)
        return _page(visit, part, form, status=status_of(refusal))
    return Redirect(f"/dashboard/products/{visit.path['product_id']}/listing/{language}", "saved")


def _texts(form: Form) -> dict[str, Any]:
    lines = form["search_terms"].splitlines()
    return {
        "description": form["description"],
        "youtube_url": form["youtube_url"] or None,
        "search_terms": [line.strip() for line in lines if line.strip()],
    }


def _arranged(content: dict[str, Any], verb: str, place: str) -> dict[str, Any]:
    """The content after the button: ``remove`` an image, or put a screenshot ``earlier``.

    ``place`` is that of a single image, or the key of a screenshot. What is not there is left as it is.
    """
    screenshots = list(content["screenshots"])
    if verb == "remove" and place in SINGLE_PLACES:
        return content | {place: None}
    if place not in screenshots:
        return content
    at = screenshots.index(place)
    if verb == "remove":
        del screenshots[at]
    elif verb == "earlier" and at:
        screenshots[at - 1 : at + 1] = screenshots[at], screenshots[at - 1]
    return content | {"screenshots": screenshots}


def _sent_images(visit: Visit, content: Mapping[str, Any]) -> dict[str, Any]:
    """The places that the files of the form fill. Raises `ValueRefused`, which names the place."""
    sent: dict[str, Any] = {}
    for place in SINGLE_PLACES:
        file = visit.form.file(place)
        if file is not None:
            sent[place] = _added(visit, place, file)
    further = [each for each in visit.form.files.get("screenshots", []) if each.size_bytes]
    if further:
        keys = [_added(visit, "screenshots", each) for each in further]
        sent["screenshots"] = list(dict.fromkeys([*content["screenshots"], *keys]))
    return sent


def _added(visit: Visit, place: str, file: FormFile) -> str:
    """The key of the image in a file, which is of its place's size."""
    try:
        drawn = redraw(bytes(file.content))
        check_size(place, drawn.width, drawn.height)
        stored, size = keep_image(visit.objects, drawn)
        image = visit.run(
            add_image, product_id=visit.path["product_id"], stored=stored, size=size, actor=visit.actor
        )
    except ValueRefused as refusal:
        raise ValueRefused(name=place, problem=f"“{file.name}”: {refusal.facts['problem']}") from None
    return image.object_key


def _stored(tx: Transaction, visit: Visit, content: Mapping[str, Any], *, spread: str | None) -> None:
    product_id, language = visit.path["product_id"], visit.path["language"]
    set_language(
        tx,
        product_id=product_id,
        language=language,
        content=dict(content),
        actor=visit.actor,
        if_tag=visit.form["tag"],
    )
    if spread in _PLACES:
        spread_images(tx, product_id=product_id, language=language, place=spread, actor=visit.actor)


def _file_bytes(_settings: Settings) -> int:
    return IMAGE_BYTES_LIMIT


_PATH: Final = "/products/{product_id}/listing/{language}"

PAGES: Final[tuple[Page, ...]] = (
    Page("language", "GET", _PATH, Who.VIEWER, _show),
    Page(
        "save language",
        "POST",
        _PATH,
        Who.DEVELOPER,
        _save,
        file_bytes=_file_bytes,
    ),
)
