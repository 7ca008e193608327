"""``openaddons demo``: a store on this machine, and one extension that goes through it."""

import io
import json
import shlex
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from openaddons.app import open_store
from openaddons.cli.store import (
    FIRST_INVITATION,
    first_invitation,
    keep_url,
    make_settings,
    operator,
)
from openaddons.client import ApiKey, EdgeAddons
from openaddons.errors import Refusal
from openaddons.logs import configure_logs
from openaddons.packages.version import Version
from openaddons.store.operations import Outcome
from openaddons.store.products import Product, find_product, list_products
from openaddons.store.publishers import (
    CredentialKind,
    Publisher,
    create_credential,
    create_publisher,
    list_publishers,
)
from openaddons.store.releases import read_release
from openaddons.store.states import OperationState
from openaddons.work.creating import make_product, put_package, submit
from openaddons.work.workshop import Workshop

_PATIENCE_SECONDS = 120.0


class DemoFailed(Refusal):
    """The example could not be published: {problem}"""

    code = "DemoFailed"


@dataclass(frozen=True, slots=True)
class _Example:
    """The extension in a folder, as packages of three versions: the first, the one of today, the next."""

    name: str
    packages: dict[str, Path]

    @property
    def versions(self) -> tuple[str, str, str]:
        first, today, following = self.packages
        return first, today, following


@click.command(short_help="A store on this machine, with one extension in it.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the store (default: data).")
@click.option("--extension", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--host", metavar="H", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 lets the system choose (default: 8787).")
def demo(*, extension: Path, **chosen: Any) -> None:
    """Start a store and, the first time, publish the extension in a folder through it.

    Makes a publisher, credentials and a product that is in the store; then publishes an update by the API, as a
    publisher's tool would. Prints the credentials and the calls to repeat it, and stays up. A second start
    keeps the data.
    """
    import uvloop

    from openaddons.server import listen, serve

    settings, listening = listen(make_settings(**chosen))
    configure_logs("warning")
    failed: list[BaseException] = []
    with listening, open_store(settings) as workshop:

        async def run() -> None:
            import asyncio

            loop, stopping = asyncio.get_running_loop(), asyncio.Event()

            def tell(url: str) -> None:
                try:
                    keep_url(settings, url)
                    _story(workshop, url, extension)
                except BaseException as error:  # shown by the main thread, below
                    failed.append(error)
                    loop.call_soon_threadsafe(stopping.set)

            def on_ready(url: str) -> None:
                threading.Thread(target=tell, args=(url,), name="openaddons-demo", daemon=True).start()

            await serve(workshop, listening, on_ready=on_ready, stopping=stopping)

        uvloop.run(run())
    if failed:
        raise failed[0]


def _story(workshop: Workshop, url: str, extension: Path) -> None:
    click.echo(f"OpenAddons serves {url}; its data is in {workshop.tools.settings.data}.")
    if workshop.tools.database.read(list_publishers):
        _tell_kept(workshop)
    else:
        _publish_example(workshop, url, extension)
    if (first := first_invitation(workshop, url)) is not None:
        click.echo(f"\n{FIRST_INVITATION}\n\n  {first}")
    click.echo("\nThe store stays up. Ctrl+C stops it; the data stays.")


def _tell_kept(workshop: Workshop) -> None:
    products = workshop.tools.database.read(list_products)
    click.echo("It has data from an earlier start:")
    for product in products:
        click.echo(f"  {product.name}: {product.state}, product ID {product.id}")
    click.echo("The keys were shown then. A new one: openaddons key create --publisher Demo --data DATA")


@contextmanager
def _saying(text: str) -> Iterator[None]:
    """Say what goes on, and that it is done."""
    click.echo(f"  {text} … ", nl=False)
    yield
    click.echo("done")


def _publish_example(workshop: Workshop, url: str, extension: Path) -> None:
    tools = workshop.tools
    example = _pack(extension, tools.settings.data / "demo")
    first, today, _ = example.versions
    click.echo("\nThe first start. A store needs a publisher and a product:")
    with _saying("publisher “Demo” with a client ID, an API key and a client secret"):
        publisher, key = _make_publisher(workshop)
    with _saying(f"product “{example.name}”, version {first}: checked, certified, signed, in the store"):
        product = _make_product(workshop, publisher, example)
    click.echo(f"\nAn update by the Edge Add-ons API, version {today}, as any publishing tool sends it:")
    with EdgeAddons(ApiKey(publisher.client_id, key), base_url=url, timeout_seconds=_PATIENCE_SECONDS) as api:
        with _saying("POST package (202)"):
            operation_id = api.upload(product.id, example.packages[today])
        with _saying("GET operation, until it has ended"):
            uploaded = api.wait_upload(product.id, operation_id)
        click.echo(f"    {uploaded.message}")
        with _saying("POST submissions (202)"):
            operation_id = api.publish(product.id, notes="The example of OpenAddons.")
        with _saying("GET operation, until it has ended"):
            published = api.wait_publish(product.id, operation_id)
        click.echo(f"    {published.message}")
    with _saying("certification by policy “automatic”, then the signed release"):
        if not workshop.finish(product.id):
            raise DemoFailed(problem="the release took too long.")
    _tell_what_is(workshop, product, url)
    _tell_how_to_repeat(workshop, product, url, example, client_id=publisher.client_id, key=key)


