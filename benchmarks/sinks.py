"""Yardsticks for uploads: ``python -m benchmarks.sinks drop|keep FOLDER`` is a bare ASGI function on uvicorn.

``drop`` reads the body and forgets it. ``keep`` hashes it and writes it to a new file as it comes, on the event
loop. Neither checks anything, knows anybody, keeps a row or makes anything durable.
"""

import hashlib
import itertools
import sys
from pathlib import Path
from typing import Any

import uvicorn

_ACCEPTED = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}


async def drop(_scope: Any, receive: Any, send: Any) -> None:
    """Read and forget."""
    while (await receive()).get("more_body"):
        pass
    await send(_ACCEPTED)
    await send({"type": "http.response.body"})


def keep_in(folder: Path) -> Any:
    """Hash and write to a new file."""
    numbers = itertools.count()

    async def keep(_scope: Any, receive: Any, send: Any) -> None:
        digest, more = hashlib.sha256(), True
        with (folder / f"{next(numbers)}").open("xb", buffering=0) as file:
            while more:
                message = await receive()
                digest.update(message["body"])
                file.write(message["body"])
                more = message.get("more_body", False)
        digest.hexdigest()
        await send(_ACCEPTED)
        await send({"type": "http.response.body"})

    return keep


class _Server(uvicorn.Server):
    async def startup(self, *args: Any, **kwargs: Any) -> None:
        await super().startup(*args, **kwargs)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


def main() -> None:
    """Serve on a port that the system chooses, and print it."""
    kind, folder = sys.argv[1:]
    _Server(
        uvicorn.Config(
            drop if kind == "drop" else keep_in(Path(folder)),
            host="127.0.0.1",
            port=0,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
        )
    ).run()


if __name__ == "__main__":
    main()
