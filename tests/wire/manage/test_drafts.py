"""The content of modules, the languages of a listing, and its images, by the management API."""

from typing import Any

import pytest

from openaddons.store.products import Product
from openaddons.work.images import IMAGE_BYTES_LIMIT
from tests.pictures import HOSTILE, picture
from tests.stores import Account, RunningStore
from tests.wire.conftest import new_product
from tests.wire.manage.asking import ask, refused, told

TEXT = "It counts tabs. " * 20


def path(product: Product, rest: str = "") -> str:
    return f"/products/{product.id}/draft{rest}"


def module(store: RunningStore, account: Account, product: Product, name: str) -> Any:
    modules = told(store, "GET", path(product), account)["modules"]
    return next(each for each in modules if each["name"] == name)


def put(store: RunningStore, account: Account, product: Product, rest: str, content: Any, **more: Any) -> Any:
    return ask(store, "PUT", path(product, rest), account, json={"content": content} | more)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("AVAILABILITY", {"visibility": "Hidden", "markets": ["DE"]}),
        ("PROPERTIES", {"category": "Fun", "mature_content": True}),
        ("PRIVACY", {"permission_justifications": {"tabs": "To count them."}}),
    ],
)
def test_a_module_is_replaced_as_a_whole(
    store: RunningStore, account: Account, product: Product, name: str, content: dict[str, Any]
) -> None:
    before = module(store, account, product, name)

    answer = put(store, account, product, f"/{name.lower()}", content).json()

    assert answer == module(store, account, product, name)
    assert answer["content"] == before["content"] | content
    assert answer["tag"] != before["tag"]
    assert put(store, account, product, f"/{name.lower()}", {}).json() == before


def test_a_content_outside_the_limits_is_kept_and_told(
    store: RunningStore, account: Account, product: Product
) -> None:
    answer = put(store, account, product, "/availability", {"markets": ["XX"]}).json()

    problem = "Markets: XX is not an ISO 3166 country code. Remove or correct it."
    assert (answer["valid"], answer["problems"]) == (False, [problem])


@pytest.mark.parametrize(
    ("rest", "body", "detail"),
    [
        ("/privacy", {}, "content: it is required."),
        ("/privacy", {"content": []}, "PRIVACY: a JSON object is needed."),
        (
            "/privacy",
            {"content": {"typo": 1}},
            "PRIVACY: 'typo' is not a field. Fields are single_purpose, permission_justifications, ",
        ),
        (
            "/availability",
            {"content": {"markets": [1]}},
            "AVAILABILITY.markets[0]: a country code of two letters",
        ),
        ("/listing/en", {"content": {"logo": "x"}}, "LISTING.en.logo: the key of a stored image is needed."),
        ("/listing/en", {"content": None}, "content: it is required."),
        ("/listing/..", {"content": {}}, None),
        ("/listing/a%00b", {"content": {}}, "language: 'a\\x00b' is not a language. Write it as in pt-BR."),
        (
            "/listing/en",
            {"content": {"logo": f"{'0' * 64}.01234567"}},
            "logo (en): names no image of this product. Add it first.",
        ),
    ],
)
def test_a_malformed_content_is_refused(
    store: RunningStore, account: Account, product: Product, rest: str, body: Any, detail: str | None
) -> None:
    answer = ask(store, "PUT", path(product, rest), account, json=body)

    if detail is None:
        assert answer.status_code in {404, 405}
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "ValueRefused")
        assert answer.json()["detail"].startswith(detail)


def test_what_was_changed_meanwhile_is_not_replaced(
    store: RunningStore, account: Account, product: Product
) -> None:
    seen = module(store, account, product, "PRIVACY")["tag"]
    put(store, account, product, "/properties", {"category": "Fun"})
    first = put(store, account, product, "/privacy", {"single_purpose": "mine"}, ifTag=seen)

    second = put(store, account, product, "/privacy", {"single_purpose": "theirs"}, ifTag=seen)
    again = put(store, account, product, "/privacy", {"single_purpose": "mine"}, ifTag=seen)

    message = "The module PRIVACY was changed meanwhile. Look at it again, and send what is still right."
    refused(second, 409, "ChangedMeanwhile", message)
    assert (first.status_code, again.status_code) == (200, 200)
    assert module(store, account, product, "PRIVACY") == first.json()


