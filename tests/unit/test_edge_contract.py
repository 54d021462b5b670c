"""The OpenAPI document as a contract: valid by the standard, and usable by generators of clients."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.edge.http.contract import operation_id
from tests.documented import openapi_document

METHODS = {"get", "post", "put", "patch", "delete"}
VERBS = {"list", "get", "find", "look", "create", "change", "delete", "submit", "set", "hide", "unhide", "remove"}
VERBS |= {"erase", "export", "rotate", "revoke", "stream", "restore", "sign", "refresh", "retire", "import", "preview"}
VERBS |= {"start", "end", "join", "claim", "test", "redrive", "add", "block", "unblock"}
"""Verbs with which operationIds begin. Add a verb only for an action that none of these describes."""
COLLIDING = {"Kind", "State", "Form", "Scope", "Order", "Cause", "Policy", "Status", "Type", "Result", "Metadata"}
COLLIDING |= {"Player", "Score", "Board", "Entry", "Event", "Period", "Season", "Rank", "Page", "Error", "Object"}
COLLIDING |= {"Results", "ResultsInner", "Item", "Key", "Token", "Match", "Level", "Session", "Path", "Query"}
"""Names that a game, or the standard library of its language, uses for types of its own."""
LARGE = re.compile(
    r"(.+_)?(id|ids|score|ms|bytes)|subscore|submitted|missing|rank|rank_among|low|high|min|max|p\d\d|total|count"
)
"""Names of JSON members and parameters whose integers may not fit into 32 bits."""


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    return openapi_document()


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield f"{method.upper()} {path}", item[method]


def named_schemas(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every schema of a JSON member or a parameter, with the name of this member or parameter."""
    if isinstance(node, list):
        for child in node:
            yield from named_schemas(child)
    elif isinstance(node, dict):
        if {"name", "in", "schema"} <= set(node):
            yield node["name"], node["schema"]
        if isinstance(node.get("properties"), dict):
            yield from node["properties"].items()
        for child in node.values():
            yield from named_schemas(child)


def integers(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the integer schemas in a schema: the schema itself, its alternatives, and the items of a list."""
    if schema.get("type") == "integer":
        yield schema
    items = [schema["items"]] if "items" in schema else []
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *items):
        yield from integers(alternative)


def content(response: Mapping[str, Any]) -> Any:
    return response["content"]["application/json"]["schema"]


def test_it_is_valid(document: Mapping[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["openapi"].startswith("3.1.")


def test_names_of_security_schemes_are_those_that_the_standard_allows(document: Mapping[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for name in schemes)
    for route, operation in operations(document):
        assert {name for requirement in operation["security"] for name in requirement} <= set(schemes), route


def test_it_has_a_server_and_describes_its_tags(document: Mapping[str, Any]) -> None:
    assert [server["url"] for server in document["servers"]] == ["/"]
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert described == {tag for _, operation in operations(document) for tag in operation["tags"]}


def test_operation_ids_are_unique_and_begin_with_a_verb(document: Mapping[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for name in ids:
        verb = re.fullmatch(r"([a-z]+)([A-Z][a-z]*)+", name)
        assert verb, f"{name} is no camelCase"
        assert verb[1] in VERBS, f"{name} begins with no verb of {sorted(VERBS)}"


def test_an_operation_id_is_made_of_the_handlers_name() -> None:
    assert operation_id("submit_mixed_batch") == "submitMixedBatch"


def test_summaries_say_the_operation_in_words(document: Mapping[str, Any]) -> None:
    summaries = {operation["operationId"]: operation["summary"] for _, operation in operations(document)}
    assert summaries["submitBoardScore"] == "Submit board score"


def test_integers_have_a_size_and_whole_bounds(document: Mapping[str, Any]) -> None:
    seen: dict[str, set[str]] = {}
    for name, schema in named_schemas(document):
        for integer in integers(schema):
            seen.setdefault(name, set()).add(integer["format"])
            bounds = [integer[bound] for bound in ("minimum", "maximum") if bound in integer]
            assert all(type(bound) is int for bound in bounds), name
            if integer["format"] == "int32":
                assert len(bounds) == 2, f"{name} has values without a bound"
                assert all(-(2**31) <= bound < 2**31 for bound in bounds), name
            else:
                assert integer["format"] == "int64", name
    assert {"user_id", "score", "subscore", "min_interval_ms", "rank", "user_ids", "limit"} <= set(seen)
    assert {name for name in seen if LARGE.fullmatch(name) and seen[name] != {"int64"}} == set()
    assert seen["radius"] == seen["limit"] == {"int32"}


def test_names_of_schemas_do_not_collide(document: Mapping[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z]+", name)} == set()
    assert set(schemas) & COLLIDING == set()
    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}
    # No JSON member or parameter may have a title, because generators would use the title as the name of a type.
    titled = {name for name, schema in named_schemas(document["components"]) if isinstance(schema.get("title"), str)}
    assert titled == set()


def test_answers_at_once_and_queued_ones_have_types_of_their_own(document: Mapping[str, Any]) -> None:
    for path in ("/api/scores", "/api/boards/{board}/scores"):
        responses = document["paths"][path]["post"]["responses"]
        assert content(responses["200"]) == {"$ref": "#/components/schemas/ReceiptOut"}
        assert content(responses["202"]) == {"$ref": "#/components/schemas/QueuedOut"}


@pytest.mark.parametrize(
    ("batch", "result", "success"),
    [("BatchOut", "BatchResult", "ReceiptOut"), ("QueuedBatchOut", "QueuedBatchResult", "QueuedOut")],
)
def test_results_of_a_batch_are_named(document: Mapping[str, Any], batch: str, result: str, success: str) -> None:
    schemas = document["components"]["schemas"]
    assert schemas[batch]["properties"]["results"]["items"] == {"$ref": f"#/components/schemas/{result}"}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in (success, "ErrorOut")]
    assert schemas[result]["oneOf"] == references


def test_answers_may_get_members_and_requests_may_not(document: Mapping[str, Any]) -> None:
    objects = {name: s for name, s in document["components"]["schemas"].items() if s.get("type") == "object"}
    closed = {name for name, schema in objects.items() if schema.get("additionalProperties") is False}
    assert closed == {name for name in objects if name.endswith("In")}


def test_members_with_a_default_are_optional_and_say_it(document: Mapping[str, Any]) -> None:
    """Descriptions state defaults. A `default` in a schema would make the member mandatory in TypeScript types."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for member, of_it in schema.get("properties", {}).items():
            assert "default" not in of_it, (name, member)
    batch_item = schemas["BoardSubmissionIn"]
    assert "board" not in batch_item.get("required", [])
    assert batch_item["properties"]["board"]["description"].endswith("Defaults to `default`.")
    assert schemas["BoardIn"]["properties"]["periods"]["description"].endswith('Defaults to `["all-time"]`.')
    assert "Defaults" not in str(schemas["BoardChangesIn"]["properties"]["policy"])
    assert "subscore" not in schemas["ReceiptOut"]["required"]
