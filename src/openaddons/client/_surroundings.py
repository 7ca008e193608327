"""What the environment says of the way to the store. It is asked first of all: nothing is imported for it."""

import os
import sys

MICROSOFT_BASE_URL = "https://api.addons.microsoftedge.microsoft.com"
"""Where Microsoft's own store answers."""


def chosen_base_url(base_url: str | None) -> str:
    """The address that was given, else ``EDGE_ADDONS_BASE_URL``, else Microsoft's."""
    if base_url is not None:
        return base_url
    return os.environ.get("EDGE_ADDONS_BASE_URL") or MICROSOFT_BASE_URL


def plain_is_enough() -> bool:
    """Whether sockets alone can send from this machine as it is set up."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    named = any(os.environ.get(name) or os.environ.get(name.lower()) for name in proxies)
    return sys.platform not in {"win32", "darwin"} and not named
