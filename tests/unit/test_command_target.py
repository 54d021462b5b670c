"""Services of a command. Its logs go to standard error, apart from its output."""

import json
import logging
from pathlib import Path

import pytest
import structlog
import typer

from leaderforge.cli.target import environment, services
from leaderforge.config import EnvironmentSettings
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


def test_commands_reach_a_running_service_of_an_earlier_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An earlier version started an index without a password, and wrote no password into `dev.json`."""
    monkeypatch.delenv("LEADERFORGE_POSTGRES_DSN", raising=False)
    facts = {"postgres": "postgresql://postgres@127.0.0.1/leaderforge", "redis": ["127.0.0.1:7000"], "partitions": 3}
    (tmp_path / "dev.json").write_text(json.dumps(facts))
    settings = EnvironmentSettings.from_environment(environment(tmp_path))
    assert settings.redis_password is None
    assert settings.partitions == 3
