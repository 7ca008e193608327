"""``openaddons product``: create, list, show, publish and unpublish products."""

from pathlib import Path
from typing import Any, BinaryIO

import click

from openaddons.cli.output import emit, json_option, table
from openaddons.cli.releases import describe_releases, release_table
from openaddons.cli.rings import update_url
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.errors import Refusal
from openaddons.packages.check import check
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings, ring_update_url
from openaddons.store.certification.policies import certification_in_force
from openaddons.store.certification.standing import standing_of_product, standings_of
from openaddons.store.keeping_back import (
    block_product,
    lift_quarantine,
    quarantine_product,
    unblock_product,
)
from openaddons.store.offers import list_rings, set_first_rings
from openaddons.store.operations import Outcome
from openaddons.store.products import Product, find_product, list_products, set_certification
from openaddons.store.publishers import find_publisher
from openaddons.store.releasing import unpublish_product
from openaddons.store.states import OperationState
from openaddons.store.submissions import list_submissions
from openaddons.work.creating import make_product, put_package, submit
from openaddons.work.tools import upload_limits
from openaddons.work.workshop import Workshop

_KEY_BYTES_LIMIT = 1 << 16
_POLICIES = click.Choice([policy.value for policy in CertificationPolicy])


class PackageRefused(Refusal):
    """{message}"""

    code = "PackageValidationError"


class PublishRefused(Refusal):
    """{message}"""

    code = "PublishRefused"


@click.group(short_help="Products: add-ons with their id, key and state.")
def product() -> None:
    """Products: add-ons, each with a product ID for the API and a CRX ID for browsers."""


def _answer(found: Product) -> dict[str, Any]:
    answer: dict[str, Any] = plain(found)
    return {"product_id": answer.pop("id")} | answer


@product.command(short_help="Make a product.")
@click.option("--publisher", "publisher_name", required=True, metavar="P", help="Name, id or client ID.")
@click.option(
    "--package",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first package, a .zip.",
)
@click.option("--name", help="Its name (default: as in the package's manifest).")
@click.option("--published", is_flag=True, help="Submit the package at once: the API publishes updates only.")
@click.option(
    "--key",
    "key_file",
    type=click.File("rb"),
    metavar="FILE",
    help="Its signing key, PEM (default: a new one). An add-on that is in the field keeps its CRX ID by it.",
)
@click.option(
    "--certification", type=_POLICIES, help="Who approves its submissions (default: the store's policy)."
)
@store_options
@json_option
def create(
    settings: Settings,
    *,
    publisher_name: str,
    package: Path | None,
    name: str | None,
    published: bool,
    key_file: BinaryIO | None,
    certification: str | None,
    as_json: bool,
) -> None:
    """Make a product, with a signing key and so a CRX ID that it keeps for life.

    With --published the package goes through the same check, certification and release as anyone's; under
    manual certification it then waits for openaddons submission approve.
    """
    if published and package is None:
        raise click.UsageError("--published needs --package.")
    if package is not None:
        packaged_name = _name_of(package, settings)
        name = name or packaged_name
    if name is None:
        raise click.UsageError("Give --name or --package.")
    with opened(settings) as workshop:
        database = workshop.tools.database
        owner = database.read(find_publisher, name_or_id=publisher_name)
        pem = None if key_file is None else key_file.read(_KEY_BYTES_LIMIT)
        made = make_product(workshop.tools, publisher=owner, name=name, actor=operator(), pem=pem)
        if certification is not None:
            database.run(
                set_certification,
                product_id=made.id,
                policy=certification,
                delay_seconds=None,
                actor=operator(),
            )
        if package is not None:
            ended = put_package(workshop, product=made, publisher=owner, path=package, actor=operator())
            if ended.state is OperationState.FAILED:
                raise PackageRefused(
                    message=f"{ended.message} The product {made.id} was made without a package."
                )
        if published:
            _submit(workshop, made.id, notes="")
        made = database.read(find_product, id_or_crx_id=made.id)
    text = (
        f"Product {made.name!r} is made: {made.state}.\n\n"
        f"  product ID  {made.id}\n  CRX ID      {made.crx_id}"
    )
    emit(_answer(made), as_json=as_json, text=text)


