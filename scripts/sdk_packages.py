"""Build the packages of the SDKs for Unity, NuGet and Godot, and of the C sample.

    python -m scripts.sdk_packages FOLDER

All files have a fixed time, so that the same sources give the same packages. The package for NuGet needs Debian's Mono.
"""

import hashlib
import io
import json
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from scripts import csharp_sdk, godot_sdk
from scripts.csharp_sdk import ROOT

_LICENSE = ROOT / "LICENSE"
_CONTENT_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />
  <Default Extension="nuspec" ContentType="application/octet" />
  <Default Extension="dll" ContentType="application/octet" />
  <Default Extension="xml" ContentType="application/octet" />
  <Default Extension="md" ContentType="application/octet" />
</Types>
"""
_RELATIONS = """<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{id}.nuspec" Id="R1" />
</Relationships>
"""
_NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{id}</id>
    <version>{version}</version>
    <authors>The LeaderForge developers</authors>
    <license type="expression">MIT</license>
    <readme>README.md</readme>
    <description>Client of LeaderForge that never loses a score.</description>
    <dependencies>
      <group targetFramework=".NETFramework4.7.1" />
    </dependencies>
    <frameworkAssemblies>
      <frameworkAssembly assemblyName="System.Net.Http" targetFramework=".NETFramework4.7.1" />
    </frameworkAssemblies>
  </metadata>
</package>
"""
_NUGET_ID = "LeaderForge.Client"


def unity_package(folder: Path) -> Path:
    """Build the tarball for Unity's Package Manager."""
    described = json.loads((csharp_sdk.SDK / "package.json").read_text(encoding="utf-8"))
    files = {path.relative_to(csharp_sdk.SDK).as_posix(): path.read_bytes() for path in _files(csharp_sdk.SDK)}
    files["LICENSE.md"] = _LICENSE.read_bytes()
    package = folder / f"{described['name']}-{described['version']}.tgz"
    with tarfile.open(package, "w:gz") as archive:
        for name, content in sorted((files | _metas(described["name"], files)).items()):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return package


def nuget_package(folder: Path) -> Path:
    """Build the package for NuGet. Raises `SystemExit` without Mono."""
    if not csharp_sdk.is_installed():
        raise SystemExit(f"the package for NuGet needs Mono; install Debian's {csharp_sdk.PACKAGES}")
    names = {"id": _NUGET_ID, "version": sdk_version()}
    files = {
        "[Content_Types].xml": _CONTENT_TYPES.encode(),
        "_rels/.rels": _RELATIONS.format(**names).encode(),
        f"{_NUGET_ID}.nuspec": _NUSPEC.format(**names).encode(),
        "README.md": (csharp_sdk.SDK / "README.md").read_bytes(),
    }
    with tempfile.TemporaryDirectory() as compiled:
        library = csharp_sdk.compile_library(Path(compiled))
        for path in (library, library.with_suffix(".xml")):
            files[f"lib/net471/{path.name}"] = path.read_bytes()
    return _zip(folder / f"{_NUGET_ID}.{sdk_version()}.nupkg", files)


def godot_package(folder: Path, edition: str) -> Path:
    """Build the zip of an edition of the Godot SDK, to unpack into a project."""
    with tempfile.TemporaryDirectory() as assembled:
        addon = godot_sdk.assemble(edition, Path(assembled))
        files = {(godot_sdk.ADDON / path.name).as_posix(): path.read_bytes() for path in _files(addon)}
    files[(godot_sdk.ADDON / "LICENSE").as_posix()] = _LICENSE.read_bytes()
    sample = godot_sdk.SDK / "samples" / f"godot{edition}" / "rush.gd"
    files[(godot_sdk.ADDON / "samples" / sample.name).as_posix()] = sample.read_bytes()
    return _zip(folder / f"leaderforge-godot{edition}-{sdk_version()}.zip", files)


def c_package(folder: Path) -> Path:
    """Build the zip with the sources of the C sample."""
    files = {f"leaderforge-c/{path.name}": path.read_bytes() for path in _files(ROOT / "sdk" / "c")}
    files["leaderforge-c/LICENSE"] = _LICENSE.read_bytes()
    return _zip(folder / f"leaderforge-c-{sdk_version()}.zip", files)


def sdk_version() -> str:
    """Return the version of the SDKs."""
    return str(json.loads((csharp_sdk.SDK / "package.json").read_text(encoding="utf-8"))["version"])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _metas(package: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a `.meta` file for each file and folder. Unity ignores files of a package that have no `.meta` file."""
    imported = {Path(name) for name in files if "~" not in name}
    imported |= {parent for path in imported for parent in path.parents if parent.name}
    # A file must have the same id in each build of the package, because scenes of games refer to files by their ids.
    ids = {path: hashlib.md5(f"{package}/{path}".encode(), usedforsecurity=False).hexdigest() for path in imported}
    return {f"{path.as_posix()}.meta": f"fileFormatVersion: 2\nguid: {guid}\n".encode() for path, guid in ids.items()}


def _zip(package: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return package


def main(folder: Path) -> None:
    """Build all packages into a folder."""
    unity_package(folder)
    nuget_package(folder)
    for edition in godot_sdk.EDITIONS:
        godot_package(folder, edition)
    c_package(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
