import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.references import page_name


# Chromium 156's answers, but for "..", which it stops at the root.
@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("p.html", "p.html"),
        ("/p.html", "p.html"),
        ("./p.html", "p.html"),
        ("d/../p.html", "p.html"),
        ("d\\p.html", "d/p.html"),
        ("p.html?x#y", "p.html"),
        ("p.html#y?x", "p.html"),
        ("a b.html", "a b.html"),
        ("a%20b.html", "a b.html"),
        ("sp%2520.html", "sp%20.html"),
        ("%C3%A9.html", "é.html"),
        ("p%.html", "p%.html"),
        (" \tp\n.html ", "p.html"),
        ("chrome-extension:p.html", "p.html"),
        ("../p.html", "../p.html"),
        ("d/%2e%2E/../p.html", "../p.html"),
    ],
)
def test_a_url_leads_to_a_file(url: str, name: str) -> None:
    assert page_name(url) == name


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        ".",
        "..",
        "?x",
        "#x",
        "d/",
        "d/.",
        "d/..",
        "p.html/",
        "//p.html",
        "\\\\x\\p.html",
        "x:",
        "https://example.com/p.html",
        "data:text/html,x",
        "C:p.html",
        "chrome-extension://x/p.html",
        "d%2Fp.html",
        "d%5Cp.html",
        "p%00.html",
        ".hidden.html",
        "con.html",
    ],
)
def test_or_it_leads_to_none(url: str) -> None:
    assert page_name(url) is None


@given(st.text() | st.from_regex(r"[./\\%2eEa:#?]{0,12}", fullmatch=True))
def test_any_text_leads_somewhere_or_nowhere(url: str) -> None:
    name = page_name(url)

    assert name is None or (name and not name.startswith("/") and "/../" not in name)
