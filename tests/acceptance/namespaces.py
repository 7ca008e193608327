"""Namespaces: what a program sees under a name of the machine, without anybody else seeing it."""

import os
import subprocess

from tests.conftest import need, need_program


def unshare(*kinds: str) -> list[str]:
    """The command that runs another one, as root, in namespaces of its own of these kinds."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, *(f"--{kind}" for kind in kinds)]


def need_namespaces(*kinds: str) -> None:
    """Skip where the machine does not let us make such namespaces; in CI, fail."""
    need_program("unshare", hint="install util-linux")
    tried = subprocess.run([*unshare(*kinds), "true"], capture_output=True, text=True, check=False)
    need(
        "the right to make namespaces",
        found=tried.returncode == 0,
        hint=f"run the tests as root ({tried.stderr.strip()})",
    )
