"""Reproducible zip files: equal contents yield equal bytes."""

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_MODE = 0o100644 << 16
"""Mode of each file: regular, and readable by all, because the functions run as another user."""
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""Earliest time that a zip file can store. Real times would change the bytes."""


def write_archive(root: Path, archive: Path, prefix: str = "") -> None:
    """Write all files below `root` to a zip file, under `prefix`. Equal files yield equal bytes."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    names = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    with ZipFile(archive, "w") as zipped:
        for name in sorted(names):
            zipped.writestr(_entry(prefix + name), names[name].read_bytes(), compresslevel=9)


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _BEGINNING)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = 3  # Unix, regardless of the build machine
    entry.external_attr = _MODE
    return entry
