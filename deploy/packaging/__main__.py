"""Makes the packages and tells their sizes."""

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
"""How large a package may be: a larger one starts more slowly."""
_AGENT = "newrelic"
"""The package that only those deploy who use it: a layer of its own."""


def package(architecture: Architecture, python: str, output: Path) -> list[Path]:
    """Make the functions' package and the agent's layer for an architecture; return their paths."""
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
    """Make all packages."""
    parser = argparse.ArgumentParser(prog="python -m deploy.packaging", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build"), help="where to put them")
    names = [one.name for one in ARCHITECTURES]
    parser.add_argument("--architecture", choices=names, action="append", help="only this one")
    options = parser.parse_args()
    try:
        python = find_python()
        chosen = [one for one in ARCHITECTURES if one.name in (options.architecture or names)]
        made = [path for one in chosen for path in package(one, python, options.output)]
    except PackagingFailed as failure:
        sys.exit(f"error: {failure}")
    for path in made:
        print(f"{path}  {path.stat().st_size / 10**6:.1f} MB  sha256:{sha256(path.read_bytes()).hexdigest()}")  # noqa: T201
    if too_large := [str(path) for path in made if path.stat().st_size > MAX_BYTES]:
        sys.exit(f"error: more than {MAX_BYTES / 10**6:.0f} MB: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
