import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.scripts import Hint, read_page, read_script
from tests.unit.packages.rules.asking import codes, messages

GROUP = {"RemoteCode", "InlineScript", "DynamicCode", "ObfuscatedCode", "UnsafeDom"}


def broken(name: str, text: str) -> set[str]:
    return codes({}, {name: text.encode()}) & GROUP


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("eval(x)", "DynamicCode"),
        ("window.eval(x)", "DynamicCode"),
        ("const f = new Function('a', b);", "DynamicCode"),
        ("setTimeout('go()', 1)", "DynamicCode"),
        ('setInterval( "go()", 1)', "DynamicCode"),
        ("import x from 'https://example.com/x.js'", "RemoteCode"),
        ('import {a,\n b} from "https://example.com/x.js"', "RemoteCode"),
        ("export * from 'https://example.com/x.js'", "RemoteCode"),
        ("await import('https://example.com/x.js')", "RemoteCode"),
        ("importScripts('http://example.com/x.js')", "RemoteCode"),
        ("WebAssembly.instantiateStreaming(fetch('https://example.com/x.wasm'))", "RemoteCode"),
        ("script.src = 'https://example.com/x.js?y';", "RemoteCode"),
        ("node.innerHTML = text;", "UnsafeDom"),
        ("node.outerHTML += text;", "UnsafeDom"),
        ("node.innerHTML = `<b>${text}</b>`;", "UnsafeDom"),
        ("node.insertAdjacentHTML('beforeend', text)", "UnsafeDom"),
        ("document.writeln(text)", "UnsafeDom"),
        ("eval(function(p,a,c,k,e,d){})", "ObfuscatedCode"),
        ("".join(f"var _0x{number:x}=1;" for number in range(150)), "ObfuscatedCode"),
        (f"var a='{'QUJD' * 600}';Function(atob(a))()", "ObfuscatedCode"),
    ],
)
def test_what_is_worth_a_look_in_a_script(script: str, code: str) -> None:
    assert code in broken("a.js", script)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "retrieval(x); obj.eval(x); // eval(x)",
        "/*\n * eval(x)\n */",
        "setTimeout(() => go(), 1); setTimeout(go, 1);",
        "function isFunction(x) { return x instanceof Function }",
        "const home = 'https://example.com/x.js'; fetch('https://example.com/data');",
        "image.src = 'https://example.com/x.png';",
        "import x from './https.js';",
        "node.innerHTML = ''; node.innerHTML = '<b>x</b>'; if (node.innerHTML == text) {}",
        "node.insertAdjacentHTML('beforeend', '<b>x</b>');",
        "document.write('<b>x</b>');",
        "var a=1;" * 5000,
    ],
)
def test_what_is_not(script: str) -> None:
    assert broken("a.js", script) == set()


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("<script src='https://example.com/x.js'></script>", "RemoteCode"),
        ("<SCRIPT async SRC=//example.com/x.js></SCRIPT>", "RemoteCode"),
        ("<script>go()</script>", "InlineScript"),
        ('<script type="module">go()</script>', "InlineScript"),
        ('<a href="#" onclick="go()">x</a>', "InlineScript"),
        ("<A HREF='#'\n ONCLICK = 'go()'>x</A>", "InlineScript"),
    ],
)
def test_what_is_worth_a_look_in_a_page(page: str, code: str) -> None:
    assert broken("p.html", page) == {code}


@pytest.mark.parametrize(
    "page",
    [
        "<script src='x.js'></script>",
        "<script></script>",
        '<script type="application/json">{}</script>',
        '<script type="text/template"><b>x</b></script>',
        "<p>once = 'upon a time'</p>",
        "< p onclick='go()'>",
        "<p data-onclick='go()' name=online>",
    ],
)
def test_what_is_not_in_a_page(page: str) -> None:
    assert broken("p.html", page) == set()


def test_a_sandboxed_page_may_have_inline_scripts() -> None:
    files = {"p.html": b"<script>go()</script>"}

    assert "InlineScript" not in codes({"sandbox": {"pages": ["/p.html"]}}, files)


def test_a_hint_has_its_line() -> None:
    assert messages("RemoteCode", {}, {"a.js": b"\n\nimport('https://example.com/x.js')"}) == [
        "a.js:3 loads code from https://example.com/x.js; Manifest V3 allows only packaged code."
    ]


def test_of_many_alike_a_few_are_told() -> None:
    assert read_script(b"eval(x)\n" * 1000) == tuple(Hint("dynamic", line, "eval") for line in (1, 2, 3))
    assert len(read_page(b"<script>x</script>\n" * 1000)) == 3


def test_of_a_tag_one_handler_is_told() -> None:
    page = b"<p onclick='go()' onload='go()'>\n<b\nonError='go()'>"

    assert [(hint.line, hint.what) for hint in read_page(page)] == [(1, "onclick"), (3, "onError")]


def test_dense_code_looks_obfuscated() -> None:
    dense = os.urandom(40_000).hex(",").encode()
    base64 = bytes(byte % 64 + 48 for byte in os.urandom(40_000))

    assert read_script(dense) == ()
    assert read_script(base64) == (Hint("obfuscated", 1, ""),)


@given(st.binary())
def test_no_bytes_make_a_reader_raise(data: bytes) -> None:
    read_script(data)
    read_page(data)


@given(
    st.lists(
        st.sampled_from(
            [
                b"import ",
                b"(",
                b"'http",
                b"s://a",
                b".src=",
                b"HTML",
                b".inner",
                b"=",
                b"'",
                b"<script",
                b">",
                b" on",
            ]
        )
    )
)
def test_no_fragments_make_a_reader_raise(fragments: list[bytes]) -> None:
    read_script(b"".join(fragments))
    read_page(b"".join(fragments))
