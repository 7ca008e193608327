"""The command line, as ``openaddons`` and as ``python -m openaddons``."""

import gc
import os
import sys


def main() -> None:
    """Run the command that was typed.

    ``openaddons lint`` is run on every save and in every build, so it is spared the import of click if it was
    typed right. What it prints is the same either way.
    """
    # What is imported stays: nobody need look whether it can go. Whoever has imported a command turns it on again.
    gc.disable()
    if sys.argv[1:2] == ["lint"]:
        from openaddons.linting import lint_quickly

        gc.enable()
        try:
            code = lint_quickly(sys.argv[2:])
        except BrokenPipeError:
            # Nobody reads on. What is left in the buffer must not be tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 1
        if code is not None:
            sys.exit(code)
    from openaddons.cli import main as commands

    commands(prog_name="openaddons")


if __name__ == "__main__":
    main()
