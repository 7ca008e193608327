"""A terminal of 80 columns: a command run in it, and what a person sees then."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

COLUMNS: Final = 80
_LINES: Final = 50


def seen_in_terminal(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> str:
    """Run the command to its end; the lines on the screen, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, COLUMNS, 0, 0))
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ):
        os.close(theirs)
        written = b"".join(_pieces(ours))
    os.close(ours)
    return _screen(written.decode())


def _pieces(terminal: int) -> list[bytes]:
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the last program has closed it
            return pieces
        if not piece:
            return pieces
        pieces.append(piece)


def _screen(written: str) -> str:
    """What the characters look like: a carriage return writes over the line, and a full line goes on below."""
    rows: list[list[str]] = [[]]
    column = 0
    for character in written:
        if character == "\r":
            column = 0
        elif character == "\n":
            rows.append([])
        else:
            if column == COLUMNS:
                rows.append([])
                column = 0
            rows[-1][column : column + 1] = [character]
            column += 1
    return "\n".join("".join(row).rstrip() for row in rows).rstrip("\n") + "\n"
