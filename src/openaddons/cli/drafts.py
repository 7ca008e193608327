"""``openaddons draft``: the unpublished state of a product, module by module."""

import json
from typing import IO

import click

from openaddons.cli.output import emit, json_option
from openaddons.cli.reviews import review_text
from openaddons.cli.store import opened, operator, plain, store_options
from openaddons.settings import Settings
from openaddons.store.certification.reviews import review_of_draft
from openaddons.store.drafts import Draft, read_draft, set_module
from openaddons.store.images import add_image
from openaddons.store.modules import Module
from openaddons.store.products import find_product
from openaddons.work.images import IMAGE_BYTES_LIMIT, keep_image, redraw

_EDITABLE = click.Choice([module.value.lower() for module in Module if module is not Module.PACKAGES])


@click.group(short_help="The unpublished state of a product.")
def draft() -> None:
    """Drafts: the one unpublished state of a product, in modules that are valid or not."""


def _modules(found: Draft) -> list[str]:
    lines = [f"Draft of product {found.product_id}: version {found.version or '(no package)'}"]
    for each in found.modules:
        lines.append(f"  {each.module.value:<13} {'not valid' if each.problems else 'valid'}")
        lines += [f"    {problem}" for problem in each.problems]
    return lines


@draft.command(short_help="Show a draft.")
@click.argument("product_id")
@store_options
@json_option
def show(settings: Settings, *, product_id: str, as_json: bool) -> None:
    """Show the draft of a product: which modules are valid, and what a reviewer will see.

    That is what its package may do, what it changes of what is in the store now, and every warning of the check.
    """
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        drafted = database.read(read_draft, product_id=found.id, require=settings.required_fields)
        review = database.read(review_of_draft, product_id=found.id)
    emit(
        plain(drafted) | {"review": review and review.to_json()},
        as_json=as_json,
        text="\n".join([*_modules(drafted), *(["", review_text(review)] if review else [])]),
    )


@draft.command(short_help="Add a picture for the listing.")
@click.argument("product_id")
@click.argument("file", type=click.File("rb"))
@store_options
@json_option
def image(settings: Settings, *, product_id: str, file: IO[bytes], as_json: bool) -> None:
    """Add a PNG, JPEG or WebP for the product's listing; prints the key by which the listing's JSON names it.

    It is kept as a PNG with nothing but its pixels.
    """
    drawn = redraw(file.read(IMAGE_BYTES_LIMIT + 1))
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        stored, size = keep_image(workshop.tools.objects, drawn)
        added = database.run(add_image, product_id=found.id, stored=stored, size=size, actor=operator())
    emit(plain(added), as_json=as_json, text=added.object_key)


@draft.command("set", short_help="Replace a module's content.")
@click.argument("product_id")
@click.argument("module", type=_EDITABLE)
@click.argument("file", type=click.File("rb"), default="-")
@store_options
@json_option
def set_(settings: Settings, *, product_id: str, module: str, file: IO[bytes], as_json: bool) -> None:
    """Replace the content of a MODULE by the JSON in FILE (or standard input); docs/modules.md has the fields."""
    try:
        content = json.load(file)
    except ValueError as error:
        raise click.UsageError(f"{file.name} is not JSON: {error}") from None
    with opened(settings) as workshop:
        database = workshop.tools.database
        found = database.read(find_product, id_or_crx_id=product_id)
        database.run(
            set_module,
            product_id=found.id,
            module=Module(module.upper()),
            content=content,
            actor=operator(),
        )
        drafted = database.read(read_draft, product_id=found.id, require=settings.required_fields)
    emit(plain(drafted), as_json=as_json, text="\n".join(_modules(drafted)))
