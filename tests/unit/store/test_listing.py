"""What the Listing of a draft may hold, and when it is valid."""

from typing import Any

import pytest

from openaddons.policies import Requirement
from openaddons.store.modules import (
    Module,
    PackageFacts,
    read_content,
)
from openaddons.store.validity import problems
from tests.unit.store.complete import (
    KEY,
    LANGUAGE,
    PACKAGE,
    found,
    found_in_language,
)


@pytest.mark.parametrize("count", [250, 10_000])
def test_a_description_within_its_limits_is_valid(count: int) -> None:
    assert found_in_language({"description": "d" * count}) == ()


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 characters"), (249, "249 characters"), (10_001, "10,001 characters")],
)
def test_a_description_outside_its_limits_is_a_problem(count: int, said: str) -> None:
    advice = "Write more" if count < 250 else "Shorten it"
    expected = f"Description (en): it has {said}; 250 to 10,000 are allowed. {advice}."

    assert found_in_language({"description": "d" * count}) == (expected,)
    assert found_in_language({"description": "d" * count}, require=Requirement.STORE) == (expected,)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"description": ""},
            "Description (en): it is required. Write 250 to 10,000 characters.",
        ),
        (
            {"logo": None},
            "Logo (en): it is required. Upload a square image of at least 128 by 128 pixels.",
        ),
    ],
)
def test_each_language_needs(changes: dict[str, Any], problem: str) -> None:
    assert found_in_language(changes, require=Requirement.STORE) == (problem,)
    assert found_in_language(changes) == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"screenshots": [KEY] * 7}, "Screenshots (en): there are 7; 6 are allowed. Remove some."),
        ({"search_terms": ["a"] * 8}, "Search terms (en): there are 8; at most 7 are allowed. Remove some."),
        (
            {"search_terms": ["a", "b" * 31]},
            "Search terms (en): number 2 has 31 characters; at most 30 are allowed. Shorten it.",
        ),
        (
            {"search_terms": ["a b c d"] * 5 + ["e f"]},
            "Search terms (en): they are 22 words; at most 21 are allowed in all. Remove some.",
        ),
        ({"search_terms": [" "]}, "Search terms (en): number 1 is blank. Remove it."),
        (
            {"youtube_url": "https://youtube.com.example.com/"},
            "YouTube URL (en): it is not the URL of a video. Write https://www.youtube.com/watch?v=…",
        ),
        (
            {"youtube_url": "http://["},
            "YouTube URL (en): it is not the URL of a video. Write https://www.youtube.com/watch?v=…",
        ),
    ],
)
def test_a_limit_of_the_listing_holds(changes: dict[str, Any], problem: str) -> None:
    assert found_in_language(changes) == (problem,)
    assert found_in_language(changes, require=Requirement.STORE) == (problem,)


def test_search_terms_at_their_limits_are_valid() -> None:
    assert found_in_language({"search_terms": ["a" * 30] * 7}) == ()
    assert found_in_language({"search_terms": ["a b c"] * 7}) == ()


@pytest.mark.parametrize("url", ["https://youtu.be/x", "https://youtube.com/watch?v=x"])
def test_a_video_is_on_youtube(url: str) -> None:
    assert found_in_language({"youtube_url": url}) == ()


def test_every_language_of_the_package_needs_its_listing() -> None:
    content = read_content(Module.LISTING, {"en": LANGUAGE})

    assert problems(Module.LISTING, content, package=PACKAGE, require=Requirement.STORE) == (
        "Store listing (pt-BR): the package has this language, the listing has not. Add it.",
    )


@pytest.mark.parametrize("package", [None, PackageFacts("Sample", "Text.", (), ())])
def test_a_listing_has_at_least_one_language(package: PackageFacts | None) -> None:
    assert problems(Module.LISTING, {}, package=package, require=Requirement.STORE) == (
        "Store listing: it has no language. Add at least one.",
    )


def test_the_manifest_needs_a_description() -> None:
    package = PackageFacts(name="Sample", description="", locales=(), permissions=())

    assert found(Module.LISTING, package=package, require=Requirement.STORE) == (
        "Short description: it is required. Add a description to manifest.json and upload it.",
    )


def test_a_language_is_stored_in_one_form() -> None:
    assert list(read_content(Module.LISTING, {"pt_BR": {}, "es-419": {}, "zh_Hans_CN": {}})) == [
        "pt-BR",
        "es-419",
        "zh-Hans-CN",
    ]
