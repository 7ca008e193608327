"""Where settings come from: .env and openaddons.toml are hostile until they are understood."""

import tempfile
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.cli.publishing.options import ENVIRONMENT
from openaddons.cli.publishing.sources import (
    Found,
    Source,
    dotenv_source,
    find,
    key_file_secret,
    table_sources,
)

GUID = "7d3f9c5a-1b2e-4c6d-8f90-a1b2c3d4e5f6"
OTHER = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
SECRET = "s3cr3t!$key"


def dotenv(folder: Path, text: str) -> dict[str, str]:
    (folder / ".env").write_text(text, encoding="utf-8")
    return {name: found.value for name, found in dotenv_source(str(folder / ".env")).settings.items()}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("EDGE_ADDONS_API_KEY=abc~-._1", "abc~-._1"),
        ("export EDGE_ADDONS_API_KEY='s3cr3t!$key'", SECRET),
        ('  EDGE_ADDONS_API_KEY = "a b#c"  # a comment', "a b#c"),
        ("EDGE_ADDONS_API_KEY=abc#def", "abc#def"),
        ("\ufeffEDGE_ADDONS_API_KEY=abc\r", "abc"),
    ],
)
def test_a_line_of_dotenv_is_read_as_a_shell_reads_it(tmp_path: Path, line: str, value: str) -> None:
    assert dotenv(tmp_path, f"{line}\n") == {"api_key": value}


@pytest.mark.parametrize(
    "value", ["$(rm -rf .)", "`id`", '"${HOME}"', '"open', "'open", "a b", "a\\b", "'a''b'", '"a"b', "'a' b"]
)
def test_what_a_shell_would_read_differently_is_refused_without_being_quoted(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(click.UsageError) as refused:
        dotenv(tmp_path, f"# mine\nEDGE_ADDONS_API_KEY={value}\n")

    assert refused.value.message == (
        ".env, line 2: the value of EDGE_ADDONS_API_KEY is not understood. "
        "Write EDGE_ADDONS_API_KEY='value', in single quotes and on one line."
    )


def test_lines_about_other_programs_are_none_of_our_business(tmp_path: Path) -> None:
    text = "DATABASE=$(x)\nnonsense\nEDGE_ADDONS_OTHER=1\nEDGE_ADDONS_CLIENT_ID=\n"

    assert dotenv(tmp_path, text) == {}


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert dict(dotenv_source(str(tmp_path / ".env")).settings) == {}
    assert table_sources(str(tmp_path / "openaddons.toml"), None)[0].settings == {}


def test_a_virtual_environment_is_no_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()

    assert dict(dotenv_source(str(tmp_path / ".env")).settings) == {}


@pytest.mark.parametrize(("content", "said"), [(b"\xff", "not UTF-8"), (bytes(70_000), "larger than")])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(click.UsageError, match=said):
        dotenv_source(str(tmp_path / ".env"))


@given(st.text(max_size=60))
def test_no_dotenv_shows_its_values(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".env").write_text(f"EDGE_ADDONS_API_KEY={SECRET}{text}", "utf-8", "replace")
        try:
            shown = repr(dotenv_source(str(Path(folder) / ".env")))
        except click.UsageError as refused:
            shown = refused.message

    assert SECRET not in shown


TWO = f"""
[publish]
base_url = "https://addons.example.com"
wait = "in-store"

[products.tally]
product_id = "{GUID}"
package = "dist/tally-{{version}}.zip"

[products.other]
product_id = "{OTHER}"
base_url = "https://other.example.com"
"""


def tables(folder: Path, text: str, product: str | None = None) -> list[Source]:
    (folder / "openaddons.toml").write_text(text, encoding="utf-8")
    return table_sources(str(folder / "openaddons.toml"), Found(product, "--product") if product else None)


@pytest.mark.parametrize(
    ("product", "product_id", "base_url"),
    [
        ("tally", GUID, "https://addons.example.com"),
        ("other", OTHER, "https://other.example.com"),
        (OTHER.upper(), OTHER, "https://other.example.com"),
    ],
)
def test_a_product_is_chosen_by_its_name_or_its_id(
    tmp_path: Path, product: str, product_id: str, base_url: str
) -> None:
    found = tables(tmp_path, TWO, product)

    assert getattr(find(found, "product_id"), "value", None) == product_id
    assert getattr(find(found, "base_url"), "value", None) == base_url
    assert find(found, "wait") == Found("in-store", "openaddons.toml, [publish]")


def test_paths_begin_where_the_file_lies(tmp_path: Path) -> None:
    found = find(tables(tmp_path, TWO, "tally"), "package")

    assert found is not None
    assert found.value == str(tmp_path / "dist" / "tally-{version}.zip")


def test_the_only_product_needs_no_name(tmp_path: Path) -> None:
    found = find(tables(tmp_path, f'[products.one]\nproduct_id = "{GUID}"\n'), "product_id")

    assert found == Found(GUID, "openaddons.toml, [products.one]")


@pytest.mark.parametrize(
    ("text", "product", "said"),
    [
        (TWO, None, "choose one with --product (tally, other)"),
        (TWO, "talley", "neither a product ID, which is a GUID"),
        ("[publish]\nbase_ulr = 'x'", None, "Did you mean base_url?"),
        ("[publsih]", None, "Did you mean publish?"),
        ("[publish]\napi_key = 's3cr3t!$key'", None, "EDGE_ADDONS_API_KEY"),
        ("[products.a]\nclient_secret = 's3cr3t!$key'", None, "EDGE_ADDONS_CLIENT_SECRET"),
        ("[publish]\nkeyring = 'yes'", None, "keyring has the wrong type"),
        ("[publish]\ntimeout_seconds = true", None, "timeout_seconds has the wrong type"),
        ("publish = 's3cr3t!$key'", None, "[publish]: it must be a table"),
        ("[publish]\nx = s3cr3t!$key", None, "is not TOML"),
    ],
)
def test_what_the_file_may_not_say_is_refused(
    tmp_path: Path, text: str, product: str | None, said: str
) -> None:
    with pytest.raises(click.UsageError) as refused:
        tables(tmp_path, text, product)

    assert said in refused.value.message
    assert SECRET not in refused.value.message


def test_a_key_file_without_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" \n", encoding="utf-8")

    for name in ("key", "none"):
        with pytest.raises(click.UsageError, match="holds no API key"):
            key_file_secret(Found(str(tmp_path / name), "--api-key-file"))


def test_no_setting_shows_itself() -> None:
    assert SECRET not in repr(Source.of(dict.fromkeys(ENVIRONMENT, SECRET), place=".env"))
