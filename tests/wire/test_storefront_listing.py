"""What a release's listing shows people: the text of their language, its images and its icon."""

from typing import Any

import pytest

from openaddons.store.drafts import set_module
from openaddons.store.images import add_image
from openaddons.store.modules import Module
from openaddons.store.products import Product
from openaddons.work.images import keep_image, redraw
from tests.pictures import picture
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.unit.packages.pictures import png
from tests.wire.storefront import Page, counted, page, questions, update


def test_the_listing_in_the_default_language_comes_before_the_manifest(
    store: RunningStore, account: Account, published: Product
) -> None:
    text = "A long text about the add-on. " * 10
    store.workshop.tools.database.run(
        set_module,
        product_id=published.id,
        module=Module.LISTING,
        content={"de": {"description": "Ein langer Text. " * 20}, "en": {"description": text}},
        actor="test",
    )
    assert "A sample." in page(store, f"/addons/{published.crx_id}").text
    update(store, account, published, make_zip("1.1.0"), "1.1.0")

    shown = page(store, f"/addons/{published.crx_id}").text

    assert text.strip() in shown
    assert "Ein langer Text" not in shown


def with_listing(store: RunningStore, account: Account, product: Product, listing: dict[str, Any]) -> None:
    """Bring a version into the store with this listing; a language's screenshots are given as colours."""
    tools = store.workshop.tools
    content = {}
    for language, (text, colours) in listing.items():
        keys = []
        for colour in colours:
            stored, size = keep_image(tools.objects, redraw(picture(640, 480, colour=colour)))
            added = tools.database.run(
                add_image, product_id=product.id, stored=stored, size=size, actor="test"
            )
            keys.append(added.object_key)
        content[language] = {"description": text, "screenshots": keys}
    tools.database.run(
        set_module, product_id=product.id, module=Module.LISTING, content=content, actor="test"
    )
    update(store, account, product, make_zip("1.1.0"), "1.1.0")


def test_the_listing_is_shown_in_the_visitors_language(
    store: RunningStore, account: Account, published: Product
) -> None:
    words = {"de": "Deutsch. ", "pt-BR": "Português. ", "en": "English. ", "ja": ""}
    with_listing(store, account, published, {each: (word * 40, []) for each, word in words.items()})
    expected = {
        "": "en",
        "fr": "en",
        "de": "de",
        "DE-at, en;q=0.9": "de",
        "en;q=0.5, de;q=0.9": "de",
        "de;q=0, en": "en",
        "pt-PT": "pt-BR",
        "fr, pt": "pt-BR",
        "ja": "en",
        "*": "en",
        ";;;,,q=1;de;\x80,fr" + ",fr" * 100 + ",de": "en",
        "x" * 1000 + ",de;q=0.1": "de",
    }

    shown = {}
    for accepted in expected:
        answer = store.http.get(
            f"/addons/{published.crx_id}", headers={b"Accept-Language": accepted.encode("latin-1")}
        )
        assert answer.headers["vary"] == "accept-language"
        shown[accepted] = [each for each, word in words.items() if word and word in answer.text]
        assert f'lang="{shown[accepted][0]}">{words[shown[accepted][0]]}' in answer.text

    assert shown == {accepted: [language] for accepted, language in expected.items()}


def test_screenshots_are_those_of_the_language_and_served_to_be_kept(
    store: RunningStore, account: Account, published: Product
) -> None:
    listing = {
        "en": ("English. " * 40, [(1, 1, 1), (2, 2, 2)]),
        "de": ("Deutsch. " * 40, [(3, 3, 3)]),
        "fr": ("Français. " * 40, []),
    }
    with_listing(store, account, published, listing)

    def shots(language: str) -> list[str]:
        with counted(store) as statements:
            answer = store.http.get(f"/addons/{published.crx_id}", headers={"Accept-Language": language})
        assert questions(statements) <= 5
        return [each for each in Page(answer.text).addresses() if "/screenshots/" in each][::2]

    english, german = shots("en"), shots("de")

    assert (len(english), len(german), shots("fr")) == (2, 1, english)
    answer = store.http.get(german[0])
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_an_image_that_the_release_does_not_show_is_not_served(
    store: RunningStore, account: Account, published: Product
) -> None:
    with_listing(store, account, published, {"en": ("English. " * 40, [(1, 1, 1)])})
    tools = store.workshop.tools
    stored, size = keep_image(tools.objects, redraw(picture(640, 480, colour=(9, 9, 9))))
    tools.database.run(add_image, product_id=published.id, stored=stored, size=size, actor="test")

    for key in (stored.key, "0" * 64 + ".01234567", "x", "%00"):
        assert store.http.get(f"/addons/{published.crx_id}/screenshots/{key}").status_code == 404


@pytest.mark.parametrize("with_icon", [True, False])
def test_an_icon_is_served_as_what_it_is_and_can_be_kept(
    store: RunningStore, account: Account, with_icon: bool
) -> None:
    keys: dict[str, Any] = {"icons": {"128": "i.png"}, "files": {"i.png": png()}} if with_icon else {}
    product = make_published(store.workshop, account, make_zip(**keys))
    (address,) = {each for each in page(store, f"/addons/{product.crx_id}").addresses() if "/icon" in each}

    answer = store.http.get(address)

    assert answer.headers["content-type"] == ("image/png" if with_icon else "image/svg+xml")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert not with_icon or answer.content == png()
    other = store.http.get(f"/addons/{product.crx_id}/icon?v=other")
    assert other.headers["cache-control"] == "public, no-cache"
