"""The command line, as ``openaddons`` and as ``python -m openaddons``."""

import gc
import os
import sys
from typing import Final

_SPEAK_TO_A_STORE: Final = frozenset(
    {
        "answer",
        "cancel",
        "check-credentials",
        "hold",
        "publish",
        "rollback",
        "status",
        "upload",
        "wait",
        "webhook",
    }
)


def main() -> None:
    """Run the command that was typed.

    ``openaddons lint`` is run on every save and in every build, so it is spared the import of click if it was
    typed right. What it prints is the same either way. A command that speaks to a store waits for whom to trust
    (``openaddons.client.trust``), so that is begun before anything else.
    """
    # What is imported stays: nobody need look whether it can go. Whoever has imported a command turns it on again.
    gc.disable()
    command = "".join(sys.argv[1:2])
    if command == "lint":
        from openaddons.linting import lint_quickly

        gc.enable()
        try:
            code = lint_quickly(sys.argv[2:])
        except BrokenPipeError:
            # Nobody reads on. What is left in the buffer must not be tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        if code is not None:
            _leave(code)
    elif command in _SPEAK_TO_A_STORE:
        from openaddons.client.trust import read_trust_ahead

        read_trust_ahead()
    from openaddons.cli import main as commands

    try:
        commands(prog_name="openaddons")
    except SystemExit as end:
        if command in _SPEAK_TO_A_STORE and isinstance(end.code, int):
            _leave(end.code)
        raise


def _leave(code: int) -> None:
    """End the process as it is: taking apart what was imported takes as long as checking a package."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
