"""The cookies of the dashboard, and the field by which a form proves that it is of one of our own pages.

The field is an HMAC of the cookie that the page was shown with: that of the session, or before there is one a random
one of its own (OWASP, "Cross-Site Request Forgery Prevention", signed double submit).
"""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from markupsafe import Markup

from openaddons.settings import Settings

_BYTES: Final = 32


class OwnForms:
    """The forms of one page: `headers` sets the cookie that they need, if the browser has none."""

    def __init__(self, proof: str, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        self._proof = proof
        self.headers = headers

    def field(self) -> Markup:
        """What every form of the page holds."""
        return Markup('<input type="hidden" name="csrf" value="{}">').format(self._proof)


class Cookies:
    """How the dashboard's cookies are named and made."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        self._key = key
        self._secure = settings.base_url.startswith("https:")
        # A cookie so named comes from this very host, by TLS (RFC 6265bis, "The __Host- prefix").
        prefix = "__Host-" if self._secure else ""
        self.session_name = f"{prefix}openaddons-session"
        self._form_name = f"{prefix}openaddons-form"

    def header(self, name: str, value: str, *, seconds: int | None = None) -> tuple[bytes, bytes]:
        """``Set-Cookie``. Without ``seconds`` the cookie ends with the browser; with 0 it ends now."""
        line = f"{name}={value}; Path=/; HttpOnly; SameSite=Lax"
        line += "; Secure" if self._secure else ""
        line += "" if seconds is None else f"; Max-Age={seconds}"
        return b"set-cookie", line.encode("ascii")

    def own_forms(self, cookies: Mapping[str, str]) -> OwnForms:
        """What the forms of a page need that is sent to a browser with these cookies."""
        value, headers = self._bound_to(cookies), ()
        if not value:
            value = secrets.token_urlsafe(_BYTES)
            return OwnForms(self._proof(value), (self.header(self._form_name, value),))
        return OwnForms(self._proof(value), headers)

    def is_own_form(self, cookies: Mapping[str, str], proof: str) -> bool:
        """Whether the form was made for the browser that sends it."""
        value = self._bound_to(cookies)
        return bool(value) and hmac.compare_digest(self._proof(value).encode(), proof.encode())

    def _bound_to(self, cookies: Mapping[str, str]) -> str:
        return cookies.get(self.session_name) or cookies.get(self._form_name) or ""

    def _proof(self, value: str) -> str:
        return hmac.new(self._key, value.encode("utf-8", "replace"), sha256).hexdigest()
