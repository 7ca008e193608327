"""Modules that are imported when something of them is asked for: publishing does without, and starts sooner."""

from importlib import import_module
from typing import Any


class Later:
    """Stands for the module of that name."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """An attribute of the module, which is imported now."""
        return getattr(import_module(self._name), name)
