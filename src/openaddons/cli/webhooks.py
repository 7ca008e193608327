"""``openaddons webhook``: the URLs that a distant OpenAddons store tells what happens."""

from itertools import islice
from typing import Final

import click

from openaddons.cli.output import one_line, table
from openaddons.cli.publishing.by_click import EXIT_CODES, guid, managing_command
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.managed import facts_of, minute
from openaddons.cli.publishing.steps import Run
from openaddons.client import NewWebhook

_WEBHOOK: Final = click.argument("webhook_id", metavar="WEBHOOK", callback=guid)
_TYPE: Final = click.option(
    "--type", "types", multiple=True, metavar="T", help="Tell it this; may be repeated. Without any: all."
)
_OVERLAP_HOURS: Final = 24


@click.group(short_help="URLs that are told what happens.")
def webhook() -> None:
    """Webhooks: URLs that are told what happens to your products; docs/webhooks.md says how, and lists the types."""


@webhook.command("list", short_help="List webhooks.", epilog=EXIT_CODES)
@managing_command
def list_(run: Run) -> Ending:
    """List your webhooks: what each is told, and when it last took something."""
    found = run.store.webhooks()
    rows = [("WEBHOOK", "STATE", "LAST SUCCESS", "TYPES", "URL")]
    rows += [
        (
            each.id,
            "enabled" if each.enabled else f"disabled: {one_line(each.disabled_reason or 'by hand')}",
            minute(each.last_success_time) or "never",
            one_line(" ".join(each.types)) or "all",
            one_line(each.url),
        )
        for each in found
    ]
    newest = found[-1].id if found else None
    words = ("webhook", "deliveries", newest) if newest else ("webhook", "create", "URL")
    return Ending(
        "listed",
        f"Webhooks: {len(found)}.",
        "To see what was posted to one:" if newest else "To make one:",
        commands=(run.destination.command(*words),),
        details=tuple(table(rows, empty="").splitlines()),
        facts={"webhooks": [facts_of(each) for each in found]},
    )


@webhook.command(short_help="Make a webhook.", epilog=EXIT_CODES)
@click.argument("url")
@_TYPE
@managing_command
def create(run: Run, *, url: str, types: tuple[str, ...]) -> Ending:
    """Have URL told what happens. Its secret, with which it checks that it is told by the store, is shown once."""
    made = run.store.create_webhook(url, types=types)
    return _with_secret("created", f"Webhook {made.id} is made.", made, run)


@webhook.command(short_help="Change a webhook.", epilog=EXIT_CODES)
@_WEBHOOK
@click.option("--url", metavar="URL", help="Tell this URL.")
@_TYPE
@click.option("--all-types", is_flag=True, help="Tell it everything.")
@click.option("--enable/--disable", "enabled", default=None, help="Tell it again, or nothing for now.")
@managing_command
def change(
    run: Run,
    *,
    webhook_id: str,
    url: str | None,
    types: tuple[str, ...],
    all_types: bool,
    enabled: bool | None,
) -> Ending:
    """Change a webhook; what is not given stays. One that the store has disabled is enabled so, too."""
    if all_types and types:
        raise click.UsageError("Give --type or --all-types, not both.")
    chosen = types if types or all_types else None
    if url is None and chosen is None and enabled is None:
        raise click.UsageError("Give --url, --type, --all-types, --enable or --disable.")
    changed = run.store.change_webhook(webhook_id, url=url, types=chosen, enabled=enabled)
    words = ("test", changed.id) if changed.enabled else ("change", changed.id, "--enable")
    return Ending(
        "changed",
        f"Webhook {changed.id} is changed.",
        "To try it:" if changed.enabled else "It is disabled. To enable it:",
        commands=(run.destination.command("webhook", *words),),
        facts={"webhook": facts_of(changed)},
    )


@webhook.command(short_help="Make a new secret.", epilog=EXIT_CODES)
@_WEBHOOK
@click.option(
    "--overlap-hours",
    type=click.IntRange(0),
    default=_OVERLAP_HOURS,
    show_default=True,
    help="How long the former secret signs, too.",
)
@managing_command
def rotate(run: Run, *, webhook_id: str, overlap_hours: int) -> Ending:
    """Make a new secret, which is shown once. The former one signs, too, for a while: so no message is lost."""
    made = run.store.rotate_webhook_secret(webhook_id, overlap_hours=overlap_hours)
    until = minute(made.former_secret_until_time)
    return _with_secret("rotated", f"The former secret of webhook {made.id} signs until {until}.", made, run)


@webhook.command(short_help="Post a test event.", epilog=EXIT_CODES)
@_WEBHOOK
@managing_command
def test(run: Run, *, webhook_id: str) -> Ending:
    """Have an event of the type webhook.tested posted."""
    return _queued("A test event", run.store.try_webhook(webhook_id), webhook_id, run)


@webhook.command(short_help="List what was posted.", epilog=EXIT_CODES)
@_WEBHOOK
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many, the newest.")
@managing_command
def deliveries(run: Run, *, webhook_id: str, limit: int) -> Ending:
    """List what was posted to a webhook and how it went, the newest first."""
    found = tuple(islice(run.store.deliveries(webhook_id), limit))
    rows = [("DELIVERY", "TYPE", "STATE", "TRIES", "LAST", "ANSWER", "NEXT")]
    rows += [
        (
            each.id,
            one_line(each.type),
            one_line(each.state),
            str(each.attempt),
            minute(each.tried_time),
            one_line(f"{each.status or ''} {each.answer or ''}")[:60],
            minute(each.next_time),
        )
        for each in found
    ]
    return Ending(
        "listed",
        f"Deliveries to webhook {webhook_id}: {len(found)}.",
        "To post one once more:",
        commands=(run.destination.command("webhook", "redeliver", webhook_id, "DELIVERY"),),
        details=tuple(table(rows, empty="").splitlines()),
        facts={"deliveries": [facts_of(each) for each in found]},
    )


@webhook.command(short_help="Post an event once more.", epilog=EXIT_CODES)
@_WEBHOOK
@click.argument("delivery_id", metavar="DELIVERY", callback=guid)
@managing_command
def redeliver(run: Run, *, webhook_id: str, delivery_id: str) -> Ending:
    """Have the event of a delivery posted once more, by the same webhook-id; or now, if it is pending."""
    return _queued("The event", run.store.redeliver(webhook_id, delivery_id), webhook_id, run)


@webhook.command(short_help="Forget a webhook.", epilog=EXIT_CODES)
@_WEBHOOK
@managing_command
def delete(run: Run, *, webhook_id: str) -> Ending:
    """Forget a webhook and its log."""
    run.store.delete_webhook(webhook_id)
    return Ending("deleted", f"Webhook {webhook_id} is deleted.", "It is told nothing any more.")


def _with_secret(outcome: str, text: str, made: NewWebhook, run: Run) -> Ending:
    """The secret is in what is printed here, and not in the text: that goes into the summary of a build, too."""
    return Ending(
        outcome,
        text,
        "Keep the secret: it is not shown again. To try it:",
        commands=(run.destination.command("webhook", "test", made.id),),
        details=(f"  secret  {one_line(made.secret)}",),
        facts={"webhook": facts_of(made)},
    )


def _queued(what: str, delivery_id: str, webhook_id: str, run: Run) -> Ending:
    return Ending(
        "queued",
        f"{what} is being posted: delivery {delivery_id}.",
        "To see how it went:",
        commands=(run.destination.command("webhook", "deliveries", webhook_id),),
        facts={"delivery_id": delivery_id},
    )
