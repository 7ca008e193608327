"""The yardstick of whatever is asked with a GET: nginx, one process, no access log."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.machine import Server, free_port, need_program, running, wait_for_port

_CONFIG: Final = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; server_tokens off; keepalive_requests 100000000; default_type {content_type};
  client_header_buffer_size 8k; sendfile on; tcp_nopush on; open_file_cache max=10;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; location / {{ {answer} }} }}
}}
"""
_PIECE_BYTES: Final = 3000  # nginx takes no longer word in its configuration


def always(body: bytes) -> str:
    """``return 200`` with this body, in which no quote and no dollar may be."""
    text = body.decode()
    pieces = [text[start : start + _PIECE_BYTES] for start in range(0, len(text), _PIECE_BYTES)]
    names = [f"$piece{number}" for number in range(len(pieces))]
    lines = [f"set {name} '{piece}';" for name, piece in zip(names, pieces, strict=True)]
    return f'{" ".join(lines)} return 200 "{"".join(names)}";' if len(pieces) > 1 else f"return 200 '{text}';"


def one_file(path: Path) -> str:
    """This file, whatever is asked for."""
    return f"root {path.parent}; try_files /{path.name} =404;"


@contextmanager
def running_nginx(folder: Path, answer: str, *, core: int, content_type: str) -> Iterator[tuple[Server, int]]:
    """nginx in a folder of its own, and its port. Raises `ProgramMissing`."""
    program = need_program("nginx", package="nginx-light")
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        _CONFIG.format(folder=folder, port=port, answer=answer, content_type=content_type), encoding="utf-8"
    )
    command: list[str | Path] = [program, "-p", folder, "-e", folder / "error.log", "-c", config]
    with running(command, core=core) as server:
        wait_for_port(port)
        yield server, port
