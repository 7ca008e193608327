"""Drafts: the content of a product's modules, its listing language by language, and images for it."""

from typing import Any, Final

from openaddons.clock import wire_time
from openaddons.errors import NotFound
from openaddons.policies import Requirement
from openaddons.store.drafts import (
    ModuleStatus,
    content_tag,
    read_draft,
    set_language,
    set_module,
)
from openaddons.store.images import add_image
from openaddons.store.modules import Module, content_schema, language_tag
from openaddons.store.session import Transaction
from openaddons.surfaces.manage.endpoints import (
    FLAG,
    NUMBER,
    TEXT,
    TIME,
    Body,
    Call,
    Endpoint,
    Shape,
    list_of,
    or_null,
)
from openaddons.surfaces.manage.fields import Field, text
from openaddons.work.images import FORMATS, IMAGE_BYTES_LIMIT, keep_image, redraw

_TAG_CHARACTERS: Final = 16

MODULE: Final = Shape(
    "Module",
    {
        "name": {"type": "string", "enum": [each.value for each in Module]},
        "valid": FLAG,
        "problems": list_of(TEXT),
    },
)
MODULE_CONTENT: Final = Shape("ModuleContent", {**MODULE.keys, "tag": TEXT, "content": {"type": "object"}})
DRAFT_CONTENT: Final = Shape("DraftContent", {"version": or_null(TEXT), "modules": list_of(MODULE_CONTENT)})
LANGUAGE: Final = Shape(
    "ListingLanguage",
    {
        "language": TEXT,
        "valid": FLAG,
        "problems": list_of(TEXT),
        "tag": TEXT,
        "content": content_schema(Module.LISTING),
    },
)
IMAGE: Final = Shape(
    "Image",
    {
        "key": TEXT,
        "width": NUMBER,
        "height": NUMBER,
        "sha256": TEXT,
        "sizeBytes": NUMBER,
        "createdTime": TIME,
    },
)


def describe_module(status: ModuleStatus) -> dict[str, Any]:
    """A module without its content: whether it is valid, and if not, why."""
    return {"name": status.module.value, "valid": not status.problems, "problems": list(status.problems)}


def _with_content(status: ModuleStatus) -> dict[str, Any]:
    return describe_module(status) | {"tag": content_tag(status.content), "content": status.content}


def _module(tx: Transaction, call: Call, module: Module) -> ModuleStatus:
    draft = read_draft(tx, product_id=call.path["product_id"], require=_required(call))
    return next(each for each in draft.modules if each.module is module)


def _required(call: Call) -> Requirement:
    return call.settings.required_fields


def _show(call: Call) -> dict[str, Any]:
    draft = call.database.read(read_draft, product_id=call.path["product_id"], require=_required(call))
    return {"version": draft.version, "modules": [_with_content(each) for each in draft.modules]}


def _set_module(module: Module) -> Endpoint:
    def replaced(tx: Transaction, call: Call) -> dict[str, Any]:
        set_module(
            tx,
            product_id=call.path["product_id"],
            module=module,
            content=call.given["content"],
            actor=call.principal.actor,
            if_tag=call.given["ifTag"],
        )
        return _with_content(_module(tx, call, module))

    name = module.value.lower()
    return Endpoint(
        f"set{name.title()}",
        "PUT",
        f"/products/{{product_id}}/draft/{name}",
        f"Replace the content of the module {module.value}",
        lambda call: call.run(replaced, call),
        MODULE_CONTENT,
        takes=_takes(module),
        refuses=(409,),
    )


def _takes(module: Module) -> tuple[Field, ...]:
    return (
        Field("content", _as_given, content_schema(module), required=True),
        text("ifTag", limit=_TAG_CHARACTERS),
    )


def _as_given(_name: str, value: object) -> object:
    """A content, which the verb reads."""
    return value


def _language(call: Call) -> str:
    return language_tag("language", call.path["language"])


def _show_language(call: Call) -> dict[str, Any]:
    return call.database.read(_described_language, call)


def _described_language(tx: Transaction, call: Call) -> dict[str, Any]:
    language, listing = _language(call), _module(tx, call, Module.LISTING)
    if language not in listing.content:
        raise NotFound
    content = listing.content[language]
    problems = [each for each in listing.problems if each.entry == language]
    return {
        "language": language,
        "valid": not problems,
        "problems": problems,
        "tag": content_tag(content),
        "content": content,
    }


def _set_language(call: Call) -> dict[str, Any]:
    return call.run(_replaced_language, call)


def _replaced_language(tx: Transaction, call: Call) -> dict[str, Any]:
    set_language(
        tx,
        product_id=call.path["product_id"],
        language=_language(call),
        content=call.given["content"],
        actor=call.principal.actor,
        if_tag=call.given["ifTag"],
    )
    return _described_language(tx, call)


def _remove_language(call: Call) -> None:
    call.run(
        set_language,
        product_id=call.path["product_id"],
        language=_language(call),
        content=None,
        actor=call.principal.actor,
    )


def _add_image(call: Call) -> dict[str, Any]:
    stored, size = keep_image(call.objects, redraw(call.body))
    image = call.run(
        add_image,
        product_id=call.path["product_id"],
        stored=stored,
        size=size,
        actor=call.principal.actor,
    )
    return {
        "key": image.object_key,
        "width": image.width,
        "height": image.height,
        "sha256": image.digest,
        "sizeBytes": image.size_bytes,
        "createdTime": wire_time(image.created_time),
    }


_LANGUAGE_PATH: Final = "/products/{product_id}/draft/listing/{language}"

ENDPOINTS: Final = (
    Endpoint(
        "getDraft",
        "GET",
        "/products/{product_id}/draft",
        "Show the draft of a product with the content of its modules",
        _show,
        DRAFT_CONTENT,
    ),
    _set_module(Module.AVAILABILITY),
    _set_module(Module.PROPERTIES),
    _set_module(Module.PRIVACY),
    Endpoint(
        "getLanguage", "GET", _LANGUAGE_PATH, "Show a language of the listing", _show_language, LANGUAGE
    ),
    Endpoint(
        "setLanguage",
        "PUT",
        _LANGUAGE_PATH,
        "Replace a language of the listing, or add it",
        _set_language,
        LANGUAGE,
        takes=_takes(Module.LISTING),
        refuses=(409,),
    ),
    Endpoint(
        "removeLanguage",
        "DELETE",
        _LANGUAGE_PATH,
        "Take a language out of the listing",
        _remove_language,
        None,
        status=204,
    ),
    Endpoint(
        "addImage",
        "POST",
        "/products/{product_id}/draft/images",
        "Add an image for the listing, which names it by its key",
        _add_image,
        IMAGE,
        status=201,
        body=Body(tuple(FORMATS.values()), IMAGE_BYTES_LIMIT),
    ),
)
