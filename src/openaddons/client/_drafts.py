"""The calls of the management API about drafts: their modules, the listing by language, images."""

from collections.abc import Mapping
from typing import Any

from openaddons.client._calls import Call, Fields, given, product_path, segment
from openaddons.client.drafts import DraftContent, Image, ListingLanguage, ModuleContent


def draft(product_id: str) -> Call[DraftContent]:
    """The draft with the content of its modules."""
    return Call(
        "the question about the draft",
        "GET",
        _path(product_id),
        lambda fields: DraftContent(fields.maybe_text("version"), fields.each("modules", _module)),
    )


def set_module(
    product_id: str, name: str, *, content: Mapping[str, Any], if_tag: str | None
) -> Call[ModuleContent]:
    """Another content of a module."""
    module = segment("name", name).lower()
    body = given(content=content, ifTag=if_tag)
    return Call(f"the change of {module}", "PUT", f"{_path(product_id)}/{module}", _module, body)


def language(product_id: str, tag: str) -> Call[ListingLanguage]:
    """The listing in a language."""
    return Call("the question about the listing", "GET", _language_path(product_id, tag), _language)


def set_language(
    product_id: str, tag: str, *, content: Mapping[str, Any], if_tag: str | None
) -> Call[ListingLanguage]:
    """Another content of a language of the listing."""
    body = given(content=content, ifTag=if_tag)
    return Call("the change of the listing", "PUT", _language_path(product_id, tag), _language, body)


def remove_language(product_id: str, tag: str) -> Call[None]:
    """A listing without that language."""
    path = _language_path(product_id, tag)
    return Call("the removal of a language", "DELETE", path, lambda _fields: None)


def add_image(product_id: str, image: bytes) -> Call[Image]:
    """An image for the listing."""
    return Call("the upload of an image", "POST", f"{_path(product_id)}/images", _image, image)


def _path(product_id: str) -> str:
    return f"{product_path(product_id)}/draft"


def _language_path(product_id: str, tag: str) -> str:
    return f"{_path(product_id)}/listing/{segment('language', tag)}"


def _module(fields: Fields) -> ModuleContent:
    return ModuleContent(
        name=fields.text("name"),
        valid=fields.flag("valid"),
        problems=fields.texts("problems"),
        tag=fields.text("tag"),
        content=fields.values("content"),
    )


def _language(fields: Fields) -> ListingLanguage:
    return ListingLanguage(
        language=fields.text("language"),
        valid=fields.flag("valid"),
        problems=fields.texts("problems"),
        tag=fields.text("tag"),
        content=fields.values("content"),
    )


def _image(fields: Fields) -> Image:
    return Image(
        key=fields.text("key"),
        width_pixels=fields.number("width"),
        height_pixels=fields.number("height"),
        sha256=fields.text("sha256"),
        size_bytes=fields.number("sizeBytes"),
        created_time=fields.moment("createdTime"),
    )
