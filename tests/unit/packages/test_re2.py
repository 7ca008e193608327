import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.re2 import BadPattern, capturing_groups, check_rewrite

# Chromium 156 loaded an unpacked extension with each of these as the regexFilter of a rule, or refused it.
# fmt: off
SUPPORTED = [
    "a", "a*", "(a|b)*?c+", "^*", "a{2,3}", "a{,3}", "{", "a{", "x{02}", "(?i)abc", "(?i-s:a)",
    "(?P<n>a)(?<m>b)", r"\d\pN\p{Greek}[\d\pL-]", "[]a]", "[^]a]", "[a-]", "[[:alpha:]_]", r"\Qa*b\E+",
    r"\x41\x{ff}\012\0", r"\.\-\/", "(?:)", "()", "a||b", "(|a)*", r"\z\A\b", "a{0}", "[[a]", "[a-b-c]",
    "(?)", r"\b*", "$*", "^+", "(^)*", "(?U)a", "x{1000}", "(?:x{500}){2}", "((a*)*)*", r"\pZ", r"\p{^L}",
    r"\P{L}", r"\p{Any}", r"[\pL]", "[[:word:]]", "[[:foo]]", "[a[:x]", "[:alpha:]", r"\C", r"\a\f\v",
    r"\/", r"\ ", r'\"', r"\Qa", r"\Q", r"a\Q\E*", "(?P<1a>x)", r"[\d-a]", "[]]", r"\_", "(?im-sU:a)",
    r"\z*", "(?s).*$", "a{99999999999}", "a{1,99999999999}", "a{-1}", "a{1,2,3}", "[[.a.]]", "[a-z&&[b]]",
    "(?<n>a)(?P<n>b)",
]
UNSUPPORTED = [
    "(?-)", "a{0,0}{2}", "(?i)*", "a|*", "(?:x{500}){3}", r"\p{Foo}", r"\p", r"\p{", r"[\C]", r"[\b]",
    r"[\A]", r"*\Q\E", r"\E", "{2}", "a|{2}", "(?P<a-b>x)", "(?P<>x)", r"(?P<\u00e9>x)", "a{1001}",
    "a{3,2}", "a**", "a*+", "a+*?", "a???", "a{2}{3}", "a{2}*", "[b-a]", r"[a-\d]", "[a", "[]", "[^]",
    "a)", "(a", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?#c)", "(?>a)", "(?P=n)", r"(a)\1", r"\Z", r"\8",
    r"\x{100}", r"\400", r"\777", r"\cA", r"\u0041", r"\x4", r"\x{}", r"\x{110000}", "(?z)", "(?i",
    "(?i-:a)", r"\k<n>", r"\G", r"\h", r"\R", r"\X", "\\",
]
# fmt: on


@pytest.mark.parametrize("pattern", SUPPORTED)
def test_what_re2_compiles(pattern: str) -> None:
    assert capturing_groups(pattern) >= 0


@pytest.mark.parametrize("pattern", UNSUPPORTED)
def test_what_re2_does_not_compile(pattern: str) -> None:
    with pytest.raises(BadPattern):
        capturing_groups(pattern)


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [("a", 0), ("(a)", 1), ("(?:a)(b(c))", 2), ("(?P<n>a)(?<m>b)", 2), (r"\(a[(]", 0), (r"\Q(\E(a)", 1)],
)
def test_how_many_groups_capture(pattern: str, groups: int) -> None:
    assert capturing_groups(pattern) == groups


@pytest.mark.parametrize("rewrite", ["", "a", r"\0", r"x\1y", r"\\", r"\\9"])
def test_what_may_replace_a_match_with_one_group(rewrite: str) -> None:
    check_rewrite(rewrite, 1)


@pytest.mark.parametrize("rewrite", [r"\2", "\\", r"\a", r"x\9"])
def test_what_may_not(rewrite: str) -> None:
    with pytest.raises(BadPattern):
        check_rewrite(rewrite, 1)


@given(st.text(alphabet="a1(){}[]|*+?,.^$\\-:<>=!PpQEdxn_&#", max_size=30))
def test_nothing_else_is_raised(pattern: str) -> None:
    try:
        groups = capturing_groups(pattern)
    except BadPattern:
        return
    assert 0 <= groups <= pattern.count("(")


@given(st.lists(st.sampled_from(["a", "(b)", "(?:c|d)", "[e-g]", r"\.", "h*", "i{2,3}", "^", "$"])))
def test_what_python_and_re2_share_is_counted_alike(parts: list[str]) -> None:
    pattern = "".join(parts)

    assert capturing_groups(pattern) == re.compile(pattern).groups


def test_deep_nesting_costs_no_more_than_its_length() -> None:
    with pytest.raises(BadPattern):
        capturing_groups("(" * 100_000)


def test_a_class_that_seems_to_name_others_for_ever_is_read_once() -> None:
    with pytest.raises(BadPattern, match="missing ]"):
        capturing_groups("[" + "[:" * 300_000)
