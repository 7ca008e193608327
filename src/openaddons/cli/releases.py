"""``openaddons release``: which versions browsers are offered, and how that is changed."""

import itertools
from typing import Any

import click

from openaddons.cli.output import emit, json_option, one_line, table
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.settings import Settings
from openaddons.store.certification.standing import standing_of
from openaddons.store.offers import offer_to_all, offer_to_rings, withdraw_release
from openaddons.store.products import Product, find_product
from openaddons.store.releases import list_standings
from openaddons.store.rolling_back import plan_roll_back, roll_back
from openaddons.store.session import Transaction
from openaddons.store.states import SubmissionState
from openaddons.store.submissions import read_submission


@click.group(short_help="Releases: what browsers are offered.")
def release() -> None:
    """Releases: signed versions, to whom they are offered, roll backs and withdrawals."""


def describe_releases(tx: Transaction, *, product: Product) -> list[dict[str, Any]]:
    """A product's releases, newest first: each with the rings that get it and the version it brings back."""
    answer = []
    for each in list_standings(tx, product_id=product.id):
        standing = plain(each)
        answer.append(standing.pop("release") | standing)
    return answer


def release_table(releases: list[dict[str, Any]]) -> str:
    """Releases as people read them."""
    rows = [("VERSION", "OFFERED TO", "CREATED", "REMARK")]
    rows += [
        (
            each["version"],
            ", ".join((["all"] if each["live"] else []) + [f"ring {ring}" for ring in each["rings"]])
            or "nobody",
            f"{each['created_time'][:16].replace('T', ' ')} UTC",
            "; ".join(_remarks(each)),
        )
        for each in releases
    ]
    return table(rows, empty="There is no release yet: a submission that is approved becomes one.")


def _remarks(release: dict[str, Any]) -> list[str]:
    remarks = [f"content of {release['content_of']}"] if release["content_of"] else []
    return remarks + (
        [f"withdrawn: {one_line(release['withdrawn_reason'])}"] if release["withdrawn_time"] else []
    )


def _described(tx: Transaction, *, product_id: str) -> tuple[Product, list[dict[str, Any]]]:
    product = find_product(tx, id_or_crx_id=product_id)
    return product, describe_releases(tx, product=product)


@release.command("list", short_help="List a product's releases.")
@click.argument("product_id", metavar="PRODUCT")
@store_options
@json_option
def list_(settings: Settings, *, product_id: str, as_json: bool) -> None:
    """List a product's releases, newest first: who is offered which, what was withdrawn or rolled back."""
    with opened(settings) as workshop:
        found, releases = workshop.tools.database.read(_described, product_id=product_id)
    emit(
        {"product_id": found.id, "state": found.state.value, "releases": releases},
        as_json=as_json,
        text=f"{one_line(found.name)}: {found.state}\n{release_table(releases)}",
    )


@release.command(short_help="Bring earlier content back.")
@click.argument("product_id", metavar="PRODUCT")
@click.option(
    "--to", "to_version", metavar="V", help="The version that comes back (default: the one before)."
)
@click.option("--as", "as_version", metavar="V", help="Its new number (default: the next after the highest).")
@click.option("--reason", required=True, help="Why; the publisher reads it.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@store_options
@json_option
def rollback(
    settings: Settings,
    *,
    product_id: str,
    to_version: str | None,
    as_version: str | None,
    reason: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the content of an earlier version back, for all, under a higher number and without a review.

    Browsers never go back to a lower number. Without --to the content is that of the version before; if a ring
    is ahead, that of the version which all are offered. What is in review stays there.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        plan = database.read(plan_roll_back, product=found, to_version=to_version, as_version=as_version)
        answer: dict[str, Any] = {
            "product_id": found.id,
            "from_version": plan.leaves.version,
            "to_version": plan.restores.version,
            "as_version": plan.version,
            "dry_run": dry_run,
        }
        words = f"{plan.leaves.version} back to {plan.restores.version}, as {plan.version}"
        if dry_run:
            emit(
                answer,
                as_json=as_json,
                text=f"{one_line(found.name)} would go from {words}. Nothing was done.",
            )
            return
        # By name, so that what is done is what was planned: something may have come between.
        asked = database.run(
            roll_back,
            product_id=found.id,
            to_version=plan.restores.version,
            as_version=plan.version,
            reason=reason,
            actor=operator(),
        )
        workshop.finish(found.id)
        asked = database.read(read_submission, submission_id=asked.id)
        waits_for = database.read(standing_of, submission=asked).awaited
    answer |= {"submission_id": asked.id, "state": asked.state.value, "waits_for": waits_for}
    if asked.state is SubmissionState.IN_STORE:
        text = f"{one_line(found.name)} went from {words}. Browsers get it with their next update check."
    else:
        waits = f"; it waits for {waits_for}" if waits_for else ""
        text = f"{one_line(found.name)} goes from {words}. Submission {asked.id}: {asked.state}{waits}."
    emit(answer, as_json=as_json, text=text)


@release.command(short_help="Offer a version to rings or to all.")
@click.argument("product_id", metavar="PRODUCT")
@click.argument("version")
@click.option("--ring", "names", multiple=True, metavar="R", help="To this ring; may be repeated.")
@click.option("--all", "to_all", is_flag=True, help="To everybody.")
@store_options
@json_option
def offer(
    settings: Settings, *, product_id: str, version: str, names: tuple[str, ...], to_all: bool, as_json: bool
) -> None:
    """Offer a version to rings before all, or at last to all."""
    if to_all == bool(names):
        raise click.UsageError("Give --ring R (as often as you like) or --all.")
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        if to_all:
            offered = database.run(offer_to_all, product_id=found.id, version=version, actor=operator())
        else:
            offered = database.run(
                offer_to_rings, product_id=found.id, version=version, names=names, actor=operator()
            )
        found, releases = database.read(_described, product_id=found.id)
    whom = "all" if to_all else ", ".join(f"ring {name}" for name in sorted(set(names)))
    emit(
        {"product_id": found.id, "version": offered.version, "releases": releases},
        as_json=as_json,
        text=f"{one_line(found.name)} {offered.version} is offered to {whom}.\n{release_table(releases)}",
    )


@release.command(short_help="Offer a version no longer.")
@click.argument("product_id", metavar="PRODUCT")
@click.argument("version")
@click.option("--reason", required=True, help="Why; the publisher reads it.")
@store_options
@json_option
def withdraw(settings: Settings, *, product_id: str, version: str, reason: str, as_json: bool) -> None:
    """Offer a version no longer, to anybody. Who has not got it gets the one before.

    Browsers that have it keep it: to take it from them, roll back with openaddons release rollback.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        withdrawn = database.run(
            withdraw_release, product_id=found.id, version=version, reason=reason, actor=operator()
        )
        found, releases = database.read(_described, product_id=found.id)
    text = f"{one_line(found.name)} {withdrawn.version} is withdrawn."
    newer = itertools.takewhile(lambda each: each["id"] != withdrawn.id, releases)
    if not any(each["live"] or each["rings"] for each in newer):
        text += (
            " Browsers that have it keep it; to bring other content to them: "
            f"openaddons release rollback {found.id} --to V --reason R"
        )
    emit(
        {"product_id": found.id, "version": withdrawn.version, "releases": releases},
        as_json=as_json,
        text=f"{text}\n{release_table(releases)}",
    )
