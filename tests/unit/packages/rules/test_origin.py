from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, report_on

GROUP = {
    "KeyNotAllowed",
    "InvalidKey",
    "UpdateUrlNotAllowed",
    "InvalidUpdateUrl",
    "MinimumChromeVersion",
    "MinimumChromeVersionTooHigh",
    "MinimumChromeVersionTooLow",
}


def broken(keys: dict[str, Any]) -> set[str]:
    return codes(keys) & GROUP


@pytest.mark.parametrize(
    "value", ["AAAA", "AA==", "AB==", "-----BEGIN PUBLIC KEY-----\nAAAA\r\n  AAAA\n-----END PUBLIC KEY-----"]
)
def test_a_key_is_not_allowed(value: str) -> None:
    assert broken({"key": value}) == {"KeyNotAllowed"}


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, {}, "", "AAA", "AAAA=", "AAA-", " AAAA", "AAAA\n", "é", "A" * 102_404),
        *("-----BEGIN x", "-----BEGIN KEY-----\n\n-----END", "-----BEGIN KEY----- AAAA -----END"),
    ],
)
def test_a_key_that_is_none_is_told_so(value: Any) -> None:
    assert broken({"key": value}) == {"InvalidKey"}


@pytest.mark.parametrize("value", ["https://example.com/updates.xml", "foo:bar", " http:a "])
def test_an_update_url_is_not_allowed(value: str) -> None:
    assert broken({"update_url": value}) == {"UpdateUrlNotAllowed"}


@pytest.mark.parametrize("value", [None, 1, "", "example.com", "http://", "http://a:99999/", "https://a/#b"])
def test_an_update_url_that_is_none_is_told_so(value: Any) -> None:
    assert broken({"update_url": value}) == {"InvalidUpdateUrl"}


@pytest.mark.parametrize("value", ["88", "88.0", "110.0.5000.007", "156", "100.1.2.3.4.4294967295"])
def test_a_browsers_version_may_be_asked_for(value: str) -> None:
    assert broken({"minimum_chrome_version": value}) == set()


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            88,
            ["88"],
            "",
            "latest",
            "088",
            "88.",
            ".88",
            "88..1",
            "+88",
            "-1",
            " 88",
            "88a",
            "٣",
            "1" * 5000,
        )
    ],
)
def test_what_is_no_version_is_refused(value: Any) -> None:
    assert broken({"minimum_chrome_version": value}) == {"MinimumChromeVersion"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"minimum_chrome_version": "1000"}, {"MinimumChromeVersionTooHigh"}),
        ({"minimum_chrome_version": "87.9"}, {"MinimumChromeVersionTooLow"}),
        ({"minimum_chrome_version": "42", "manifest_version": 2}, set()),
        ({"minimum_chrome_version": 1, "export": {}}, set()),
    ],
)
def test_an_odd_version_is_worth_a_warning(keys: dict[str, Any], expected: set[str]) -> None:
    assert broken(keys) == expected


@given(JSON, st.sampled_from(["key", "update_url", "minimum_chrome_version"]))
def test_no_value_is_too_strange(value: Any, key: str) -> None:
    report_on({key: value})


@given(st.text("-BEGINKYAa= \n\r"), st.text("0123456789.", max_size=30))
def test_no_text_is_too_strange(key: str, version: str) -> None:
    report_on({"key": "-----BEGIN" + key, "minimum_chrome_version": version})


@pytest.mark.parametrize(
    ("key", "is_key"),
    [
        ("-----BEGIN PUBLIC KEY-----\r\n AAAA\n\tAAAA \n-----END PUBLIC KEY-----", True),
        ("-----BEGIN PUBLIC KEY-----\nAAAA AAAA\n-----END PUBLIC KEY-----", False),
        ("-----BEGIN PUBLIC KEY----------END", False),
        ("-----BEGIN" + "KEY-----" * 12_000, False),
        ("-----BEGIN" + " \t" * 48_000, False),
    ],
)
def test_a_key_may_stand_in_the_lines_of_pem(key: str, is_key: bool) -> None:
    assert ("InvalidKey" not in codes({"key": key})) == is_key
