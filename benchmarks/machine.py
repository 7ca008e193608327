"""What is measured, and on what: processes on a core of their own, their CPU time and their memory."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS: Final = 30.0
_END_SECONDS: Final = 60.0


class ProgramMissing(Exception):  # noqa: N818 - the way out, with a sentence for people
    """A program that a measurement needs is not installed."""


def need_program(name: str, *, package: str) -> str:
    """The path of a program. Raises `ProgramMissing`, which names the Debian package."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if path is None:
        raise ProgramMissing(f"{name} is not installed. On Debian: apt-get install {package}")
    return path


@dataclass(frozen=True, slots=True)
class Cores:
    """One core for whatever is measured, another for what makes the load."""

    server: int
    load: int


def choose_cores() -> Cores:
    """Two of the cores that we may use. Raises `ProgramMissing` on a machine with one."""
    mine = sorted(os.sched_getaffinity(0))
    if len(mine) < 2:
        raise ProgramMissing("Two cores are needed: one for the server, one for the load.")
    return Cores(server=mine[0], load=mine[1])


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This thread, and what it starts, on one core until the end of the block."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A process on a core of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        # Behind the name, which may hold anything but is closed by the last parenthesis: proc(5), fields 14 and 15.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def forget_peak(self) -> int:
        """Let the peak of memory begin anew; the bytes in use now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")
        return self.memory_bytes()

    def memory_bytes(self) -> int:
        """The bytes in use now."""
        return self._memory_bytes("VmRSS")

    def peak_bytes(self) -> int:
        """The most memory that was in use since `forget_peak`."""
        return self._memory_bytes("VmHWM")

    def _memory_bytes(self, name: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(name)


@contextmanager
def running(
    command: Sequence[str | Path], *, core: int, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server process, pinned to a core, until the end of the block. Its standard output is a pipe."""
    with pinned(core):
        process = subprocess.Popen(
            [str(part) for part in command],
            env=os.environ | dict(environment or {}),
            stdout=subprocess.PIPE,
            text=True,
        )
    with process:
        try:
            yield Server(process)
        finally:
            process.terminate()
            try:
                process.wait(timeout=_END_SECONDS)
            finally:
                process.kill()


def free_port() -> int:
    """A port that was free a moment ago, for servers that cannot choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    """Return when something listens there."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


@dataclass(frozen=True, slots=True)
class Strangers:
    """How busy others keep the machine meanwhile: others than the server and this process with its children."""

    busy_seconds: float
    load_seconds: float
    time: float

    @classmethod
    def now(cls) -> "Strangers":
        """A reading, to be compared with a later one."""
        fields = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
        user, nice, system, _idle, _wait, irq, soft_irq = map(int, fields[:7])
        busy_ticks = user + nice + system + irq + soft_irq
        mine = os.times()  # of the children, those that have ended
        return cls(busy_ticks / _TICKS_PER_SECOND, sum(mine[:4]), time.monotonic())

    def cores_since(self, *, server_seconds: float) -> float:
        """Cores kept busy by strangers since this reading; the server has used ``server_seconds`` of CPU."""
        later = Strangers.now()
        ours = later.load_seconds - self.load_seconds + server_seconds
        return max(0.0, (later.busy_seconds - self.busy_seconds - ours) / (later.time - self.time))


def file_system_of(path: Path) -> str:
    """The kind of file system on which a folder lies, for the table."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, point, each_kind, *_ = line.split()
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, each_kind
    return kind
