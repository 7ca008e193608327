"""The images of a listing: drawn anew, shown, ordered, and refused beside their field."""

import re

import pytest

from openaddons.store.modules import Module
from openaddons.store.products import Product
from tests.pictures import HOSTILE, picture
from tests.stores import RunningStore
from tests.wire.conftest import new_account, new_product
from tests.wire.dashboard.conftest import Browser
from tests.wire.dashboard.forms import TEXT, beside, save, shown_value, stored, with_language

_KEY = re.compile(r"/dashboard/images/[0-9a-f-]{36}/([0-9a-f]{64}\.[0-9a-f]{8})")


def test_images_are_drawn_anew_shown_and_served_to_those_who_may_see_them(
    store: RunningStore, owner: Browser, reviewer: Browser, stranger: Browser, product: Product
) -> None:
    at = with_language(owner, product)
    save(
        owner, at, {"description": TEXT}, files={"logo": ("<b>.jpg", picture(300, 300, "JPEG"), "text/html")}
    )

    page = owner.get(at).text

    key = stored(store, product, Module.LISTING)["en"]["logo"]
    address = f"/dashboard/images/{product.id}/{key}"
    assert re.search(rf'<img class="picture" src="{address}" alt="Logo in en" width="96" height="96"', page)
    for browser in (owner, reviewer):
        answer = browser.get(address)
        assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
        assert {name: answer.headers[name] for name in ("content-type", "x-content-type-options")} == {
            "content-type": "image/png",
            "x-content-type-options": "nosniff",
        }
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["content-disposition"].startswith("inline;")
        assert answer.headers["cache-control"].startswith("private, ")
    stranger.get(address, 404)
    Browser(store).get(address, 303)
    other = new_product(store, new_account(store))
    for wrong in (f"{other.id}/{key}", f"{product.id}/{'0' * 64}.01234567", f"{product.id}/%00"):
        owner.get(f"/dashboard/images/{wrong}", 404)


def test_screenshots_are_added_ordered_and_removed_and_what_was_typed_is_saved_with_each_button(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    at = with_language(owner, product)
    colours = [(shade, 0, 0) for shade in (1, 2, 3)]
    sent = [("screenshots", ("s.png", picture(640, 480, colour=each), "image/png")) for each in colours]
    save(owner, at, {"description": "one"}, files=sent)
    first, second, third = stored(store, product, Module.LISTING)["en"]["screenshots"]

    save(owner, at, {"description": "two", "do": f"earlier {third}"})
    moved = stored(store, product, Module.LISTING)["en"]
    save(owner, at, {"description": "three", "do": f"remove {first}"})
    save(owner, at, {"description": "four", "do": f"remove {'0' * 64}.01234567"})

    assert (moved["description"], moved["screenshots"]) == ("two", [first, third, second])
    left = stored(store, product, Module.LISTING)["en"]
    assert (left["description"], left["screenshots"]) == ("four", [third, second])


def test_an_image_is_used_for_all_languages_and_removed_from_one(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    german, english = with_language(owner, product, "de"), with_language(owner, product, "en")
    logo = {"logo": ("l.png", picture(), "image/png")}
    save(owner, english, {"description": "Text."}, files=logo)

    save(owner, english, {"description": "Text.", "do": "spread logo"})
    save(owner, german, {"description": "", "do": "remove logo"})

    listing = stored(store, product, Module.LISTING)
    assert listing["en"]["logo"] is not None
    assert (listing["de"]["logo"], listing["de"]["description"]) == (None, "")
    save(owner, english, {"description": "Text.", "do": "spread logo"})
    assert stored(store, product, Module.LISTING)["de"]["logo"] == listing["en"]["logo"]


@pytest.mark.parametrize("name", [each for each in HOSTILE if each != "empty"])
def test_a_file_that_is_no_picture_is_refused_beside_its_field_and_the_text_stays(
    store: RunningStore, owner: Browser, product: Product, name: str
) -> None:
    at = with_language(owner, product)
    data, reason = HOSTILE[name]

    file = ('"><script>alert(1)</script>.png', data, "image/png")
    page = save(owner, at, {"description": "Typed."}, files={"small_tile": file}, status=400).text

    assert reason.replace("&", "&amp;")[:20] in beside(page, "small_tile")
    assert shown_value(page, "description") == "Typed."
    assert "<script>alert" not in page
    assert stored(store, product, Module.LISTING)["en"]["description"] == ""


def test_an_image_of_another_size_is_refused_with_the_size_it_must_have(
    owner: Browser, product: Product
) -> None:
    at = with_language(owner, product)

    for place, needed in (
        ("logo", "square, 128 × 128 pixels or more (300 × 300 is best)."),
        ("small_tile", "440 × 280 pixels."),
        ("large_tile", "1400 × 560 pixels."),
        ("screenshots", "640 × 480 or 1280 × 800 pixels."),
    ):
        file = {place: ("i.png", picture(441, 280), "image/png")}
        page = save(owner, at, {"description": ""}, files=file, status=400).text
        assert beside(page, place) == f"“i.png”: is 441 × 280 pixels; it must be {needed}"


def test_a_file_that_is_too_large_is_not_read_to_its_end(owner: Browser, product: Product) -> None:
    at = with_language(owner, product)

    answer = save(owner, at, {}, files={"logo": ("l.png", bytes(20_000_001), "image/png")}, status=413)

    assert "BodyTooLarge" in answer.text
