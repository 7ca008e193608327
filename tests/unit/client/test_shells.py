"""The two clients have the same methods, and each says so."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from openaddons.client import AsyncEdgeAddons, EdgeAddons

NAMES = [name for name, _ in inspect.getmembers(EdgeAddons, inspect.isfunction) if not name.startswith("_")]


def signature(method: Callable[..., Any]) -> str:
    return str(inspect.signature(method)).replace("AsyncIterator", "Iterator")


def test_both_have_the_same_public_names() -> None:
    public = [name for name in dir(AsyncEdgeAddons) if not name.startswith("_")]

    assert [name for name in dir(EdgeAddons) if not name.startswith("_")] == public
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_a_method_has_the_same_signature_and_summary(name: str) -> None:
    sync, asynchronous = getattr(EdgeAddons, name), getattr(AsyncEdgeAddons, name)

    assert signature(sync) == signature(asynchronous)
    assert (sync.__doc__ or "").splitlines()[0] == (asynchronous.__doc__ or "").splitlines()[0]
    iterated = inspect.signature(asynchronous).return_annotation.startswith("AsyncIterator[")
    assert inspect.iscoroutinefunction(asynchronous) != iterated
    assert not inspect.iscoroutinefunction(sync)


def test_both_are_made_with_the_same_options() -> None:
    sync, asynchronous = (inspect.signature(kind).parameters for kind in (EdgeAddons, AsyncEdgeAddons))

    assert list(sync) == list(asynchronous)
    assert {name: sync[name].kind for name in sync} == {name: asynchronous[name].kind for name in sync}
