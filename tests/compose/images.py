"""Container images of the test: stand-ins with the names of the base images, and the project's images on top."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.compose.engine import Engine

ROOT = Path(__file__).parents[2]
_STAND_INS = Path(__file__).parent / "images"
BASE = "leaderforge/base:test"
"""Container image from which all stand-ins are built."""
_SUITE = "trixie"
_PACKAGES = (
    "ca-certificates,nginx-light,nodejs,npm,pgbouncer,postgresql-17,python3-venv,valkey-server,valkey-tools,wget"
)
_NAMES = {
    "citusdata/citus": "postgres",
    "edoburu/pgbouncer": "pgbouncer",
    "nginxinc/nginx-unprivileged": "nginx",
    "node": "node",
    "python": "python",
    "valkey/valkey": "valkey",
}
"""Stand-ins by the name of the base image."""
CITUS = os.environ.get("LEADERFORGE_TEST_CITUS_FILES")
"""Directory with the files of PostgreSQL and Citus below `usr/`, because Debian has no Citus. None: no Citus."""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def build(engine: Engine) -> None:
    """Build all images. Later calls use the cached base and the cached layers."""
    _import_base(engine)
    context = engine.directory / "images"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(_STAND_INS, context)
    shutil.copy(_CERTIFICATES, context / "certificates.pem")
    if CITUS:
        shutil.copytree(CITUS, context / "postgres", symlinks=True, dirs_exist_ok=True)
    for reference in sorted(_base_images()):
        stand_in = _NAMES[reference.partition(":")[0]]
        _build(engine, context, context / f"{stand_in}.Dockerfile", reference)
    for name in ("api", "web"):
        _build(engine, ROOT, ROOT / "deploy" / "images" / f"{name}.Dockerfile", f"leaderforge/{name}:local")


def build_next(engine: Engine) -> str:
    """Build the image of the API with another version of the service. Return the image's id."""
    context = engine.directory / "next"
    shutil.rmtree(context, ignore_errors=True)
    for name in ("functions", "shared", "requirements"):
        shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "frontend" / "public", context / "frontend" / "public")
    package = context / "shared" / "leaderforge" / "__init__.py"
    package.write_text(f'{package.read_text()}\n__version__ += ".next"\n')
    _build(engine, context, ROOT / "deploy" / "images" / "api.Dockerfile", "leaderforge/api:local")
    return engine.docker("inspect", "--format", "{{.Id}}", "leaderforge/api:local").strip()


def _build(engine: Engine, context: Path, dockerfile: Path, tag: str) -> None:
    engine.docker("build", "--quiet", "--network", "host", "--file", dockerfile, "--tag", tag, context)


def _import_base(engine: Engine) -> None:
    if BASE in engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split():
        return
    archive = engine.directory / "base.tar"
    if not archive.exists():
        part = archive.with_suffix(".part.tar")
        options = ("--quiet", "--variant=minbase", f"--include={_PACKAGES}")
        subprocess.run(["mmdebstrap", *options, _SUITE, part], check=True)
        part.replace(archive)
    engine.docker("import", archive, BASE)


def _base_images() -> set[str]:
    """Return the images in the project's files that have a stand-in. Images of optional profiles have no stand-in."""
    compose = re.findall(r"^ +image: (\S+)$", (ROOT / "docker-compose.yml").read_text(), re.MULTILINE)
    dockerfiles = [
        reference
        for name in ("api", "web")
        for reference in re.findall(
            r"^FROM (\S+)", (ROOT / "deploy" / "images" / f"{name}.Dockerfile").read_text(), re.MULTILINE
        )
    ]
    return {reference for reference in (*compose, *dockerfiles) if reference.partition(":")[0] in _NAMES}
