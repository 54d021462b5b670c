"""Services of a command. Its logs go to standard error, apart from its output."""

import logging
from pathlib import Path

import pytest
import structlog
import typer

from leaderforge.cli.target import services
from tests.unit.edge_fixtures import ENVIRONMENT


@pytest.mark.usefixtures("logging_as_before")
async def test_logs_do_not_mix_with_exported_data(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    async with services(tmp_path):
        structlog.get_logger().warning("ours")
        logging.getLogger("asyncpg.pool").warning("of a library")
        typer.echo("data")
    output = capsys.readouterr()
    assert output.out == "data\n"
    assert '"ours"' in output.err
    assert '"of a library"' in output.err
