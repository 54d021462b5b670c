"""The manifests for Kubernetes: complete, consistent with the settings, and as closed as the containers of Compose."""

import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from leaderforge.config import VARIABLES

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUBECTL = ROOT / "deploy" / ".venv" / "bin" / "kubectl"
BASE = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
RESOURCES = [resource for name in BASE["resources"] for resource in yaml.safe_load_all((FOLDER / name).read_text())]
PODS = {
    resource["metadata"]["name"]: resource["spec"]["template"]
    for resource in RESOURCES
    if "template" in resource["spec"]
}


def test_the_base_lists_all_files() -> None:
    generated = {name for generator in BASE["configMapGenerator"] for name in generator["files"]}
    assert {*BASE["resources"], *generated, "kustomization.yaml"} == {path.name for path in FOLDER.iterdir()}


def test_nginx_reaches_the_api_by_its_service() -> None:
    """The file in the container image has the addresses of Compose. In Kubernetes, a file of the manifests replaces
    this file.
    """
    [page] = PODS["leaderforge-page"]["spec"]["containers"]
    [mount] = [mount for mount in page["volumeMounts"] if mount["name"] == "api-address"]
    [generator] = BASE["configMapGenerator"]
    [volume] = [volume for volume in PODS["leaderforge-page"]["spec"]["volumes"] if volume["name"] == "api-address"]
    assert volume["configMap"]["name"] == generator["name"]
    dockerfile = (FOLDER.parent / "images" / "web.Dockerfile").read_text()
    assert f"COPY deploy/images/{mount['subPath']} {mount['mountPath']}\n" in dockerfile
    ports = {item["metadata"]["name"]: item["spec"]["ports"] for item in RESOURCES if item["kind"] == "Service"}
    address = f"server leaderforge-api:{ports['leaderforge-api'][0]['port']};"
    assert address in (FOLDER / "api-address.conf").read_text()


def test_the_ingress_leaves_the_limits_of_bodies_to_the_api() -> None:
    """A limit would end streams of submissions, which have any length."""
    [ingress] = [resource for resource in RESOURCES if resource["kind"] == "Ingress"]
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"


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


def built(folder: Path) -> dict[tuple[str, str], Any]:
    """Build a folder with Kustomize. Return the resources by kind and name. Names of generated resources are without
    their hash.
    """
    program = str(KUBECTL) if KUBECTL.exists() else shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is missing: run `make template-setup` on Linux on x86_64; on other systems, install it")
    build = subprocess.run([program, "kustomize", str(folder)], check=True, capture_output=True, text=True)
    resources = [resource for resource in yaml.safe_load_all(build.stdout) if resource is not None]
    names = [re.sub("-[0-9a-z]{10}$", "", resource["metadata"]["name"]) for resource in resources]
    return {(resource["kind"], name): resource for name, resource in zip(names, resources, strict=True)}


def test_kustomize_builds_the_base() -> None:
    resources = built(FOLDER)
    expected = {(resource["kind"], resource["metadata"]["name"]) for resource in RESOURCES}
    assert resources.keys() == {*expected, ("ConfigMap", "leaderforge-page")}
    [api, _] = images(resources)
    assert api == "leaderforge/api:local"
    page = resources["Deployment", "leaderforge-page"]["spec"]["template"]["spec"]
    [volume] = [volume for volume in page["volumes"] if volume["name"] == "api-address"]
    assert volume["configMap"]["name"] == resources["ConfigMap", "leaderforge-page"]["metadata"]["name"]


def test_kustomize_builds_the_documented_overlay(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    [overlay] = re.findall(r" *```yaml\n(.*?) *```", page, re.DOTALL)
    (tmp_path / "production").mkdir()
    (tmp_path / "production" / "kustomization.yaml").write_text(textwrap.dedent(overlay))
    shutil.copytree(FOLDER, tmp_path / "deploy" / "kubernetes")
    resources = built(tmp_path / "production")
    assert {resource["metadata"]["namespace"] for resource in resources.values()} == {"leaderforge"}
    assert images(resources) == ["REGISTRY/leaderforge-api:0.2.0", "REGISTRY/leaderforge-web:0.2.0"]
    ingress = resources["Ingress", "leaderforge"]["spec"]
    assert ingress["rules"][0]["host"] == "scores.example.com"
    assert ingress["tls"][0]["hosts"] == ["scores.example.com"]


def images(resources: dict[tuple[str, str], Any]) -> list[str]:
    """Return the images of all containers, sorted and without repetitions."""
    specs = [resource.get("spec", {}) for resource in resources.values()]
    pods = [spec["template"]["spec"] for spec in specs if "template" in spec]
    return sorted({container["image"] for pod in pods for container in pod["containers"]})
