"""Runs in namespaces of its own: takes Microsoft's names for itself there, then becomes the client.

Nothing outside sees the names or the port, and the client reaches nothing else: its network is a loopback
device with this one listener, which is handed out to the relay.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

_SIOCSIFFLAGS = 0x8914  # linux/sockios.h
_IFF_UP = 1


def main() -> None:
    """``inside.py DESCRIPTOR HOSTS COMMAND…``: listen, send the listener through DESCRIPTOR, run COMMAND."""
    descriptor, hosts, *command = sys.argv[1:]
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    with socket.socket(fileno=int(descriptor)) as outside, socket.create_server(("127.0.0.1", 443)) as inside:
        socket.send_fds(outside, [b"443"], [inside.fileno()])
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
