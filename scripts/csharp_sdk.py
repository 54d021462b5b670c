"""Compile the C# SDK by Debian's Mono: version 7 of the language, warnings as errors.

The compiler also demands a documentation comment on each public member.
"""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk" / "csharp"
PACKAGES = "mono-mcs libmono-system-net-http4.0-cil"
"""Debian packages of the compiler, its runtime and the assemblies."""
_OPTIONS = ("-langversion:7", "-warn:4", "-warnaserror", "-r:System.Net.Http.dll")


def is_installed() -> bool:
    """Return whether this machine has the compiler, the runtime and the assembly for HTTP."""
    compiler = shutil.which("mcs")
    assemblies = Path(compiler or "/").parents[1] / "lib" / "mono" / "4.5" if compiler else None
    return assemblies is not None and shutil.which("mono") is not None and (assemblies / "System.Net.Http.dll").exists()


def compile_library(folder: Path) -> Path:
    """Compile the SDK to LeaderForge.Client.dll, with its documentation beside it. Raises `RuntimeError`."""
    library = folder / "LeaderForge.Client.dll"
    documentation = f"-doc:{library.with_suffix('.xml')}"
    _compile("-target:library", documentation, f"-out:{library}", *map(str, sorted((SDK / "Runtime").glob("*.cs"))))
    return library


def compile_program(library: Path, name: str, *sources: Path) -> Path:
    """Compile a program that uses the SDK, into the folder of the library."""
    program = library.with_name(name).with_suffix(".exe")
    _compile(f"-r:{library}", f"-out:{program}", *map(str, sources))
    return program


def _compile(*arguments: str) -> None:
    command = [shutil.which("mcs") or "mcs", *_OPTIONS, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise RuntimeError(f"mcs refused the program:\n{done.stdout}{done.stderr}"[:4000])