def _name_of(package: Path, settings: Settings) -> str:
    """The name in the package's manifest; a package that is refused is so before anything is made."""
    with package.open("rb") as file:
        report = check(
            file,
            limits=upload_limits(settings),
            allow_manifest_v2=settings.allow_manifest_v2,
        )
    if report.package is None:
        lines = "\n".join(f"  {each.code}: {each.message} {each.fix}" for each in report.errors)
        raise PackageRefused(message=f"{package} is refused.\n{lines}\n")
    return report.package.name


def _submit(workshop: Workshop, product_id: str, *, notes: str) -> str:
    answer = submit(workshop, product_id=product_id, notes=notes, actor=operator())
    if isinstance(answer, Outcome):
        details = "; ".join(each["message"] for each in answer.errors or ())
        raise PublishRefused(message=f"{answer.message} {details}".strip())
    return answer.id


@product.command("submit", short_help="Send the draft to certification.")
@click.argument("product_id")
@click.option("--notes", default="", help="Notes for certification.")
@store_options
@json_option
def submit_(settings: Settings, *, product_id: str, notes: str, as_json: bool) -> None:
    """Send the draft of a product to certification: the first time too, which the API does not allow."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        submission_id = _submit(workshop, found.id, notes=notes)
        found = database.read(find_product, id_or_crx_id=found.id)
    emit(
        {"product_id": found.id, "submission_id": submission_id, "state": found.state.value},
        as_json=as_json,
        text=f"Submission {submission_id} is made. The product is: {found.state}.",
    )


@product.command("list", short_help="List products.")
@click.option("--publisher", "publisher_name", metavar="P", help="Of this publisher alone.")
@store_options
@json_option
def list_(settings: Settings, *, publisher_name: str | None, as_json: bool) -> None:
    """List products with their state."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        owner = publisher_name and database.read(find_publisher, name_or_id=publisher_name)
        found = database.read(list_products, publisher=owner or None)
    rows = [("PRODUCT", "CRX ID", "STATE", "NAME")]
    rows += [(each.id, each.crx_id, each.state.value, each.name) for each in found]
    emit(
        {"products": [_answer(each) for each in found]},
        as_json=as_json,
        text=table(rows, empty="There is no product yet. Make one: openaddons product create --publisher P"),
    )


@product.command(short_help="Show a product.")
@click.argument("product_id")
@store_options
@json_option
def show(settings: Settings, *, product_id: str, as_json: bool) -> None:
    """Show a product: its state, who is offered what and where, and what is pending and what for."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        releases = database.read(describe_releases, product=found)
        rings = database.read(list_rings)
        url = database.read(update_url, settings)
        submissions = database.read(list_submissions, product_id=found.id, limit=20)
        standings = database.read(standings_of, found=submissions)
        standing = database.read(standing_of_product, product=found)
        certification = database.read(certification_in_force, product=found, settings=settings)
    live = next((each for each in releases if each["live"]), None)
    answer = _answer(found) | {
        "update_url": url,
        "ring_update_urls": {ring.name: ring_update_url(url, ring.name) for ring in rings},
        "live": live,
        "releases": releases,
        "standing": plain(standing),
        "certification_in_force": plain(certification),
        "submissions": [plain(each) | {"waits_for": standings[each.id].awaited} for each in submissions],
    }
    lines = [
        f"{found.name}: {found.state}",
        f"  product ID  {found.id}",
        f"  CRX ID      {found.crx_id}",
        f"  live        {'{version}, sha256 {digest}'.format(**live) if live else 'nothing'}",
        *([f"  kept back   {found.kept_back_reason}"] if found.kept_back_reason else []),
        f"  first to    {', '.join(f'ring {name}' for name in found.first_rings) or 'all at once'}",
        f"  updates     {url}",
        *(f"              {each} (ring {name})" for name, each in answer["ring_update_urls"].items()),
        f"  policy      {certification.policy}{'' if found.certification else ' (as the store)'}",
        f"  waits for   {standing.words}",
    ]
    lines += [
        f"  {each.state:<14} {each.version:<12} submission {each.id}"
        + (", a roll back" if each.restored_release_id else "")
        + (f", waits for {awaited}" if (awaited := standings[each.id].awaited) else "")
        + (f": {each.reason}" if each.reason else "")
        for each in submissions
    ]
    if releases:
        lines += ["", release_table(releases)]
    emit(answer, as_json=as_json, text="\n".join(lines))


@product.command(short_help="Choose the rings that get releases first.")
@click.argument("product_id", metavar="PRODUCT")
@click.option("--first", "names", multiple=True, metavar="R", help="This ring; may be repeated.")
@click.option("--none", is_flag=True, help="None: all get a release at once.")
@store_options
@json_option
def rings(settings: Settings, *, product_id: str, names: tuple[str, ...], none: bool, as_json: bool) -> None:
    """Choose the rings that get a product's next releases first; openaddons release offer gives them to all.

    What is offered now stays as it is, and a roll back is offered to all at once.
    """
    if none == bool(names):
        raise click.UsageError("Give --first R (as often as you like) or --none.")
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        found = database.run(set_first_rings, product_id=found.id, names=names, actor=operator())
    whom = ", ".join(f"ring {name}" for name in found.first_rings)
    emit(
        _answer(found),
        as_json=as_json,
        text=f"The next releases of {found.name!r} are offered {f'first to {whom}' if whom else 'to all at once'}.",
    )


@product.command(short_help="Choose who approves a product's submissions.")
@click.argument("product_id")
@click.argument("policy", type=click.Choice([*(each.value for each in CertificationPolicy), "store"]))
@click.option("--delay", "delay_seconds", type=click.IntRange(0), help="Seconds, for the policy delayed.")
@store_options
@json_option
def policy(
    settings: Settings, *, product_id: str, policy: str, delay_seconds: int | None, as_json: bool
) -> None:
    """Set a product's certification policy: automatic, manual, delayed, or store for the store's own."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        found = database.run(
            set_certification,
            product_id=found.id,
            policy=None if policy == "store" else policy,
            delay_seconds=delay_seconds,
            actor=operator(),
        )
    emit(
        _answer(found),
        as_json=as_json,
        text=f"Submissions of {found.name!r} are certified by policy: {policy}.",
    )


