"""``openaddons certification``: who approves submissions of products that have no policy of their own."""

import click

from openaddons.cli.output import emit, json_option
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.certification.policies import (
    Source,
    choose_store_certification,
    store_certification_in_force,
)

_SETTING = Source.SETTING.value


@click.command(short_help="Show or choose who approves.")
@click.argument(
    "policy", required=False, type=click.Choice([*(each.value for each in CertificationPolicy), _SETTING])
)
@click.option("--delay", "delay_seconds", type=int, help="Seconds, for the policy delayed.")
@store_options
@json_option
def certification(
    settings: Settings, *, policy: str | None, delay_seconds: int | None, as_json: bool
) -> None:
    """Show the store's certification policy, or choose it: automatic, manual, delayed; setting for the setting's.

    It counts at once, in every process, for products that have none of their own (openaddons product policy).
    What is in review stays under the policy with which it was submitted.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        if policy is not None:
            database.run(
                choose_store_certification,
                policy=None if policy == _SETTING else CertificationPolicy(policy),
                delay_seconds=delay_seconds,
                actor=operator(),
            )
        found = database.read(store_certification_in_force, settings=settings)
    whence = "the setting OPENADDONS_CERTIFICATION"
    if found.chosen_time is not None:
        whence = f"{found.chosen_by}, {found.chosen_time:%Y-%m-%d %H:%M} UTC"
    delay = f" after {found.delay_seconds} seconds" if found.policy is CertificationPolicy.DELAYED else ""
    emit(
        plain(found),
        as_json=as_json,
        text=f"Submissions are certified by policy: {found.policy}{delay} ({whence}).",
    )
