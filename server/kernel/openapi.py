"""The API's description, OpenAPI 3.1, made from the routes and their structs."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from server.kernel.gateway import COOKIE, PROBLEM_JSON
from server.kernel.http import JSON, Nothing, Route
from server.kernel.problems import ProblemDocument

Schema = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")
_REF = "#/components/schemas/{name}"


def describe(title: str, version: str, routes: Mapping[str, Sequence[Route]]) -> Schema:
    """Return the document; `routes` are listed by the module that has them.

    It names no host: the API is where the document was fetched.
    """
    described = [route for group in routes.values() for route in group]
    schemas, components = _schemas(described)
    paths: dict[str, Schema] = {}
    for tag, group in routes.items():
        for route in group:
            operation = _operation(route, tag, schemas)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "tags": [{"name": tag} for tag in routes],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _schemas(routes: Sequence[Route]) -> tuple[dict[int, Schema], Schema]:
    """Return the schema of each type by its identity, and the components that they refer to."""
    types: list[Any] = [ProblemDocument]
    for route in routes:
        types += [t for t in (route.query, route.body, route.answer) if _has_schema(t)]
        types += [route.refusals.answer] if route.refusals else []
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    return {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}, components


def _has_schema(kind: Any) -> bool:
    return kind not in (None, bytes, Nothing)


def _operation(route: Route, tag: str, schemas: Mapping[int, Schema]) -> Schema:
    operation: Schema = {
        "summary": route.summary,
        "tags": [tag],
        "operationId": _operation_id(route),
        "parameters": _parameters(route),
        "responses": _responses(route, schemas),
        "security": [] if route.permission is None else [{"token": []}, {"session": []}],
    }
    if route.permission is not None:
        operation["description"] = f"Permission: `{route.permission}`"
    if route.body is not Nothing:
        operation["requestBody"] = {
            "required": True,
            "content": {route.body_media: {"schema": _schema(route.body, schemas)}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "_", route.path.removeprefix("/api/")).strip("_")
    return f"{route.method.lower()}_{words}"


def _parameters(route: Route) -> list[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    for field in msgspec.structs.fields(route.query):
        schema = msgspec.json.schema(field.type)
        defs = schema.pop("$defs", {})
        if "$ref" in schema:
            schema = defs[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:  # an optional filter: a query has no null
            schema = _without_null(schema, defs)
        found.append(
            {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
        )
    if route.method == "PATCH":
        found.append(_header("If-Match", "The version that was edited, as its ETag.", True))
    if route.method == "POST" and route.keep_answer:
        found.append(_header("Idempotency-Key", "A repeat gets the first answer.", False))
    return found


def _without_null(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    options = [option for option in schema["anyOf"] if option != {"type": "null"}]
    option: Schema = options[0]
    return defs[option["$ref"].rpartition("/")[2]] if "$ref" in option else option


def _header(name: str, description: str, required: bool) -> Schema:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _responses(route: Route, schemas: Mapping[int, Schema]) -> Schema:
    status = HTTPStatus(route.status)
    answer: Schema = {"description": status.phrase}
    if route.answer is not None:
        schema = _schema(route.answer, schemas)
        answer["content"] = {route.answer_media: {"schema": schema}}
    problem: Schema = {
        "description": "A problem (RFC 9457)",
        "content": {PROBLEM_JSON: {"schema": schemas[id(ProblemDocument)]}},
    }
    if route.refusals is not None:
        problem["content"][JSON] = {"schema": schemas[id(route.refusals.answer)]}
    return {str(int(status)): answer, "default": problem}


def _schema(kind: Any, schemas: Mapping[int, Schema]) -> Schema:
    return schemas[id(kind)] if _has_schema(kind) else {"type": "string"}


def encode(document: Schema) -> bytes:
    """Return the document as JSON text."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1)
