"""The C# SDK: its types are generated from the present document, and its Unity package has what Unity needs."""

import json
from typing import Any

from scripts.csharp_sdk import SDK
from scripts.csharp_types import TYPES, csharp_types
from tests.sdk.csharp import csharp_library


def test_the_types_are_those_of_the_document() -> None:
    assert csharp_types() == TYPES.read_text(encoding="utf-8"), "run `npm run api` in frontend/"


def test_it_compiles_as_version_7_without_a_warning() -> None:
    documentation = csharp_library().with_suffix(".xml").read_text(encoding="utf-8")
    assert 'name="T:LeaderForge.Client"' in documentation


def test_its_assembly_needs_no_other_package() -> None:
    assembly: dict[str, Any] = json.loads((SDK / "Runtime" / "LeaderForge.Client.asmdef").read_text())
    package: dict[str, Any] = json.loads((SDK / "package.json").read_text())
    assert (assembly["references"], assembly["precompiledReferences"]) == ([], [])
    assert "dependencies" not in package
