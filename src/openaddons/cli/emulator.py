"""``openaddons emulator``: the store for a test suite."""

import gc
import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from openaddons.errors import ControlRefused
from openaddons.logs import configure_logs
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.surfaces.emulator.seed import DEFAULT_SEED, read_seed
from openaddons.surfaces.emulator.wire import Seed

_RESERVED_HELP = "\b\nReserved products, which behave the same whatever is sent to them:\n" + "\n".join(
    f"  {each.id}  {each.name}" for each in RESERVED
)


@click.command(short_help="Run the store for tests.", epilog=_RESERVED_HELP)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="H", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port (default: 0, the system chooses one that is free).",
)
@click.option(
    "--seed",
    "seed_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON or TOML file with the publishers and products to begin with (docs/emulator.md).",
)
@click.option(
    "--ready-json", is_flag=True, help="Say that it is ready, and how to use it, as one line of JSON."
)
def emulator(*, host: str, port: int, seed_path: Path | None, ready_json: bool) -> None:
    """Run the store for a test suite: the same server, with nothing kept and every failure on demand.

    It begins with a publisher, credentials of both kinds and a product that is in the store; certification is
    automatic. It lives in memory and a temporary folder that is removed at its end. There is no lock on its
    controls under /emulator: do not let it listen where others can reach it.

    GET /emulator lists what there is; docs/emulator.md describes clock, progress, faults and journal.
    """
    gc.disable()  # nothing of what is imported is to go again: looking for it takes a tenth of the start
    import uvloop

    from openaddons.emulation import emulate
    from openaddons.server import serve

    signal.signal(signal.SIGTERM, _leave)  # until the server takes it over, and when it has given it back
    seed = _read(seed_path)
    configure_logs("warning")
    with emulate(seed, host=host, port=port) as (made, listening):
        uvloop.run(
            serve(
                made.workshop,
                listening,
                on_ready=lambda _: _say_ready(made.ready(), as_json=ready_json),
                emulation=made,
            )
        )


def _read(path: Path | None) -> Seed:
    try:
        return DEFAULT_SEED if path is None else read_seed(path)
    except (OSError, ControlRefused) as error:
        raise click.UsageError(f"--seed: {error}") from None


def _leave(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)


def _say_ready(ready: dict[str, Any], *, as_json: bool) -> None:
    gc.freeze()
    gc.enable()
    if as_json:
        click.echo(json.dumps(ready))
        return
    variables = {
        "EDGE_ADDONS_BASE_URL": ready["url"],
        "EDGE_ADDONS_PRODUCT_ID": ready["productId"],
        "EDGE_ADDONS_CLIENT_ID": ready["clientId"],
        "EDGE_ADDONS_API_KEY": ready["apiKey"],
    }
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())
    click.echo(
        f"The OpenAddons emulator serves {ready['url']}. Ctrl+C ends it, and nothing is kept.\n\n"
        f"{exports}\n\n"
        f"Publish to it, in another terminal:   openaddons publish extension.zip\n"
        f"The older credentials, instead:       export EDGE_ADDONS_CLIENT_SECRET={ready['clientSecret']}\n"
        f"                                      export EDGE_ADDONS_TOKEN_URL={ready['tokenUrl']}\n"
        f"What there is, and how to control it: curl {ready['controlUrl']}"
    )
