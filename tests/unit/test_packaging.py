"""Packages of the functions. A package that is built again from the same files has the same bytes."""

import os
from pathlib import Path
from zipfile import ZipFile

from deploy.packaging.archive import write_archive


def files(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_an_archive_depends_on_nothing_but_names_and_contents(tmp_path: Path) -> None:
    names = ["b/c.py", "a.py", "b/a.so"]
    one, other = files(tmp_path / "one", names), files(tmp_path / "other", names[::-1])
    (other / "a.py").chmod(0o755)
    os.utime(other / "b/c.py", (0, 0))
    for root in (one, other):
        write_archive(root, tmp_path / f"{root.name}.zip", "python/")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with ZipFile(tmp_path / "one.zip") as zipped:
        assert zipped.namelist() == ["python/a.py", "python/b/a.so", "python/b/c.py"]
        assert zipped.read("python/a.py") == b"a.py"
