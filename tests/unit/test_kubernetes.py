"""The manifests for Kubernetes: complete, consistent with the settings, and as closed as the containers of Compose."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from leaderforge.config import VARIABLES

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"
BASE = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
RESOURCES = [resource for name in BASE["resources"] for resource in yaml.safe_load_all((FOLDER / name).read_text())]
PODS = {
    resource["metadata"]["name"]: resource["spec"]["template"]
    for resource in RESOURCES
    if "template" in resource["spec"]
}


def test_the_base_lists_all_files() -> None:
    assert {*BASE["resources"], "kustomization.yaml"} == {path.name for path in FOLDER.iterdir()}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in PODS.items():
        for container in pod["spec"]["containers"]:
            yield name, container


def test_images_and_variables_exist() -> None:
    known = {image["name"] for image in BASE["images"]}
    for name, container in containers():
        assert container["image"] in known, name
        assert {variable["name"] for variable in container.get("env", [])} <= VARIABLES.keys(), name


@pytest.mark.parametrize("name", PODS)
def test_pods_are_limited_and_closed(name: str) -> None:
    pod = PODS[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    for container in pod["containers"]:
        assert container["resources"]["limits"]["memory"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_selectors_find_pods() -> None:
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    selectors = [resource["spec"]["selector"] for resource in RESOURCES if "selector" in resource["spec"]]
    for selector in selectors:
        required = selector.get("matchLabels", selector)
        assert any(required.items() <= pod.items() for pod in labels), selector
