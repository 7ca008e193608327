import pytest

from openaddons.packages.browser_json import NotJson
from openaddons.packages.plain_json import memory_bytes, plain_value, strict_value

LONG = b" " * (1 << 20)


def test_two_halves_make_a_character() -> None:
    assert plain_value(rb'["\ud83d\ude00\uD83D\uDE00"]') == ["\U0001f600\U0001f600"]


@pytest.mark.parametrize(
    "text",
    [
        rb'"\ud83d"',
        rb'"\ude00"',
        rb'"\ud83d\u0041"',
        rb'"\ud83d\ud83d\ude00"',
        rb'"\ud83d\ude00\ude00"',
        # A backslash, four characters, and half a character.
        rb'"\\ud83d\ude00"',
    ],
)
def test_half_a_character_is_not_plain(text: bytes) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        plain_value(text)


def test_a_long_text_is_read_if_it_is_plain() -> None:
    assert strict_value(b"\xef\xbb\xbf[1]" + LONG, 200) == [1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[1,\n2,]", "not strict JSON at line 2 column 3"),
        (b"[1] // one", "not strict JSON at line 1 column 5"),
        (rb'["\ud83d"]', "not strict JSON"),
        (b"[" * 10_000, "not strict JSON"),
        (b'["\xe9"]', "not UTF-8 at line 1 column 3"),
    ],
)
def test_a_long_text_that_is_not_plain_is_refused_at_once(text: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words):
        strict_value(text + LONG, 200)


def test_a_short_text_is_looked_at_closely() -> None:
    with pytest.raises(NotJson, match="trailing comma at line 1 column 3"):
        strict_value(b"[1,]", 200)


@pytest.mark.parametrize("text", [rb'["\x41"]', b'["a\nb"]', rb'["\\ud83d", "\"", "\x41"]'])
def test_strings_are_strict_too(text: bytes) -> None:
    with pytest.raises(NotJson, match="not for rulesets"):
        strict_value(text, 200)


def test_an_escaped_backslash_in_front_of_an_x_is_none_of_these() -> None:
    assert strict_value(rb'["\\ud83d", "\\x41", "\\\"\""]', 200) == [r"\ud83d", r"\x41", '\\""']


def test_small_texts_can_be_large_values() -> None:
    assert memory_bytes(b"[{},{}]") > 50 * len(b"[{},{}]")
    assert memory_bytes(b'"a long text"') == 0
