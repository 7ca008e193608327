"""The management API, described for programs (OpenAPI 3.1) out of the tables from which it is served."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from openaddons.surfaces.manage.endpoints import GUID, NUMBER, TEXT, Endpoint, Shape
from openaddons.surfaces.manage.fields import Field

_PROBLEM: Final = Shape(
    "Problem",
    {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT, "code": TEXT, "correlationId": GUID},
)
_ALWAYS: Final = (401, 405, 500)
_OF_CHANGES: Final = (400, 408, 413, 429, 503)
_HEADERS: Final = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After", 503: "Retry-After"}
_CORRELATION_ID: Final = {"X-Correlation-ID": {"$ref": "#/components/headers/CorrelationId"}}
_CREDENTIALS: Final = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "ApiKey, a blank, the key",
    },
    "clientId": {"type": "apiKey", "in": "header", "name": "X-ClientID"},
    "accessToken": {"type": "http", "scheme": "bearer"},
}


def describe_api(endpoints: Iterable[Endpoint], *, prefix: str) -> dict[str, Any]:
    """The whole description. ``prefix`` is the path below which the endpoints are served."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    problems: set[int] = set()
    for endpoint in endpoints:
        problems |= refusals(endpoint)
        names = re.findall(r"\{(\w+)\}", endpoint.path)
        path = endpoint.path.format_map({name: f"{{{_camel(name)}}}" for name in names})
        item = paths.setdefault(path, {"parameters": [_in_path(_camel(name)) for name in names]})
        item[endpoint.method.lower()] = _describe(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenAddons, the management API",
            "version": "1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "What is true of a publisher's products, and what can be done with them besides "
            "uploading and publishing. The credentials are those of the Edge Add-ons API.",
        },
        "servers": [{"url": prefix}],
        "security": [{"apiKey": [], "clientId": []}, {"accessToken": []}],
        "paths": paths,
        "components": {
            "responses": {_name(status): _problem(status, schemas) for status in sorted(problems)},
            "schemas": schemas,
            "headers": {"CorrelationId": {"required": True, "schema": GUID}},
            "securitySchemes": _CREDENTIALS,
        },
    }


def refusals(endpoint: Endpoint) -> set[int]:
    """The statuses of an endpoint that are problems."""
    own = {404} if "{" in endpoint.path else set()
    own |= {400} if endpoint.takes or endpoint.body else set()
    return own | {*_ALWAYS, *endpoint.refuses} | (set(_OF_CHANGES) if endpoint.changes else set())


def _describe(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(endpoint.status).phrase,
        "headers": _CORRELATION_ID,
    }
    if endpoint.gives is not None:
        answer["content"] = {"application/json": {"schema": _plain(endpoint.gives, schemas)}}
    said: dict[str, Any] = {"operationId": endpoint.name, "summary": endpoint.summary}
    if endpoint.body is not None:
        file: dict[str, Any] = {"type": "string", "format": "binary"}
        said["requestBody"] = {
            "required": True,
            "content": {each: {"schema": file} for each in endpoint.body.media_types},
        }
    elif endpoint.takes and endpoint.changes:
        said["requestBody"] = _body(endpoint.takes)
    elif endpoint.takes:
        said["parameters"] = [
            {"name": each.name, "in": "query", "schema": dict(each.schema)} for each in endpoint.takes
        ]
    problems = {
        str(status): {"$ref": f"#/components/responses/{_name(status)}"}
        for status in sorted(refusals(endpoint))
    }
    return said | {"responses": {str(endpoint.status): answer} | problems}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _body(takes: tuple[Field, ...]) -> dict[str, Any]:
    required = [each.name for each in takes if each.required]
    properties = {
        each.name: dict(each.schema) if each.required else {"anyOf": [dict(each.schema), {"type": "null"}]}
        for each in takes
    }
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def _problem(status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    headers: dict[str, Any] = dict(_CORRELATION_ID)
    if status in _HEADERS:
        headers[_HEADERS[status]] = {"required": True, "schema": TEXT}
    return {
        "description": HTTPStatus(status).phrase,
        "headers": headers,
        "content": {"application/problem+json": {"schema": _plain(_PROBLEM, schemas)}},
    }


def _plain(schema: Any, schemas: dict[str, Any]) -> Any:
    """The schema with references to the shapes in it, which are added to ``schemas``."""
    if isinstance(schema, Shape):
        schemas[schema.name] = {
            "type": "object",
            "properties": {name: _plain(each, schemas) for name, each in schema.keys.items()},
            "required": list(schema.keys),
            "additionalProperties": False,
        }
        return {"$ref": f"#/components/schemas/{schema.name}"}
    if isinstance(schema, Mapping):
        return {name: _plain(each, schemas) for name, each in schema.items()}
    if isinstance(schema, list):
        return [_plain(each, schemas) for each in schema]
    return schema


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)