@product.command(short_help="Take a product out of the store.")
@click.argument("product_id")
@store_options
@json_option
def unpublish(settings: Settings, *, product_id: str, as_json: bool) -> None:
    """Take a product out of the store. What is pending is cancelled; installed copies keep working."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        database.run(unpublish_product, product_id=found.id, actor=operator())
        workshop.finish(found.id)
        found = database.read(find_product, id_or_crx_id=found.id)
    emit(_answer(found), as_json=as_json, text=f"{found.name}: {found.state}")


@product.command(short_help="Block a product.")
@click.argument("product_id")
@click.option("--reason", required=True, help="Why; the publisher reads it.")
@store_options
@json_option
def block(settings: Settings, *, product_id: str, reason: str, as_json: bool) -> None:
    """Take a product out of the store by order of its operator."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        found = database.run(block_product, product_id=found.id, reason=reason, actor=operator())
    emit(_answer(found), as_json=as_json, text=f"{found.name}: {found.state}")


@product.command(short_help="Let a blocked product back.")
@click.argument("product_id")
@store_options
@json_option
def unblock(settings: Settings, *, product_id: str, as_json: bool) -> None:
    """Let a blocked product back to where it was."""
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        found = database.run(unblock_product, product_id=found.id, actor=operator())
    emit(_answer(found), as_json=as_json, text=f"{found.name}: {found.state}")


@product.command(short_help="Offer a product to nobody while it is looked at.")
@click.argument("product_id")
@click.option("--reason", help="Why; the publisher reads it.")
@click.option("--lift", is_flag=True, help="Offer it again.")
@store_options
@json_option
def quarantine(settings: Settings, *, product_id: str, reason: str | None, lift: bool, as_json: bool) -> None:
    """Offer a product to nobody while it is looked at. Browsers that have it keep it.

    Reviews go on, so the publisher can send what mends it; what is released is offered once --lift ends it.
    """
    if lift == (reason is not None):
        raise click.UsageError("Give --reason TEXT, or --lift to end it.")
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        if reason is None:
            found = database.run(lift_quarantine, product_id=found.id, actor=operator())
        else:
            found = database.run(quarantine_product, product_id=found.id, reason=reason, actor=operator())
    state = f"{found.state}{', in quarantine: nobody is offered it' if found.quarantined else ''}"
    emit(_answer(found), as_json=as_json, text=f"{found.name}: {state}")
