"""Short form of `python -m tests.fuzz`."""

from pathlib import Path

from tests.acceptance.conftest import new_database
from tests.fuzz.run import defects_of_log, fuzz
from tests.fuzz.server import fuzzed_server

REQUESTS = 500


async def test_hostile_requests_find_no_defect(valkey, postgres, tmp_path: Path) -> None:
    async with fuzzed_server(tmp_path, valkey.addresses, await new_database(postgres.dsn)) as api:
        report = await fuzz(api.url, REQUESTS, seed=1)
        assert await api.status("/api/health") == 200
    assert report.defects == []
    assert sum(report.statuses.values()) == REQUESTS
    assert not defects_of_log(api.process.log)
    assert {200, 401, 403, 404, 422} <= report.statuses.keys()
