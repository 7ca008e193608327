"""What a draft's modules may hold, and when they are valid."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.errors import ValueRefused
from openaddons.policies import Requirement
from openaddons.store.countries import COUNTRIES
from openaddons.store.modules import (
    CATEGORIES,
    DATA_USAGE,
    Module,
    PackageFacts,
    content_schema,
    read_content,
    read_language,
    starting_content,
)
from openaddons.store.validity import Problem, problems
from tests.unit.store.complete import (
    COMPLETE,
    CONTENT_MODULES,
    KEY,
    LANGUAGE,
    PACKAGE,
    found,
)

# ---- both levels


@pytest.mark.parametrize("require", Requirement)
@pytest.mark.parametrize("module", CONTENT_MODULES)
def test_a_complete_module_is_valid(module: Module, require: Requirement) -> None:
    assert found(module, require=require) == ()


@pytest.mark.parametrize("module", CONTENT_MODULES)
def test_a_complete_module_is_stored_as_it_is(module: Module) -> None:
    assert read_content(module, COMPLETE[module]) == COMPLETE[module]


@pytest.mark.parametrize("module", CONTENT_MODULES)
def test_a_store_of_ones_own_asks_for_nothing_but_a_package(module: Module) -> None:
    assert problems(module, starting_content(module), package=PACKAGE, require=Requirement.PACKAGE) == ()


def test_microsofts_store_asks_for_its_required_fields() -> None:
    asked = {
        module: [
            problem.split(":")[0]
            for problem in problems(
                module, starting_content(module), package=PACKAGE, require=Requirement.STORE
            )
        ]
        for module in CONTENT_MODULES
    }

    assert asked == {
        Module.AVAILABILITY: [],
        Module.PROPERTIES: ["Category"],
        Module.PRIVACY: [
            "Single purpose",
            "Permission justification (tabs)",
            "Permission justification (storage)",
            "Certifications",
        ],
        Module.LISTING: ["Store listing (en)", "Store listing (pt-BR)"],
    }


@pytest.mark.parametrize("require", Requirement)
def test_a_draft_without_a_package_is_never_valid(require: Requirement) -> None:
    assert problems(Module.PACKAGES, {}, package=None, require=require) == (
        "Package: there is none. Upload the extension as a .zip file.",
    )
    assert problems(Module.PACKAGES, {"version": "1.0"}, package=PACKAGE, require=require) == ()


def test_the_modules_are_named_and_ordered_as_in_partner_center() -> None:
    assert [str(module) for module in Module] == [
        "PACKAGES",
        "AVAILABILITY",
        "PROPERTIES",
        "PRIVACY",
        "LISTING",
    ]


def test_content_stored_before_a_field_was_known_is_read_with_its_default() -> None:
    assert problems(Module.PRIVACY, {}, package=PACKAGE, require=Requirement.PACKAGE) == ()
    assert problems(Module.LISTING, {"en": {}}, package=PACKAGE, require=Requirement.PACKAGE) == ()


# ---- Availability


def test_a_new_add_on_is_public_everywhere() -> None:
    assert starting_content(Module.AVAILABILITY) == {"visibility": "Public", "markets": "all"}


def test_no_market_at_all_is_a_problem() -> None:
    assert found(Module.AVAILABILITY, {"markets": []}) == (
        "Markets: none is chosen, so nobody could get the add-on. Choose one or more, or all.",
    )


def test_a_market_is_a_country() -> None:
    assert found(Module.AVAILABILITY, {"markets": ["XX"]}) == (
        "Markets: XX is not an ISO 3166 country code. Remove or correct it.",
    )
    assert len(COUNTRIES) == 249


def test_markets_are_folded_and_each_is_kept_once() -> None:
    assert read_content(Module.AVAILABILITY, {"markets": ["de", "US", "DE"]})["markets"] == ["DE", "US"]


# ---- Properties


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_can_be_chosen(category: str) -> None:
    assert found(Module.PROPERTIES, {"category": category}) == ()


def test_another_category_is_a_problem() -> None:
    [problem] = found(Module.PROPERTIES, {"category": "Cooking"})

    assert problem.startswith(
        "Category: Cooking is not a category of this store. Choose one of Accessibility, "
    )


BAD_URLS = [
    "example.com",
    "javascript:alert(1)",
    "https://",
    "http://[",
    "https://a b/",
    "ftp://example.com/",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_web_address_is_whole(url: str) -> None:
    advice = "it is not a web address. Write it whole, with https://."

    assert found(Module.PROPERTIES, {"website_url": url}) == (f"Website URL: {advice}",)
    assert found(Module.PRIVACY, {"privacy_policy_url": url}) == (f"Privacy policy URL: {advice}",)


@pytest.mark.parametrize("contact", ["https://example.com/help", "a.b+c@mail.example.com"])
def test_support_is_a_url_or_an_address(contact: str) -> None:
    assert found(Module.PROPERTIES, {"support_contact": contact}) == ()


@pytest.mark.parametrize("contact", [*BAD_URLS, "me", "me@", "me@host", "a b@example.com"])
def test_any_other_support_contact_is_a_problem(contact: str) -> None:
    assert found(Module.PROPERTIES, {"support_contact": contact}) == (
        "Support contact: it is neither a URL nor an e-mail address. Write it as one of them.",
    )


def test_a_blank_field_of_a_form_is_no_value() -> None:
    assert read_content(Module.PROPERTIES, {"category": "", "website_url": ""}) == starting_content(
        Module.PROPERTIES
    )


# ---- Privacy


def test_every_permission_needs_its_justification() -> None:
    [problem] = found(
        Module.PRIVACY,
        {"permission_justifications": {"tabs": "To list them.", "storage": "  "}},
        require=Requirement.STORE,
    )

    assert problem == "Permission justification (storage): it is required. Say why the add-on needs it."


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"single_purpose": " "},
            "Single purpose: it is required. Describe the one thing that the add-on is for.",
        ),
        (
            {"remote_code_justification": ""},
            "Remote code justification: it is required with remote code. Say why it cannot be packaged.",
        ),
        (
            {"certifications": False},
            "Certifications: they are required. Certify that the disclosures on data usage hold.",
        ),
        (
            {"privacy_policy_url": None},
            "Privacy policy URL: it is required where personal data is collected. Give the policy's URL.",
        ),
    ],
)
def test_microsofts_store_requires(changes: dict[str, Any], problem: str) -> None:
    assert found(Module.PRIVACY, changes, require=Requirement.STORE) == (problem,)
    assert found(Module.PRIVACY, changes) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"remote_code": False, "remote_code_justification": ""},
        {"data_usage": [], "privacy_policy_url": None},
        {"permission_justifications": COMPLETE[Module.PRIVACY]["permission_justifications"] | {"old": "x"}},
    ],
    ids=["no remote code", "nothing collected", "a permission that was dropped"],
)
def test_what_does_not_apply_is_not_required(changes: dict[str, Any]) -> None:
    assert found(Module.PRIVACY, changes, require=Requirement.STORE) == ()


def test_data_usage_is_chosen_from_a_list() -> None:
    assert found(Module.PRIVACY, {"data_usage": list(DATA_USAGE)}) == ()
    [problem] = found(Module.PRIVACY, {"data_usage": ["Shoe size"]})
    assert problem.startswith("Data usage: Shoe size is not known. Choose from Personally identifiable ")


# ---- malformed


@pytest.mark.parametrize(
    ("module", "value", "message"),
    [
        (Module.PACKAGES, {}, "PACKAGES: it is set by uploading a package."),
        (Module.AVAILABILITY, [], "AVAILABILITY: a JSON object is needed."),
        (
            Module.AVAILABILITY,
            {"visibility": "hidden"},
            "AVAILABILITY.visibility: one of Public, Hidden is needed.",
        ),
        (
            Module.AVAILABILITY,
            {"markets": "DE"},
            'AVAILABILITY.markets: "all" or a list of country codes is needed.',
        ),
        (
            Module.AVAILABILITY,
            {"markets": ["DEU"]},
            "AVAILABILITY.markets[0]: a country code of two letters is needed.",
        ),
        (
            Module.AVAILABILITY,
            {"markets": ["DE"] * 301},
            "AVAILABILITY.markets: at most 300 entries can be stored.",
        ),
        (Module.PROPERTIES, {"category": 1}, "PROPERTIES.category: a text is needed."),
        (Module.PROPERTIES, {"mature_content": 1}, "PROPERTIES.mature_content: true or false is needed."),
        (
            Module.PROPERTIES,
            {"website_url": "h" * 2049},
            "PROPERTIES.website_url: at most 2,048 characters can be stored.",
        ),
        (
            Module.PROPERTIES,
            {"Kategorie": None},
            (
                "PROPERTIES: 'Kategorie' is not a field. "
                "Fields are category, website_url, support_contact, mature_content."
            ),
        ),
        (
            Module.PRIVACY,
            {"single_purpose": "\0"},
            "PRIVACY.single_purpose: it holds control characters. Remove them.",
        ),
        (
            Module.PRIVACY,
            {"single_purpose": "\ud800"},
            "PRIVACY.single_purpose: it holds control characters. Remove them.",
        ),
        (
            Module.PRIVACY,
            {"permission_justifications": {"tabs": None}},
            "PRIVACY.permission_justifications.tabs: a text is needed.",
        ),
        (Module.PRIVACY, {"data_usage": "Location"}, "PRIVACY.data_usage: a list is needed."),
        (Module.LISTING, {"../en": {}}, "LISTING: '../en' is not a language. Write it as in pt-BR."),
        (Module.LISTING, {"pt_BR": {}, "pt-BR": {}}, "LISTING: pt-BR is there twice."),
        (Module.LISTING, {"en": {"logo": "../x"}}, "LISTING.en.logo: the key of a stored image is needed."),
        (
            Module.LISTING,
            {"en": {"description": "d" * 20_001}},
            "LISTING.en.description: at most 20,000 characters can be stored.",
        ),
        (
            Module.LISTING,
            {"en": {"screenshots": [KEY, 5]}},
            "LISTING.en.screenshots[1]: the key of a stored image is needed.",
        ),
        (
            Module.LISTING,
            {f"en-a{number:03}": {} for number in range(101)},
            "LISTING: at most 100 entries can be stored.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and ": " in value else "",
)
def test_malformed_content_is_refused_by_its_name(module: Module, value: object, message: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_content(module, value)

    assert refused.value.message == message


# ---- anything at all

FIELDS = sorted({field for content in COMPLETE.values() for field in content} | set(LANGUAGE))
TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(["all", "Public", "en", "https://[", KEY, *FIELDS]))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=8),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), TEXTS), inner, max_size=8),
    ),
    max_leaves=12,
)


def near_misses(module: Module) -> st.SearchStrategy[Any]:
    """The complete content with some fields replaced by anything."""
    fields = LANGUAGE if module is Module.LISTING else COMPLETE[module]
    changed = st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(JSON, TEXTS, st.lists(TEXTS), st.just(value)) for name, value in fields.items()
        },
    )
    return st.dictionaries(TEXTS, changed, max_size=3) if module is Module.LISTING else changed


@settings(deadline=None)
@given(data=st.data(), module=st.sampled_from(Module), require=st.sampled_from(Requirement))
def test_anything_is_either_refused_or_judged(
    data: st.DataObject, module: Module, require: Requirement
) -> None:
    choices = [JSON] if module is Module.PACKAGES else [JSON, near_misses(module)]
    value = data.draw(st.one_of(choices))
    try:
        content = read_content(module, value)
    except ValueRefused:
        return

    for package in (None, PACKAGE):
        assert all(": " in problem for problem in problems(module, content, package=package, require=require))
    assert read_content(module, content) == content


# ---- where a problem is


def test_a_problem_knows_its_field_and_entry() -> None:
    strict = Requirement.STORE
    privacy = found(Module.PRIVACY, {"permission_justifications": {"tabs": "why"}}, require=strict)
    listing = found(Module.LISTING, {"de": LANGUAGE | {"description": "short"}})
    missing = problems(Module.LISTING, {}, package=PACKAGE, require=strict)

    assert [(each.field, each.entry) for each in privacy] == [("permission_justifications", "storage")]
    assert [(each.field, each.entry) for each in listing] == [("description", "de")]
    assert [(each.field, each.entry) for each in missing] == [("", "en"), ("", "pt-BR")]


@pytest.mark.parametrize("module", CONTENT_MODULES)
def test_every_problem_of_an_empty_module_names_a_field_of_it(module: Module) -> None:
    content: dict[str, Any] = {"en": {}} if module is Module.LISTING else {}
    package = PackageFacts(name="Sample", description="Text.", locales=(), permissions=("tabs",))

    faults = problems(module, read_content(module, content), package=package, require=Requirement.STORE)

    assert {each.field for each in faults} <= set(content_schema(module)["properties"])
    assert all(isinstance(each, Problem) for each in faults)


@pytest.mark.parametrize("module", CONTENT_MODULES)
def test_the_schema_describes_what_is_read(module: Module) -> None:
    valid = jsonschema_rs.validator_for(dict(content_schema(module))).is_valid
    content = LANGUAGE if module is Module.LISTING else COMPLETE[module]
    empty = starting_content(module) if module is not Module.LISTING else read_language({})
    good: list[Any] = [content, empty, {}]
    bad: list[Any] = [[], content | {"typo": 1}, dict.fromkeys(content, 1)]

    assert [valid(each) for each in good + bad] == [True] * 3 + [False] * 3
