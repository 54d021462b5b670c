"""All files that contain the version have the same version."""

import json
import re
from pathlib import Path

import pytest

from leaderforge import __version__

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## \[([^]]+)\](.*)$", CHANGELOG, re.MULTILINE)


def version_in(path: str, *keys: str) -> str:
    """Return the version in a JSON file, at the path of these keys."""
    value = json.loads((ROOT / path).read_text(encoding="utf-8"))
    for key in keys:
        value = value[key]
    return str(value)


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("frontend/package.json", ("version",)),
        ("frontend/package-lock.json", ("version",)),
        ("frontend/package-lock.json", ("packages", "", "version")),
        ("sdk/typescript/package.json", ("version",)),
        ("sdk/typescript/package-lock.json", ("version",)),
        ("frontend/openapi.json", ("info", "version")),
    ],
)
def test_the_versions_agree(path: str, keys: tuple[str, ...]) -> None:
    assert version_in(path, *keys) == __version__


def test_the_types_of_the_page_are_of_this_version() -> None:
    types = (ROOT / "frontend" / "src" / "api" / "schema.ts").read_text(encoding="utf-8")
    assert set(re.findall(r'"version": "([0-9.]+)"', types)) == {__version__}


def test_the_python_sdk_has_this_version() -> None:
    module = ROOT / "sdk" / "python" / "src" / "leaderforge_client" / "__init__.py"
    assert f'__version__ = "{__version__}"' in module.read_text(encoding="utf-8")


def test_the_documentation_shows_this_version() -> None:
    examples = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert set(re.findall(r'"version": "([0-9.]+)"', examples)) == {__version__}


def test_the_changelog_begins_with_the_unreleased_changes_and_this_version() -> None:
    names = [name for name, _ in SECTIONS]
    assert names[:2] == ["Unreleased", __version__]
    assert names[1:] == sorted(names[1:], key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", date) for _, date in SECTIONS[1:])
