"""Clients that generators make from the OpenAPI document, each ready to run.

The generators have a separate environment. If the machine lacks a program, the test of its language is skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
FRONTEND = ROOT / "frontend"
DOCUMENT = FRONTEND / "openapi.json"
LATER_MEMBERS = {"ReceiptOut": "duplicate", "EntryOut": "submissions", "BoardOut": "decimals", "ErrorObject": "details"}
"""JSON members of responses, by schema.

Clients are generated from a document without these members, as if a later version of the API had added them.
"""

_TOOLS = CLIENTS / ".venv" / "bin"
_PACKAGES = FRONTEND / "node_modules"
_NEWTONSOFT = _PACKAGES / "jillejr.newtonsoft.json-for-unity/Plugins/Newtonsoft.Json Editor/Newtonsoft.Json.dll"

_CSHARP_OPTIONS = (
    "packageName=LeaderForge",
    "targetFramework=net48",
    "supportsRetry=false",  # code with retries needs the package Polly, which only NuGet offers
    "disallowAdditionalPropertiesIfNotPresent=false",  # otherwise clients fail on unknown JSON members of batch results
    "conditionalSerialization=true",  # otherwise a request to change a board has null for unset JSON members
)
_CSHARP = ("-langversion:7.2", "-warn:0")
"""Compiler options: the C# version that the generated code needs, and no warnings."""
_ASSEMBLIES = ("System.Net.Http", "System.ComponentModel.DataAnnotations", "System.Runtime.Serialization", "System.Web")
_MONO = " ".join(["mono-mcs", *(f"libmono-{name.replace('.', '-').lower()}4.0-cil" for name in _ASSEMBLIES)])
"""Debian packages of the compiler, its runtime and `_ASSEMBLIES`."""


def typescript(folder: Path) -> Sequence[str | Path]:
    """Bundle the TypeScript client, whose types are in `src/api/schema.ts`. Return the command that runs it."""
    program = folder / "calls.mjs"
    bundle = (_PACKAGES / ".bin" / "rolldown", "tests/clients/calls.ts", "--file", program)
    _run(*bundle, "--platform", "node", "--format", "esm", cwd=FRONTEND)
    return ["node", program]


def python(folder: Path) -> Sequence[str | Path]:
    """Generate the Python client. Return the command of its program."""
    generator = _tool("openapi-python-client")
    options = ("--meta", "none", "--config", CLIENTS / "python.yaml", "--output-path", folder / "generated_client")
    _run(generator, "generate", "--path", _earlier_document(folder), *options, "--fail-on-warning")
    shutil.copy(CLIENTS / "python_calls.py", folder)
    return [_TOOLS / "python", folder / "python_calls.py"]


def csharp(folder: Path) -> Sequence[str | Path]:
    """Generate and compile the C# client. Return the command of its program."""
    sources = csharp_sources(folder)
    compiler, runtime = _program("mcs", _MONO), _program("mono", _MONO)
    _require_assemblies(Path(compiler))
    shutil.copy(_NEWTONSOFT, folder)
    references = [f"-r:{name}.dll" for name in _ASSEMBLIES] + [f"-r:{folder / 'Newtonsoft.Json.dll'}"]
    library, program = folder / "LeaderForge.dll", folder / "Calls.exe"
    _run(compiler, *_CSHARP, *references, "-target:library", f"-out:{library}", *sources)
    _run(compiler, *_CSHARP, *references, f"-r:{library}", f"-out:{program}", CLIENTS / "Calls.cs")
    return [runtime, program]


def csharp_sources(folder: Path) -> Sequence[Path]:
    """Generate the C# client. Return its files."""
    _program("java", "default-jre-headless")
    document = _with_numeric_scores(_earlier_document(folder))
    parts = "apiDocs=false,modelDocs=false,apiTests=false,modelTests=false"
    options = (
        "--library",
        "httpclient",
        "--global-property",
        parts,
        "--additional-properties",
        ",".join(_CSHARP_OPTIONS),
    )
    _run(_tool("openapi-generator-cli"), "generate", "-g", "csharp", "-i", document, "-o", folder / "csharp", *options)
    return sorted((folder / "csharp" / "src" / "LeaderForge").rglob("*.cs"))


def _earlier_document(folder: Path) -> Path:
    """Write the OpenAPI document without `LATER_MEMBERS`. Return its path."""
    document = json.loads(DOCUMENT.read_text())
    for name, member in LATER_MEMBERS.items():
        schema = document["components"]["schemas"][name]
        del schema["properties"][member]
        schema["required"].remove(member)
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def _with_numeric_scores(document: Path) -> Path:
    """Remove the text form of scores from the document, as docs/clients.md does by jq. Return the new path."""

    def numeric(schema: dict[str, Any]) -> dict[str, Any]:
        choices = schema.get("anyOf", [])
        if not any(choice.get("type") == "integer" for choice in choices):
            return schema
        numbers = [choice for choice in choices if choice.get("type") != "string"]
        others = {name: value for name, value in schema.items() if name != "anyOf"}
        return {**others, "anyOf": numbers} if len(numbers) > 1 else {**others, **numbers[0]}

    document.write_text(json.dumps(json.loads(document.read_text(), object_hook=numeric)))
    return document


def _require_assemblies(compiler: Path) -> None:
    folder = compiler.parents[1] / "lib" / "mono" / "4.5"
    absent = [name for name in _ASSEMBLIES if not (folder / f"{name}.dll").exists()]
    if absent:
        pytest.skip(f"this machine's Mono lacks {', '.join(absent)}; install Debian's {_MONO}")


def _tool(name: str) -> Path:
    assert (_TOOLS / name).exists(), "the generators are not installed: run `make clients-setup`"
    return _TOOLS / name


def _program(name: str, package: str) -> str:
    """Return the path of a program. If it is missing, skip the test, because neither pip nor npm can install it."""
    return shutil.which(name) or pytest.skip(f"this machine has no {name}; install Debian's {package}")


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    search_path = f"{_TOOLS}{os.pathsep}{os.environ['PATH']}"  # the Python generator runs a formatter
    environment = {**os.environ, "PATH": search_path}
    process = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, (process.stdout + process.stderr)[-2000:]
