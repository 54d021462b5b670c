"""Environments in which only a wheel of this repository and its declared dependencies are installed."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def build_wheel(directory: Path) -> Path:
    """Return the wheel, built without network access."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = directory.glob("*.whl")
    return wheel


def install(wheel: Path, extra: str, environment: Path) -> Path:
    """Create an environment with the wheel and an extra's dependencies. Return the path of the environment's command.

    The dependencies are links to packages of the tests' environment. Therefore, no package is downloaded.
    """
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(environment)], check=True)
    options = ("--quiet", "--no-deps", "--no-index", "--offline", "--python", str(environment))
    subprocess.run([*uv, "pip", "install", *options, str(wheel)], check=True)
    [packages] = environment.glob("lib/python*/site-packages")
    [installed] = packages.glob("leaderforge-*.dist-info")
    for dependency in set(_closure(PathDistribution(installed), {extra})):
        _link(distribution(dependency), packages)
    return environment / "bin" / "leaderforge"


def _closure(package: Distribution, extras: set[str]) -> Iterator[str]:
    """Yield the names of all packages that a package needs with these extras."""
    for text in package.requires or ():
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        yield requirement.name
        yield from _closure(distribution(requirement.name), requirement.extras)


def _link(package: Distribution, target: Path) -> None:
    """Link all top-level files and folders of a package."""
    source = Path(str(package.locate_file("")))
    for name in {path.parts[0] for path in package.files or () if path.parts[0] not in {"..", "__pycache__"}}:
        link = target / name
        if not link.exists():
            link.symlink_to(source / name)
