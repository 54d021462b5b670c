"""Template of the deployment. Each path leads to its function, and no limit of AWS or the database is exceeded."""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import APIRouter

import functions
from functions.edge.aws.handler import LambdaHandler
from functions.local import _ROUTERS
from leaderforge.config import VARIABLES

TEMPLATE = Path(__file__).parents[2] / "deploy" / "template.yaml"
RESERVED = re.compile(r"\{(\w+)(\+?)\}")


class _Loader(yaml.SafeLoader):
    """Loader that reads CloudFormation's short forms, such as `!Ref x`, as `{"Ref": "x"}`."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


@pytest.fixture(scope="module")
def template() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 - a safe loader
    return loaded


def deployed(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the module of each deployed function, with the properties of the function."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            yield resource["Properties"]["Handler"].removesuffix(".handler"), resource["Properties"]


def served() -> Iterator[tuple[str, str]]:
    """Yield each path of an HTTP route, after the module that serves it."""
    for found in pkgutil.iter_modules(functions.__path__, "functions."):
        module = importlib.import_module(found.name)
        handler = getattr(module, "handler", None)
        if isinstance(handler, LambdaHandler):
            yield from ((found.name, path) for router in handler._routers for path in paths_of(router))


def paths_of(router: APIRouter) -> list[str]:
    """Return the paths of a router's routes."""
    return [route.path for route in router.routes]  # type: ignore[attr-defined]


def specificity(path: str) -> list[int]:
    """Return a sort key of a path by API Gateway's priority. In each part, a literal comes first, then `{name}`, then
    `{name+}`.
    """
    ranks = {"": 0, "{": 1, "+": 2}
    return [ranks["+" if "+}" in part else part[:1] if part[:1] == "{" else ""] for part in path.split("/")]


def matches(path: str, request: str) -> bool:
    return bool(re.fullmatch(RESERVED.sub(lambda m: ".+" if m[2] else "[^/]+", path), request))


def sent_to(template: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each path of API Gateway, the module of the function that answers it."""
    return {
        event["Properties"]["Path"]: module
        for module, properties in deployed(template)
        for event in properties["Events"].values()
        if event["Type"] == "Api"
    }


def test_no_two_paths_differ_in_a_variable_part_alone(template: Mapping[str, Any]) -> None:
    """Paths with an equal beginning must have the same variable after it, because API Gateway accepts only one name."""
    variable: dict[str, str] = {}
    for path in sent_to(template):
        parts = path.split("/")
        for i, part in enumerate(parts):
            if part.startswith("{"):
                assert variable.setdefault("/".join(parts[:i]), part) == part, path


def test_each_route_is_sent_to_the_function_that_serves_it(template: Mapping[str, Any]) -> None:
    sent = sent_to(template)
    routes = list(served())
    assert len(routes) > 20
    for module, path in routes:
        request = RESERVED.sub("x", path)
        best = min((one for one in sent if matches(one, request)), key=specificity)
        assert sent[best] == module, f"{path} is of {module}, but {best} goes to {sent[best]}"


def test_each_route_of_the_server_is_deployed() -> None:
    on_server = {path for router in _ROUTERS for path in paths_of(router)}
    assert on_server == {path for _, path in served()}


def test_every_function_is_deployed(template: Mapping[str, Any]) -> None:
    with_routes = {module for module, _ in served()}
    assert {module for module, _ in deployed(template)} == with_routes | {"functions.ingest", "functions.maintain"}


def test_no_function_can_exhaust_the_database(template: Mapping[str, Any]) -> None:
    parameters = template["Parameters"]
    budget = 0
    for _, properties in deployed(template):
        concurrency = properties["ReservedConcurrentExecutions"]
        budget += concurrency if isinstance(concurrency, int) else parameters[concurrency["Ref"]]["Default"]
    assert template["Globals"]["Function"]["Environment"]["Variables"]["LEADERFORGE_POSTGRES_POOL_SIZE"] == "1"
    assert budget <= 66  # PostgreSQL accepts 100 connections by default


def test_every_variable_is_a_setting_and_no_secret(template: Mapping[str, Any]) -> None:
    environments = [template["Globals"]["Function"], *(properties for _, properties in deployed(template))]
    names = {name for one in environments for name in one.get("Environment", {}).get("Variables", {})}
    assert names <= set(VARIABLES)
    assert not {name for name in names if re.search("DSN|PASSWORD|KEYS|LICENSE|TOKEN", name)}


def test_each_function_url_may_be_called_by_everybody(template: Mapping[str, Any]) -> None:
    """AWS demands two permissions for a function URL: one for the URL, and one for the function by way of the URL."""
    resources = template["Resources"].values()
    urls = [resource for resource in resources if resource["Type"] == "AWS::Lambda::Url"]
    permissions = [resource for resource in resources if resource["Type"] == "AWS::Lambda::Permission"]
    assert len(urls) == 2
    for url in urls:
        function = {"Ref": url["Properties"]["TargetFunctionArn"]["GetAtt"].removesuffix(".Arn")}
        for allowed in (
            {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
            {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
        ):
            properties = {"FunctionName": function, "Principal": "*", **allowed}
            expected = {"Type": "AWS::Lambda::Permission", "Condition": url["Condition"], "Properties": properties}
            assert expected in permissions, url


def test_roles_name_what_they_allow(template: Mapping[str, Any]) -> None:
    for name, resource in template["Resources"].items():
        for statement in statements(resource):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not any("*" in action for action in actions), name
            if statement["Resource"] == "*":
                assert name == "UseNetwork"


def statements(resource: Mapping[str, Any]) -> list[Any]:
    properties = resource.get("Properties", {})
    inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    own = [properties["PolicyDocument"]] if resource["Type"] == "AWS::IAM::ManagedPolicy" else []
    return [statement for document in inline + own for statement in document["Statement"]]
