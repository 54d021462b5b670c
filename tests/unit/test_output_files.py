import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leaderforge.cli.output_files import opened_output


class Interrupted(Exception):
    """Error that a test raises in the middle of the output."""


def test_writes_standard_output(capsys: pytest.CaptureFixture[str]):
    with opened_output(None) as file:
        file.write("rank\r\n")
    assert capsys.readouterr().out == "rank\r\n"


def test_a_file_changes_only_when_it_is_complete(tmp_path: Path):
    out = tmp_path / "scores.csv"
    out.write_bytes(b"before\r\n")
    with opened_output(out) as file:
        file.write("after\r\n")
        file.flush()
        assert out.read_bytes() == b"before\r\n"
    assert out.read_bytes() == b"after\r\n"
    assert list(tmp_path.iterdir()) == [out]


def test_a_fault_leaves_the_file_as_it_was(tmp_path: Path):
    out = tmp_path / "scores.csv"
    out.write_bytes(b"before\r\n")
    with pytest.raises(Interrupted):
        write_half(out)
    assert out.read_bytes() == b"before\r\n"
    assert list(tmp_path.iterdir()) == [out]


def write_half(out: Path) -> None:
    with opened_output(out) as file:
        file.write("half")
        raise Interrupted


def test_a_pipe_receives_the_text_and_stays_a_pipe(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        received = threads.submit(pipe.read_bytes)
        with opened_output(pipe) as file:
            file.write("rank\r\n")
        assert pipe.is_fifo()
        assert received.result() == b"rank\r\n"


def test_a_link_stays_and_its_target_changes(tmp_path: Path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    for text in ("first", "second"):
        with opened_output(link) as file:
            file.write(text)
        assert link.is_symlink()
        assert target.read_text() == text
