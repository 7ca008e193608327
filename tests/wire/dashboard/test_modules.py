"""Availability, Properties, Privacy and the Listing: filled in, checked, and never lost to somebody else's save."""

import re
from typing import Any

import pytest

from openaddons.policies import Requirement
from openaddons.store.events import list_events
from openaddons.store.modules import Module
from openaddons.store.people.visitors import Role
from openaddons.store.products import Product
from tests.pictures import picture
from tests.stores import Account, RunningStore, make_published, make_zip
from tests.wire.conftest import OpenStore, new_account, new_product
from tests.wire.dashboard.conftest import Browser, counting_queries, sign_in
from tests.wire.dashboard.forms import TAG, TEXT, beside, path, save, shown_value, stored, with_language

# ---- Availability, Properties, Privacy


@pytest.mark.parametrize(
    ("name", "fields", "content"),
    [
        (
            "availability",
            {"visibility": "Hidden", "markets": "chosen", "countries": ["DE", "FR", "US"]},
            {"visibility": "Hidden", "markets": ["DE", "FR", "US"]},
        ),
        (
            "availability",
            {"visibility": "Public", "markets": "all"},
            {"visibility": "Public", "markets": "all"},
        ),
        (
            "properties",
            {
                "category": "Fun",
                "website_url": "",
                "support_contact": "a@example.com",
                "mature_content": "yes",
            },
            {
                "category": "Fun",
                "website_url": None,
                "support_contact": "a@example.com",
                "mature_content": True,
            },
        ),
        (
            "privacy",
            {
                "single_purpose": "It counts tabs.",
                "permission-1": "tabs",
                "justification-1": "To count them.",
                "permission-2": "storage",
                "justification-2": "",
                "data_usage": ["Location", "Web history"],
                "certifications": "yes",
                "privacy_policy_url": "https://example.com/privacy",
            },
            {
                "single_purpose": "It counts tabs.",
                "permission_justifications": {"tabs": "To count them."},
                "remote_code": False,
                "remote_code_justification": "",
                "data_usage": ["Location", "Web history"],
                "certifications": True,
                "privacy_policy_url": "https://example.com/privacy",
            },
        ),
    ],
)
def test_a_module_is_saved_as_it_was_filled_in(
    store: RunningStore,
    owner: Browser,
    product: Product,
    name: str,
    fields: dict[str, Any],
    content: dict[str, Any],
) -> None:
    answer = save(owner, path(product, name), fields)

    assert answer.headers["location"] == f"{path(product, name)}?notice=saved"
    assert stored(store, product, Module(name.upper())) == content


def test_what_was_saved_is_what_the_form_shows(owner: Browser, product: Product) -> None:
    save(
        owner, path(product, "availability"), {"visibility": "Hidden", "markets": "chosen", "countries": "DE"}
    )
    save(owner, path(product, "properties"), {"category": "Fun", "website_url": "https://example.com/?a=1&b"})
    save(owner, path(product, "privacy"), {"single_purpose": "\n<One> thing.", "data_usage": "Location"})

    availability, properties, privacy = (
        owner.get(path(product, name)).text for name in ("availability", "properties", "privacy")
    )

    assert re.findall(r'value="(\w+)" checked', availability) == ["Hidden", "chosen", "DE"]
    assert re.findall(r"<option selected>(\w+)", properties) == ["Fun"]
    assert shown_value(properties, "website_url") == "https://example.com/?a=1&amp;b"
    assert shown_value(privacy, "single_purpose") == "&lt;One&gt; thing."
    assert re.findall(r'value="(\w+)" checked', privacy) == ["Location"]


