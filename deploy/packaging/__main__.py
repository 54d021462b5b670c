"""Build the packages and print their sizes."""

import argparse
import shutil
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from deploy.packaging.archive import write_archive
from deploy.packaging.contents import (
    ARCHITECTURES,
    Architecture,
    PackagingFailed,
    compile_modules,
    copy_sources,
    find_python,
    install_dependencies,
)

MAX_BYTES = 20 * 10**6
"""Maximum size of a package in bytes. Larger packages slow down cold starts."""
_AGENT = "newrelic"
"""Python package of the New Relic agent. The agent is deployed as a separate layer, because few deployments use it."""


def package(architecture: Architecture, python: str, output: Path) -> list[Path]:
    """Build the functions' package and the agent's layer for an architecture. Return their paths."""
    functions = output / f"functions-{architecture.name}.zip"
    layer = output / f"{_AGENT}-{architecture.name}.zip"
    with tempfile.TemporaryDirectory() as scratch:
        code, agent = Path(scratch, "code"), Path(scratch, "agent")
        install_dependencies(architecture, code)
        copy_sources(code)
        compile_modules(python, code)
        agent.mkdir()
        for path in list(code.glob(f"{_AGENT}*")):
            shutil.move(path, agent)
        write_archive(code, functions)
        write_archive(agent, layer, "python/")
    return [functions, layer]


def main() -> None:
    """Build all packages."""
    parser = argparse.ArgumentParser(prog="python -m deploy.packaging", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build"), help="folder of the packages")
    names = [architecture.name for architecture in ARCHITECTURES]
    parser.add_argument("--architecture", choices=names, action="append", help="build only this one; repeatable")
    options = parser.parse_args()
    try:
        python = find_python()
        requested = options.architecture or names
        architectures = [architecture for architecture in ARCHITECTURES if architecture.name in requested]
        packages = [path for each in architectures for path in package(each, python, options.output)]
    except PackagingFailed as failure:
        sys.exit(f"error: {failure}")
    for path in packages:
        print(f"{path}  {path.stat().st_size / 10**6:.1f} MB  sha256:{sha256(path.read_bytes()).hexdigest()}")  # noqa: T201
    if too_large := [str(path) for path in packages if path.stat().st_size > MAX_BYTES]:
        sys.exit(f"error: packages larger than {MAX_BYTES / 10**6:.0f} MB: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
