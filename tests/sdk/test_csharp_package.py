"""The C# SDK: its types are generated from the present document, and its Unity package is complete."""

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from scripts.csharp_sdk import ROOT, SDK
from scripts.csharp_types import TYPES, csharp_types
from scripts.sdk_packages import nuget_package, sdk_version, unity_package
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


def test_the_unity_package_has_each_file_with_an_id(tmp_path: Path) -> None:
    """Each file of the package needs a `.meta` file with an id, because Unity ignores files without a `.meta` file."""
    with tarfile.open(unity_package(tmp_path)) as archive:
        names = set(archive.getnames())
        metas = [archive.extractfile(name) for name in names if name.endswith(".meta")]
        ids = {meta.read() for meta in metas if meta is not None}
    assert len(ids) == len(metas)
    sources = {f"package/Runtime/{path.name}" for path in (SDK / "Runtime").iterdir()}
    imported = {*sources, "package/Runtime", "package/package.json", "package/README.md", "package/LICENSE.md"}
    assert names == imported - {"package/Runtime"} | {f"{name}.meta" for name in imported} | {
        "package/Samples~/Rush/Rush.cs"
    }


def test_the_nuget_package_has_the_library_and_its_documentation(tmp_path: Path) -> None:
    csharp_library()  # skips without Mono
    package = nuget_package(tmp_path)
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
        manifest = archive.read("LeaderForge.Client.nuspec").decode()
    assert package.name == f"LeaderForge.Client.{sdk_version()}.nupkg"
    assert f"<version>{sdk_version()}</version>" in manifest
    library = {"lib/net471/LeaderForge.Client.dll", "lib/net471/LeaderForge.Client.xml"}
    assert names == {"[Content_Types].xml", "_rels/.rels", "LeaderForge.Client.nuspec", "README.md", *library}


def test_all_sdks_have_one_version() -> None:
    typescript = json.loads((ROOT / "sdk" / "typescript" / "package.json").read_text())["version"]
    python = (ROOT / "sdk" / "python" / "src" / "leaderforge_client" / "__init__.py").read_text()
    assert typescript == sdk_version()
    assert f'__version__ = "{sdk_version()}"' in python
