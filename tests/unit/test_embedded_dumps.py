"""Time limits for nodes that load large dumps."""

from pathlib import Path

import pytest

from leaderforge.embedded.dumps import loading_seconds


def dump(directory: Path, name: str, size: int) -> Path:
    path = directory / name
    with path.open("wb") as file:
        file.truncate(size)  # a sparse file, which takes no disk
    return path


def test_nodes_load_concurrently_and_the_largest_dump_takes_longest(tmp_path: Path) -> None:
    dumps = [dump(tmp_path, "a", 3_000_000_000), dump(tmp_path, "b", 6_000_000_000)]
    assert loading_seconds(dumps) == pytest.approx(2 * loading_seconds(dumps[:1]))
    assert loading_seconds(dumps) > 60


def test_nodes_without_dumps_load_nothing(tmp_path: Path) -> None:
    assert loading_seconds([tmp_path / "none", dump(tmp_path, "empty", 0)]) == 0
