import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.version import Version

texts = (
    st.lists(st.integers(0, 65_535), min_size=1, max_size=4)
    .filter(any)
    .map(lambda ns: ".".join(map(str, ns)))
)


@pytest.mark.parametrize("text", ["1", "0.1", "1.0", "1.2.3", "0.0.0.1", "65535.65535.65535.65535", "10.20"])
def test_a_version_gives_back_its_text(text: str) -> None:
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "0",
            "0.0.0.0",
            "01",
            "1.01",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "65536",
            "1.99999",
            "4294967296",
        ),
        *("-1", "+1", "1.2b", "v1", " 1", "1 ", "1\n", "1,2", "\u0663", "\uff11", "1e3", "0x1", "1_0"),
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Version.parse(text)


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("1", "2"), ("1.9", "1.10"), ("1", "1.0.0.1"), ("1.2.3", "1.3"), ("0.0.0.1", "0.1"), ("9.9.9.9", "10")],
)
def test_parts_are_compared_as_numbers(lower: str, higher: str) -> None:
    assert Version.parse(lower) < Version.parse(higher)
    assert Version.parse(higher) > Version.parse(lower)


def test_missing_parts_are_zero() -> None:
    assert Version.parse("1.0") == Version.parse("1.0.0.0")
    assert len({Version.parse("1.0"), Version.parse("1"), Version.parse("1.0.0")}) == 1


@given(texts, texts)
def test_the_order_is_total(one: str, other: str) -> None:
    a, b = Version.parse(one), Version.parse(other)

    assert [a < b, a == b, a > b].count(True) == 1
    assert (hash(a) == hash(b)) >= (a == b)
