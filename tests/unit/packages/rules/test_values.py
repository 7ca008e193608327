from typing import Any

import pytest

from openaddons.packages.rules.values import is_read, kind_of, version_of
from tests.corpus.make import OF_EXTENSIONS
from tests.unit.packages.rules.asking import report_on


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({}, "extension"),
        ({"theme": None, "app": {}}, "theme"),
        ({"export": 1, "app": {}}, "shared module"),
        ({"app": 1}, "packaged app"),
        ({"app": {"launch": {"local_path": "a.html"}}}, "packaged app"),
        ({"app": {"urls": None, "background": {}}}, "hosted app"),
        ({"app": {"launch": {"web_url": None}}}, "hosted app"),
        ({"app": {"background": None}}, "platform app"),
    ],
)
def test_the_kind_follows_from_the_keys(keys: dict[str, Any], kind: str) -> None:
    assert kind_of(keys) == kind


@pytest.mark.parametrize(
    ("keys", "version"),
    [
        ({"manifest_version": 3}, 3),
        ({"manifest_version": 4}, 3),
        ({"manifest_version": True}, 1),
        ({"manifest_version": "3"}, 1),
        ({}, 1),
        ({"app": {"background": {}}}, 2),
    ],
)
def test_keys_are_dropped_by_an_integral_version(keys: dict[str, Any], version: int) -> None:
    assert version_of(keys) == version


@pytest.mark.parametrize(
    ("keys", "key", "read"),
    [
        ({"manifest_version": 3}, "action", True),
        ({"manifest_version": 2}, "action", False),
        ({"manifest_version": 3}, "background.scripts", False),
        ({"manifest_version": 2}, "background.scripts", True),
        ({"manifest_version": 3}, "natively_connectable", True),
        ({"manifest_version": 3}, "mime_types", False),
        ({"manifest_version": 3, "theme": {}}, "commands", False),
        ({"manifest_version": 3}, "nobody_knows_it", True),
    ],
)
def test_browsers_read_what_this_kind_of_package_may_have(keys: dict[str, Any], key: str, read: bool) -> None:
    assert is_read(keys, key) is read


@pytest.mark.parametrize("key", OF_EXTENSIONS)
def test_what_the_browser_reads_in_extensions_only_is_judged_there_only(key: str) -> None:
    value = {key: OF_EXTENSIONS[key]}

    assert report_on(value).errors
    assert report_on({"theme": {}} | value).errors == ()
    assert report_on({"export": {}} | value).errors == ()
