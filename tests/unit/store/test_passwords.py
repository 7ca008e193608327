"""How passwords are kept: with the parameters of the store, which other tests do without."""

import subprocess
import sys

_HASH = """
from openaddons.store.people.passwords import hash_password
print(hash_password("four words of some length", email="a@example.com"))
"""


def test_a_password_is_kept_as_argon2id_with_46_mib() -> None:
    """In a process of its own: the hasher of this one is made cheap (tests/conftest.py)."""
    kept = subprocess.run([sys.executable, "-c", _HASH], capture_output=True, text=True, check=True).stdout

    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
