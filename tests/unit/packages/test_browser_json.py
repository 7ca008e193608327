"""What the browser reads and refuses here was asked of Chromium 156 with ``--pack-extension``."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.browser_json import NotJson, Path, Place, parse, places

DEPTH = 200


def value_of(data: bytes) -> Any:
    return parse(data, max_depth=DEPTH).value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xef\xbb\xbf{}", {}),
        (b"{} // to the end", {}),
        (b"// x\r{}\n1", 1),
        (b"/* x */ 1 /* y **/", 1),
        (b"/***/1", 1),
        (b"/*/1", 1),
        (b"[1,/**/2]", [1, 2]),
        (b'"a\nb\rc"', "a\nb\rc"),
        (b'"\x7f"', "\x7f"),
        (rb'"\x41\xff\x00"', "A\xff\0"),
        (rb'"\u0041\"\\\/\b\f\n\r\t"', 'A"\\/\b\f\n\r\t'),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"\ufffe\uFDD0"', "\ufffe\ufdd0"),
        (b"-0", -0.0),
        (b"1E+2", 100.0),
        (b"0e999", 0.0),
        (b"1e-999", 0.0),
        (b"1" * 309, float("1" * 309)),
        (b" \r\n\t1 \r\n\t", 1),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a\nb": [{}, [], ""]}', {"a\nb": [{}, [], ""]}),
    ],
)
def test_what_the_browser_reads_is_read(data: bytes, value: Any) -> None:
    assert value_of(data) == value


@pytest.mark.parametrize(
    ("data", "detail", "line", "column"),
    [
        (b"", "unexpected end", 1, 1),
        (b"  \n ", "unexpected end", 2, 2),
        (b'{"a": 1,}', "trailing comma", 1, 8),
        (b"[1,\n2,\n]", "trailing comma", 2, 2),
        (b"[,1]", "expected a value", 1, 2),
        (b"{a: 1}", "a key must be a string", 1, 2),
        (b"{'a': 1}", "a key must be a string", 1, 2),
        (b'{"a" 1}', "expected :", 1, 6),
        (b'{"a": 1 "b": 2}', "expected , or }", 1, 9),
        (b"[1 2]", "expected , or ]", 1, 4),
        (b"[1", "unexpected end", 1, 3),
        (b'{"a', "unterminated string", 1, 2),
        (b"{}}", "trailing characters", 1, 3),
        (b"{}\0", "trailing characters", 1, 3),
        (b"/* x", "unterminated comment", 1, 1),
        (b"/x", "expected / or * after /", 1, 1),
        (b"# x", "expected a value", 1, 1),
        (b"// x\r{}", "unexpected end", 1, 8),
        (b'"a\tb"', "control character in a string", 1, 3),
        (b'"\0"', "control character in a string", 1, 2),
        (rb'"\v"', "invalid escape", 1, 2),
        (rb'"\0"', "invalid escape", 1, 2),
        (rb'"\x4"', "invalid escape", 1, 2),
        (rb'"\u004"', "invalid escape", 1, 2),
        (rb'"\ud83d"', "lone surrogate", 1, 2),
        (rb'"\ude00"', "lone surrogate", 1, 2),
        (rb'"\ud83d\u0041"', "lone surrogate", 1, 2),
        (b"01", "invalid number", 1, 1),
        (b"1.", "invalid number", 1, 1),
        (b"-", "invalid number", 1, 1),
        (b"0x10", "trailing characters", 1, 2),
        (b".5", "expected a value", 1, 1),
        (b"+1", "expected a value", 1, 1),
        (b"1e309", "number out of range", 1, 1),
        (b"-1e999", "number out of range", 1, 1),
        (b"1" * 310, "number out of range", 1, 1),
        (b"1" * 5000, "number out of range", 1, 1),
        (b"NaN", "expected a value", 1, 1),
        (b"-Infinity", "invalid number", 1, 1),
        (b"True", "expected a value", 1, 1),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", "expected a value", 1, 1),
        (b"\x0c{}", "expected a value", 1, 1),
        (b'{"\xc3\xbc":\n "\xed\xa0\x80"}', "not UTF-8", 2, 3),
        (b"\xc3\xbc", "expected a value", 1, 1),
        ("{}".encode("utf-16"), "not UTF-8", 1, 1),
        ("{}".encode("utf-16-le"), "a key must be a string", 1, 2),
        (b"[" * 200 + b"]" * 200, "nested too deep", 1, 200),
        (b"[" * 100_000, "nested too deep", 1, 200),
    ],
)
def test_what_the_browser_refuses_is_refused_at_its_place(
    data: bytes, detail: str, line: int, column: int
) -> None:
    with pytest.raises(NotJson) as refused:
        value_of(data)

    assert (refused.value.detail, refused.value.place) == (detail, Place(line, column))


@pytest.mark.parametrize("comment", [b"", b"//"])
def test_nesting_of_199_is_read_and_of_200_is_not(comment: bytes) -> None:
    assert value_of(b"[" * 199 + b"]" * 199 + comment) is not None
    with pytest.raises(NotJson):
        value_of(b'{"a":' * 200 + b"1" + b"}" * 200 + comment)


@pytest.mark.parametrize("comment", [b"", b"//"])
def test_whole_numbers_beyond_32_bits_are_no_integers(comment: bytes) -> None:
    read = value_of(b"[2147483647, -2147483648, 2147483648, 3.0, 3e0, -0]" + comment)

    assert [type(number) for number in read] == [int, int, float, float, float, float]


def test_comments_and_duplicate_keys_are_reported() -> None:
    parsed = parse(b'{"a": [{"b": 1, "b": 2}], "a": 3} //', max_depth=DEPTH)

    assert parsed.has_comments
    assert parsed.duplicate_keys == (("a", 0, "b"), ("a",))
    assert not parse(b'{"a": "// not a comment"}', max_depth=DEPTH).has_comments


def test_places_of_keys_and_items_are_found() -> None:
    text = '{\n  "a": [1,\n    {"b": 2}],\n  "c": {}, "c": null\n}'
    found = places(text)

    assert found.find(("a",)) == Place(2, 3)
    assert found.find(("a", 1)) == Place(3, 5)
    assert found.find(("a", 1, "b")) == Place(3, 6)
    assert found.find(("c",)) == Place(4, 12)
    assert found.find(("a", 2)) is None
    assert found.find(("a", 0, "x")) is None


def test_comments_and_strings_that_look_like_members_have_no_place() -> None:
    found = places('/* [{" */ {/*/ "\\\\\\"]\\x41": // ,"\n ["}", /* , */ true, [], {}, -1e5]}')

    assert found.find(('\\"]A',)) == Place(1, 16)
    assert [found.find(('\\"]A', index)) for index in range(6)] == [
        Place(2, 3),
        Place(2, 16),
        Place(2, 22),
        Place(2, 26),
        Place(2, 30),
        None,
    ]


def test_the_members_of_a_replaced_value_have_no_place() -> None:
    assert places('{"a": {"b": 1}, "a": 2}').find(("a", "b")) is None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 31), (1 << 31) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_plain_json_is_read_as_it_was_written_by_both_scanners(value: Any, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()

    assert value_of(data) == value
    assert value_of(data + b"//") == value


def paths_of(value: Any, path: Path = ()) -> Iterator[Path]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    )
    for key, member in members:
        yield (*path, key)
        yield from paths_of(member, (*path, key))


@given(st.binary(max_size=60) | st.text(alphabet='[]{}",:/*\\ux0123e.-tfn \n\t', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(NotJson):
        parsed = parse(data, max_depth=DEPTH)
        found = places(parsed.text)
        assert [path for path in paths_of(parsed.value) if found.find(path) is None] == []