def test_a_listing_is_written_language_by_language(
    store: RunningStore, account: Account, product: Product
) -> None:
    english = put(store, account, product, "/listing/en", {"description": TEXT}).json()
    put(store, account, product, "/listing/pt_BR", {"description": "curto"})

    assert told(store, "GET", path(product, "/listing/en"), account) == english
    assert (english["language"], english["valid"], english["content"]["description"]) == ("en", True, TEXT)
    brazilian = told(store, "GET", path(product, "/listing/pt-BR"), account)
    assert (brazilian["valid"], len(brazilian["problems"])) == (False, 1)
    assert list(module(store, account, product, "LISTING")["content"]) == ["en", "pt-BR"]
    refused(
        put(store, account, product, "/listing/pt-BR", {"description": TEXT}, ifTag=english["tag"]),
        409,
        "ChangedMeanwhile",
        "The listing in pt-BR was changed meanwhile. Look at it again, and send what is still right.",
    )


def test_a_language_is_removed_and_removing_again_changes_nothing(
    store: RunningStore, account: Account, product: Product
) -> None:
    put(store, account, product, "/listing/en", {"description": TEXT})

    for _ in range(2):
        assert ask(store, "DELETE", path(product, "/listing/en"), account).status_code == 204

    refused(ask(store, "GET", path(product, "/listing/en"), account), 404, "NotFound", "Resource not found.")
    assert module(store, account, product, "LISTING")["content"] == {}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WebP"])
def test_an_image_is_added_and_named_by_the_listing(
    store: RunningStore, account: Account, product: Product, form: str
) -> None:
    sent = {"content": picture(640, 480, form)}
    answer = ask(store, "POST", path(product, "/images"), account, **sent)

    image = answer.json()
    assert answer.status_code == 201
    assert (image["width"], image["height"], image["key"][:64]) == (640, 480, image["sha256"])
    assert ask(store, "POST", path(product, "/images"), account, **sent).json() == image
    listed = put(store, account, product, "/listing/en", {"screenshots": [image["key"]]})
    assert listed.json()["content"]["screenshots"] == [image["key"]]


def test_an_image_is_in_no_place_that_its_size_does_not_fit_and_in_no_other_products_listing(
    store: RunningStore, account: Account, product: Product
) -> None:
    key = told(store, "POST", path(product, "/images"), account, content=picture(300, 200))["key"]
    other = new_product(store, account)

    for each, detail in (
        (
            product,
            "logo (en): is 300 × 200 pixels; it must be square, 128 × 128 pixels or more (300 × 300 is best).",
        ),
        (other, "logo (en): names no image of this product. Add it first."),
    ):
        refused(put(store, account, each, "/listing/en", {"logo": key}), 400, "ValueRefused", detail)


@pytest.mark.parametrize("name", [each for each in HOSTILE if each != "large"])
def test_what_is_no_picture_is_refused(
    store: RunningStore, account: Account, product: Product, name: str
) -> None:
    data, reason = HOSTILE[name]

    answer = ask(store, "POST", path(product, "/images"), account, content=data)

    assert (answer.status_code, answer.json()["code"]) == (400, "ValueRefused")
    assert answer.json()["detail"].startswith(f"image: {reason}")


def test_an_image_that_is_too_large_is_refused_before_it_is_looked_at(
    store: RunningStore, account: Account, product: Product
) -> None:
    answer = ask(store, "POST", path(product, "/images"), account, content=bytes(IMAGE_BYTES_LIMIT + 1))

    message = "The request body is larger than the limit of 5000000 bytes. Send a smaller one."
    refused(answer, 413, "BodyTooLarge", message)
