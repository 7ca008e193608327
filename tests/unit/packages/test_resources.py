import pytest
from hypothesis import given
from hypothesis import strategies as st

from openaddons.packages.resources import is_image_name, resource_name


# Most were asked of Chromium 156 as the path of an icon; the rest follow net/base/filename_util_icu.cc.
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.png", "a.png"),
        ("/a.png", "a.png"),
        ("./a.png", "a.png"),
        ("d//a.png", "d/a.png"),
        ("a b.png", "a b.png"),
        ("#a.png", "#a.png"),
        ("a%20b.png", "a%20b.png"),
        ("é/名.png", "é/名.png"),
    ],
)
def test_a_path_into_the_package(path: str, name: str) -> None:
    assert resource_name(path) == name


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", ".", "..", "d/", "//a.png", "../a.png", "d/../a.png", "d/./a.png", "././a.png"),
        *("d\\a.png", "C:\\a.png", "a.png?x", "a*.png", ".a.png", ".d/a.png", "a.png.", "~a.png"),
        *(" a.png", "a.png ", "con.png", "d/NUL", "desktop.ini", "a.lnk", "a.{x}", "a\n.png", "a\u202e.png"),
    ],
)
def test_no_path_into_the_package(path: str) -> None:
    assert resource_name(path) is None


def test_the_longest_path_of_a_manifest_takes_no_longer_than_its_length() -> None:
    """Time squared would be minutes here."""
    path = "a" + ".{" * (1 << 19)

    assert resource_name(path) == path
    assert resource_name(path + "}") is None


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "a.svg", "a.jfif", "d.x/a.webp"])
def test_names_of_images(name: str) -> None:
    assert is_image_name(name)


@pytest.mark.parametrize("name", ["a.txt", "png", "a.png.bak", "a.tif", "a.cur", ""])
def test_names_of_other_files(name: str) -> None:
    assert not is_image_name(name)


@given(st.text())
def test_a_name_leads_to_itself(path: str) -> None:
    name = resource_name(path)

    assert name is None or resource_name(name) == name
