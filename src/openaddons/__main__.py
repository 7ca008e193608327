"""The command line, as ``openaddons`` and as ``python -m openaddons``."""

import gc
import os
import sys

# No ``Final``: typing is imported when the thread that reads whom to trust has begun.
_SPEAK_TO_A_STORE = frozenset(
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

    What is run on every save and in every build is spared the import of click if it was typed right. What it prints is
    the same either way. A command that speaks to a store waits for whom to trust (``openaddons.client.trust``), so that
    is begun before anything else.
    """
    # What is imported stays: nobody need look whether it can go. Whoever has imported a command turns it on again.
    gc.disable()
    command = "".join(sys.argv[1:2])
    if command in _SPEAK_TO_A_STORE:
        from openaddons.client.trust import read_trust_ahead

        read_trust_ahead()
    try:
        code = _run_quickly(command, sys.argv[2:])
        if code is not None:
            _leave(code)
        from openaddons.cli.main import main as commands

        commands(prog_name="openaddons")
    except SystemExit as end:
        if command in _SPEAK_TO_A_STORE and isinstance(end.code, int):
            _leave(end.code)
        raise


def _run_quickly(command: str, words: list[str]) -> int | None:
    """The exit code of a command that needs no click; None if click should have a look at it."""
    if command == "lint":
        from openaddons.linting import lint_quickly

        gc.enable()
        try:
            return lint_quickly(words)
        except BrokenPipeError:
            # Nobody reads on. What is left in the buffer must not be tried again at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
    if command in {"publish", "upload"}:
        from openaddons.cli.publishing.quick import run_quickly

        gc.freeze()
        gc.enable()
        return run_quickly(command, words)
    return None


def _leave(code: int) -> None:
    """End the process as it is: taking apart what was imported takes as long as checking a package."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
