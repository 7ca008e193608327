"""Who may ask a private store: whoever has a token of it in the query of the URL."""

import hmac
import re
from typing import Final

from openaddons.errors import TokenMissing
from openaddons.settings import Settings

_TOKEN: Final = re.compile(rb"(?:^|&)token=([^&]*)")


class Tokens:
    """The tokens that are accepted. Browsers send back the query of the URL that a policy or package gave them."""

    def __init__(self, settings: Settings) -> None:
        self._accepted = tuple(token.encode() for token in settings.tokens)

    def admit(self, query: bytes) -> bool:
        """Whether a request with this query may be answered."""
        if not self._accepted:
            return True
        given = _TOKEN.search(query)
        return given is not None and any(hmac.compare_digest(given[1], token) for token in self._accepted)

    def check(self, query: bytes) -> None:
        """Raises `TokenMissing` when it may not."""
        if not self.admit(query):
            raise TokenMissing