def test_what_is_saved_is_an_event_of_the_person_and_the_request(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    answer = save(owner, path(product, "properties"), {"category": "Fun"})

    (event, *_) = store.workshop.tools.database.read(list_events, product_id=product.id)
    assert (event.verb, event.facts) == ("draft.changed", {"module": "PROPERTIES"})
    assert event.actor.endswith("@example.com")
    assert event.correlation_id == answer.headers["x-correlation-id"]


@pytest.mark.parametrize(
    ("name", "fields", "field", "problem"),
    [
        (
            "availability",
            {"visibility": "Public", "markets": "chosen", "countries": "DE Germany"},
            "markets",
            "A country code of two letters is needed.",
        ),
        (
            "properties",
            {"website_url": "x" * 3000},
            "website_url",
            "At most 2,048 characters can be stored.",
        ),
        (
            "privacy",
            {"single_purpose": "a\x07b"},
            "single_purpose",
            "It holds control characters. Remove them.",
        ),
        (
            "privacy",
            {"permission-1": "tabs", "justification-1": "j" * 10_001},
            "permission_justifications.tabs",
            "",
        ),
    ],
)
def test_what_cannot_be_stored_is_given_back_with_the_problem_beside_its_field(
    store: RunningStore,
    owner: Browser,
    product: Product,
    name: str,
    fields: dict[str, Any],
    field: str,
    problem: str,
) -> None:
    before = stored(store, product, Module(name.upper()))

    page = save(owner, path(product, name), fields, status=400).text

    assert beside(page, field) == problem
    assert next(reversed(fields.values())).split()[-1] in page
    assert stored(store, product, Module(name.upper())) == before


def test_what_is_wrong_with_a_module_stands_beside_each_field(owner: Browser, product: Product) -> None:
    fields = {"website_url": "example", "support_contact": "nobody", "category": "Unheard of"}
    save(owner, path(product, "properties"), fields)

    page = owner.get(path(product, "properties")).text

    assert beside(page, "website_url") == "It is not a web address. Write it whole, with https://."
    assert beside(page, "support_contact").startswith("It is neither a URL nor an e-mail address.")
    assert beside(page, "category").startswith("Unheard of is not a category of this store.")
    assert '<span class="tag warn">not valid</span>' in page


def test_what_somebody_else_has_saved_meanwhile_is_not_lost_and_what_was_typed_neither(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    at = path(product, "privacy")
    colleague = sign_in(store, account=account, role=Role.DEVELOPER)
    seen = TAG.findall(owner.get(at).text)[0]
    save(colleague, at, {"single_purpose": "Theirs <b>.", "remote_code_justification": "Same."})

    mine = {"single_purpose": "Mine.", "remote_code_justification": "Same."}
    page = save(owner, at, mine, tag=seen, status=409).text

    assert "Somebody else has saved this since you opened it." in page
    assert shown_value(page, "single_purpose") == "Mine."
    assert page.count("Saved meanwhile:") == 1
    assert "Saved meanwhile: <bdi>Theirs &lt;b&gt;.</bdi>" in page
    assert stored(store, product, Module.PRIVACY)["single_purpose"] == "Theirs <b>."
    save(owner, at, mine, tag=TAG.findall(page)[0])
    assert stored(store, product, Module.PRIVACY)["single_purpose"] == "Mine."


def test_a_save_of_another_module_is_no_conflict(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    seen = TAG.findall(owner.get(path(product, "privacy")).text)[0]
    save(owner, path(product, "properties"), {"category": "Fun"})

    save(owner, path(product, "privacy"), {"single_purpose": "One."}, tag=seen)

    assert stored(store, product, Module.PRIVACY)["single_purpose"] == "One."


def test_each_permission_is_asked_about_and_new_ones_are_marked(
    store: RunningStore, account: Account, owner: Browser
) -> None:
    product = make_published(store.workshop, account, make_zip(permissions=["storage"]))
    upload = store.upload(account, product.id, make_zip("1.1.0", permissions=["storage", "tabs"]))
    assert store.status(account, product.id, upload, kind="upload")["status"] == "Succeeded"
    old = {"permission-1": "storage", "justification-1": "To keep.", "permission-2": "gone"}
    save(owner, path(product, "privacy"), old | {"justification-2": "It was needed."})

    page = owner.get(path(product, "privacy")).text

    asked = re.findall(r"<label for=\"justification-\d\"><code><bdi>(\w+)</bdi></code>(.*?)</label>", page)
    assert asked == [
        ("storage", ""),
        ("tabs", ' <span class="tag warn">new</span>'),
        ("gone", ' <span class="tag plain">no longer asked for</span>'),
    ]
    assert "Browsers tell users: “<bdi>Read your browsing history</bdi>”." in page
    assert shown_value(page, "justification-1") == "To keep."


def test_where_everything_is_required_each_field_says_so(open_own_store: OpenStore) -> None:
    with open_own_store(required_fields=Requirement.STORE) as store:
        account = new_account(store)
        browser, product = sign_in(store, account=account), new_product(store, account)
        upload = store.upload(account, product.id, make_zip(permissions=["tabs"]))
        store.status(account, product.id, upload, kind="upload")
        save(
            browser,
            path(product, "listing/en"),
            {"description": ""},
            page=path(product, "listing"),
            tag="x" * 16,
            status=409,
        )

        privacy = browser.get(path(product, "privacy")).text
        properties = browser.get(path(product, "properties")).text

    assert beside(properties, "category") == "It is required. Choose one."
    assert beside(privacy, "single_purpose").startswith("It is required. Describe")
    assert beside(privacy, "justification-1") == "It is required. Say why the add-on needs it."
    assert beside(privacy, "certifications").startswith("They are required.")


# ---- the languages of a listing


def test_a_listing_without_a_language_says_what_to_do(owner: Browser, product: Product) -> None:
    page = owner.get(path(product, "listing")).text

    assert "No language yet" in page
    assert "there is no package yet" in page


def test_languages_of_the_package_are_proposed_until_the_listing_has_them(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    locale = b'{"name": {"message": "Sample"}}'
    files = {f"_locales/{each}/messages.json": locale for each in ("en", "pt_BR")}
    package = make_zip(name="__MSG_name__", default_locale="en", files=files)
    upload = store.upload(account, product.id, package)
    assert store.status(account, product.id, upload, kind="upload")["status"] == "Succeeded"
    with_language(owner, product, "en")

    page = owner.get(path(product, "listing")).text
    with_language(owner, product, "pt-BR")

    assert re.findall(r'name="language" value="([^"]+)">Add', page) == ["pt-BR"]
    assert "Add pt-BR" not in owner.get(path(product, "listing")).text
    assert list(stored(store, product, Module.LISTING)) == ["en", "pt-BR"]


@pytest.mark.parametrize("given", ["", "x", "no language", "en\x00", "<script>", "../../keys"])
def test_what_is_no_language_is_given_back(owner: Browser, product: Product, given: str) -> None:
    page = owner.send(path(product, "listing"), {"language": given}, status=400).text

    assert "is not a language. Write it as in pt-BR." in beside(page, "language")
    assert "<script>&lt;" not in page
    assert given == "" or "<script>alert" not in page


def test_a_language_is_removed(store: RunningStore, owner: Browser, product: Product) -> None:
    at = with_language(owner, product, "de")

    answer = owner.send(f"{at}/remove", page=at)

    assert answer.headers["location"] == f"{path(product, 'listing')}?notice=language-removed"
    assert stored(store, product, Module.LISTING) == {}
    owner.get(at, 404)


def test_the_texts_of_a_language_are_saved_and_judged(
    store: RunningStore, owner: Browser, product: Product
) -> None:
    at = with_language(owner, product)
    save(owner, at, {"description": TEXT, "search_terms": " tabs \r\n\r\ncounting tabs", "youtube_url": ""})
    content = stored(store, product, Module.LISTING)["en"]
    save(
        owner,
        at,
        {"description": "</textarea><script>alert(1)</script>", "youtube_url": "https://example.com"},
    )

    page = owner.get(at).text

    assert (content["description"], content["search_terms"]) == (TEXT.strip(), ["tabs", "counting tabs"])
    assert "<script>alert" not in page
    assert beside(page, "description").startswith("It has 36 characters; 250 to 10,000 are allowed.")
    assert beside(page, "youtube_url").startswith("It is not the URL of a video.")
    assert "36 </span>of 250 to 10,000 characters" in page
    row = owner.get(path(product, "listing")).text
    assert "2 to mend" in row


# ---- who may, and how often the database is asked


PAGES = ("availability", "properties", "privacy", "listing", "listing/en")


def test_a_viewer_sees_the_modules_and_changes_none(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    with_language(owner, product)
    viewer = sign_in(store, account=account, role=Role.VIEWER)

    for name in PAGES:
        page = viewer.get(path(product, name)).text
        assert "<fieldset" not in page or " disabled>" in page
        assert 'value="save"' not in page
        viewer.send(path(product, name), {"tag": "x"}, page=path(product, name), status=403)


def test_somebody_elses_modules_are_not_there(
    store: RunningStore, owner: Browser, stranger: Browser, reviewer: Browser, product: Product
) -> None:
    with_language(owner, product)

    for name in PAGES:
        stranger.get(path(product, name), 404)
        reviewer.get(path(product, name), 404)
        Browser(store).get(path(product, name), 303)


def test_pages_ask_as_often_for_many_languages_images_and_permissions_as_for_few(
    store: RunningStore, account: Account, owner: Browser, product: Product
) -> None:
    few = new_product(store, account)
    with_language(owner, few)
    for number, language in enumerate(("en", "de", "fr", "es", "it")):
        at = with_language(owner, product, language)
        shots = [
            ("screenshots", ("s.png", picture(640, 480, colour=(number, shade, 0)), "image/png"))
            for shade in range(3)
        ]
        save(owner, at, {"description": TEXT}, files=shots)
    upload = store.upload(account, product.id, make_zip(permissions=["tabs", "storage", "history"]))
    assert store.status(account, product.id, upload, kind="upload")["status"] == "Succeeded"
    upload = store.upload(account, few.id, make_zip())
    assert store.status(account, few.id, upload, kind="upload")["status"] == "Succeeded"

    for name in PAGES:
        asked = []
        for each in (few, product):
            with counting_queries(store) as statements:
                owner.get(path(each, name))
            asked.append(len(statements))
        assert asked[0] == asked[1], name
        assert asked[0] <= 12, name
