"""The OpenAPI document as generators of clients need it.

FastAPI's document describes valid values only, but generators also derive types and names from it. From the unchanged
document, generators would use 32 bits for ids, name an enumeration `Order`, and require JSON members that have a
default.
"""

import re
from collections.abc import Iterator
from json import dumps
from typing import Any

JsonObject = dict[str, Any]

_SERVERS = [{"url": "/", "description": "The server of this document."}]
_TAGS = {
    "scores": "Submit scores.",
    "boards": "Read boards; create, change and delete them.",
    "tournaments": "Read tournaments and their entrants, and join.",
    "challenges": "Create, join and read private challenges between a few players.",
    "teams": "Create teams, change their members, and read their scores by member.",
    "awards": "List and claim the awards that players earn with their final ranks.",
    "sign-in": "Sign players in by their device, and people in to the console; end sessions.",
    "players": "Create, find, change, export and erase players.",
    "friends": "Keep lists of followed players, and block players.",
    "moderation": "Hide and remove entries, hide players, set scores.",
    "operations": "Health, metrics, API keys, signing keys, the audit log and the state of all parts.",
}
_SCHEMA_NAMES = {"Order": "BoardOrder", "Policy": "BoardPolicy"}
"""Names of schemas that would collide with types of a game, and their replacements."""
_SCHEMAS = "#/components/schemas/"
_INT32 = 2**31
_BOUNDS = ("minimum", "maximum")


def operation_id(name: str) -> str:
    """Return the operationId of a handler with this name, such as `createBoard` for `create_board`."""
    first, *following = name.split("_")
    return first + "".join(map(str.capitalize, following))


def for_generators(document: JsonObject) -> JsonObject:
    """Return FastAPI's document with typed integers, distinct names and optional JSON members. Changes its input."""
    schemas: JsonObject = document["components"]["schemas"]
    document["components"]["schemas"] = {_SCHEMA_NAMES.get(name, name): schema for name, schema in schemas.items()}
    for name, schema in schemas.items():
        is_input = name.endswith("In")
        _name_once(name, schema)
        if not is_input:
            schema.pop("additionalProperties", None)  # allows the members that later versions add to answers
        for member in schema.get("properties", {}).values():
            _state_default(member, is_input=is_input)
    for node in _objects(document):
        _rename_reference(node)
        _type_integer(node)
        if "operationId" in node:
            node["summary"] = _summary(node["operationId"])
    tags = [{"name": name, "description": description} for name, description in _TAGS.items()]
    return {"openapi": document["openapi"], "info": document["info"], "servers": _SERVERS, "tags": tags, **document}


def _objects(node: Any) -> Iterator[JsonObject]:
    """Yield all JSON objects in a value, the outer ones first."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _objects(child)


def _name_once(name: str, schema: JsonObject) -> None:
    """Set a schema's title to its name. Remove the properties' titles: generators would make types of them."""
    schema["title"] = _SCHEMA_NAMES.get(name, name)
    for node in _objects(schema.get("properties", {})):
        if isinstance(node.get("title"), str):
            del node["title"]


def _state_default(member: JsonObject, *, is_input: bool) -> None:
    """Move the default of a body's JSON member from the schema to the member's description.

    With a default in the schema, generated TypeScript requires the JSON member. Other generated clients send the
    default, or add it to answers without the member.
    """
    if "default" not in member:
        return
    default = member.pop("default")
    if is_input:
        member["description"] = f"{member.get('description', '')} Defaults to `{_text(default)}`.".lstrip()


def _text(default: object) -> str:
    return default if isinstance(default, str) else dumps(default)


def _rename_reference(node: JsonObject) -> None:
    name = str(node.get("$ref", "")).removeprefix(_SCHEMAS)
    if name in _SCHEMA_NAMES:
        node["$ref"] = _SCHEMAS + _SCHEMA_NAMES[name]


def _type_integer(node: JsonObject) -> None:
    """Convert the bounds of an integer to integers. Set its format: `int32` if its bounds fit, otherwise `int64`."""
    if node.get("type") != "integer":
        return
    node.update({bound: int(node[bound]) for bound in _BOUNDS if bound in node})
    is_small = all(-_INT32 <= node.get(bound, _INT32) < _INT32 for bound in _BOUNDS)
    node["format"] = "int32" if is_small else "int64"


def _summary(operation: str) -> str:
    """Return an operationId as words, such as "Create board" for `createBoard`."""
    return re.sub("[A-Z]", lambda capital: f" {capital[0].lower()}", operation).capitalize()
