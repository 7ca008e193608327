"""Ids: how they are made and how they are read from outside."""

import re
import secrets
import uuid

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_guid() -> str:
    """A fresh random GUID: lower case, hyphens, 36 characters."""
    return str(uuid.uuid4())


def read_guid(text: str) -> str | None:
    """The GUID in ``text``, trimmed and in lower case, or None if it is none.

    Microsoft's PowerShell sample puts a blank before the id, other clients send capitals.
    """
    if len(text) > 64:
        return None
    folded = text.strip().lower()
    return folded if _GUID.fullmatch(folded) else None


def new_submission_id() -> str:
    """A fresh submission id: 19 decimal digits, as Microsoft's (``1152921505701822265``)."""
    return str(10**18 + secrets.randbelow(9 * 10**18))
