"""Whom the machine trusts, as the TLS context of who sends over sockets of its own.

OpenSSL takes longer to read the usual 140 authorities than a publish takes for anything else, and needs no
interpreter for it. Who has other things to do before the first request lets a thread do it.
"""

from __future__ import annotations

from threading import Thread

from openaddons.client._surroundings import chosen_base_url, plain_is_enough

# Not typing's own, whose import would come before the thread's beginning, and takes a sixth as long as its work.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    import ssl


class _Reading(Thread):
    context: ssl.SSLContext | None = None

    def run(self) -> None:
        try:
            self.context = _read()
        except Exception:
            # Who needs it reads it again, and meets the same failure where it can be told.
            self.context = None


_ahead: _Reading | None = None


def read_trust_ahead() -> None:
    """Begin to read it for the first client that will ask for it, if the environment lets expect one that does."""
    global _ahead  # noqa: PLW0603 - one for the process, until it is asked for
    if plain_is_enough() and chosen_base_url(None).startswith("https:"):
        import ssl  # noqa: F401 - the thread would take turns with everything else to import it

        _ahead = _Reading()
        _ahead.start()


def machine_trust() -> ssl.SSLContext:
    """A context that verifies certificates and host names: the one that was read ahead, once; else one read now."""
    global _ahead
    reading, _ahead = _ahead, None
    if reading is not None:
        reading.join()
    return (reading and reading.context) or _read()


def trust_in(ca_file: str | os.PathLike[str]) -> ssl.SSLContext:
    """A context that trusts the authorities in a PEM file, and no others. OSError where it holds none."""
    import ssl

    return ssl.create_default_context(cafile=ca_file)


def _read() -> ssl.SSLContext:
    import ssl  # a store on this machine needs none of it

    return ssl.create_default_context()