def _make_publisher(workshop: Workshop) -> tuple[Publisher, str]:
    database, lifetime = workshop.tools.database, timedelta(days=workshop.tools.settings.key_days)
    publisher = database.run(create_publisher, name="Demo", actor=operator())
    kinds = (CredentialKind.API_KEY, CredentialKind.CLIENT_SECRET)
    secrets = [
        database.run(create_credential, publisher=publisher, kind=kind, lifetime=lifetime, actor=operator())[
            1
        ]
        for kind in kinds
    ]
    return publisher, secrets[0]


def _make_product(workshop: Workshop, publisher: Publisher, example: _Example) -> Product:
    product = make_product(workshop.tools, publisher=publisher, name=example.name, actor=operator())
    path = example.packages[example.versions[0]]
    ended = put_package(workshop, product=product, publisher=publisher, path=path, actor=operator())
    if ended.state is OperationState.FAILED:
        raise DemoFailed(problem=ended.message)
    answer = submit(workshop, product_id=product.id, notes="", actor=operator())
    if isinstance(answer, Outcome):
        raise DemoFailed(problem=answer.message)
    return product


def _tell_what_is(workshop: Workshop, product: Product, url: str) -> None:
    database = workshop.tools.database
    now = database.read(find_product, id_or_crx_id=product.id)
    assert now.live_release_id is not None
    release = database.read(read_release, release_id=now.live_release_id)
    click.echo(
        f"\n{product.name} {release.version} is published: a CRX3 of {release.size_bytes} bytes, "
        f"sha256 {release.digest}\n\n"
        f"  store       {url}\n  its page    {url}/addons/{product.crx_id}\n"
        f"  product ID  {product.id}\n  CRX ID      {product.crx_id}"
    )


def _tell_how_to_repeat(
    workshop: Workshop, product: Product, url: str, example: _Example, *, client_id: str, key: str
) -> None:
    following = example.versions[2]
    package = shlex.quote(str(example.packages[following]))
    click.echo(
        f"""  client ID   {client_id}
  API key     {key}   (shown once; ends in {workshop.tools.settings.key_days} days)

Publish version {following} yourself, in another terminal:

  KEY='{key}'
  DRAFT={url}/v1/products/{product.id}/submissions
  edge() {{ curl -sS -i -H "Authorization: ApiKey $KEY" -H 'X-ClientID: {client_id}' "$@"; }}

  edge -H 'Content-Type: application/zip' --data-binary @{package} $DRAFT/draft/package
  edge $DRAFT/draft/package/operations/OPERATION_ID      # the id is in the Location header above
  edge -d '{{"notes":"by hand"}}' $DRAFT
  edge $DRAFT/operations/OPERATION_ID

or with the client:

  EDGE_ADDONS_API_KEY=$KEY {_program()} publish {package} \\
    --base-url {url} --product {product.id} --client-id {client_id}"""
    )


def _program() -> str:
    """How this program was called, so that the printed line works where ``openaddons`` is not on the path."""
    called = Path(sys.argv[0])
    return shlex.quote(sys.argv[0]) if called.name == "openaddons" else "openaddons"


def _pack(extension: Path, target: Path) -> _Example:
    """The extension in the versions that the story needs: its own, one before and one after."""
    target.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((extension / "manifest.json").read_text(encoding="utf-8"))
    today = str(Version.parse(manifest["version"]))
    major, minor = ([int(part) for part in today.split(".")] + [0])[:2]
    packages = {}
    for version in (f"{major}.{max(minor - 1, 0)}.0", today, f"{major}.{minor + 1}.0"):
        packages[version] = target / f"{extension.name}-{version}.zip"
        packages[version].write_bytes(_zip(extension, manifest | {"version": version}))
    return _Example(name=extension.name.replace("-", " ").title(), packages=packages)


def _zip(extension: Path, manifest: dict[str, Any]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(extension.rglob("*")):
            name = path.relative_to(extension).as_posix()
            if name == "manifest.json":
                archive.writestr(name, json.dumps(manifest, indent=2))
            elif path.is_file() and name != "README.md":
                archive.write(path, name)
    return packed.getvalue()
