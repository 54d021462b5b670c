"""docker-compose.yml: it is valid, opens no port to other machines, and its commands work outside containers."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import redis

from leaderforge.embedded.ports import free_node_ports, free_port
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import postgres_program, valkey_server
from tests.acceptance.composed import COMPOSE_FILE, ROOT, healthy, native, running, services, services_with
from tests.acceptance.conftest import empty_database, new_database
from tests.comparing_calls import SEGMENTS, make_calls
from tests.waiting import PATIENCE_S

__all__ = ["services"]

ONCE = {"citus-setup", "valkey-setup", "migrate"}
LOAD_IMAGE = ROOT / "deploy" / "images" / "load.Dockerfile"
SUBMIT_KEYS = "one-key-of-sixteen,two-key-of-sixteen"
STAND_IN_FOR_CITUS = """
create table pg_dist_node (nodename text, nodeport integer, primary key (nodename, nodeport));
create function citus_add_node(text, integer) returns integer
    language sql as 'insert into pg_dist_node values ($1, $2) returning 1';
create function citus_set_coordinator_host(text, integer) returns integer
    language sql as 'insert into pg_dist_node values ($1, $2) returning 1';
"""
STRANGE_PASSWORD = "a/b#c?d%1@e f$g'h\\"


def composer() -> list[str] | None:
    """Return the command of Docker Compose on this machine, None if it is not installed."""
    for command in (["docker-compose"], ["docker", "compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            return command
    return None


def test_compose_accepts_it() -> None:
    command = composer()
    if command is None:
        pytest.skip("there is neither docker-compose nor docker compose to ask")
    subprocess.run([*command, "--file", COMPOSE_FILE, "config", "--quiet"], check=True)


def test_every_image_is_pinned(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].rpartition(":")
        assert tag
        assert "latest" not in tag, name
    for dockerfile in (ROOT / "deploy" / "images").glob("*.Dockerfile"):
        for image in re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE):
            assert ":" in image
            assert "latest" not in image, dockerfile


def test_every_service_is_watched_limited_and_closed(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        if name not in ONCE:
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert "healthcheck" in service or name == "maintenance", name


def test_the_init_process_may_signal_a_server_that_changed_its_user(services: Mapping[str, Any]) -> None:
    for name, service in services.items():
        capabilities = service.get("cap_add", [])
        assert "KILL" in capabilities or "SETUID" not in capabilities, name


def test_health_checks_of_databases_name_a_user_and_ask_the_address_that_clients_use(
    services: Mapping[str, Any],
) -> None:
    checks = [service["healthcheck"]["test"] for service in services.values() if "healthcheck" in service]
    databases = [check for check in checks if "pg_isready" in check]
    assert len(databases) == 3
    databases.append((ROOT / "deploy" / "images" / "check-pooler.sh").read_text().split())
    for check in databases:
        assert {"--host=127.0.0.1", "--username=leaderforge", "--dbname=leaderforge"} <= set(check)


def test_the_pooler_logs_in_again_within_a_second(services: Mapping[str, Any]) -> None:
    assert services["pgbouncer"]["environment"]["SERVER_LOGIN_RETRY"] == "1"


def test_no_dsn_contains_a_password(services: Mapping[str, Any]) -> None:
    for name in ("api", "maintenance", "migrate"):
        environment = services[name]["environment"]
        assert environment["LEADERFORGE_POSTGRES_DSN"].startswith("postgresql://leaderforge@"), name
        assert environment["PGPASSWORD"], name


async def test_a_password_may_contain_what_separates_the_parts_of_a_dsn(
    services: Mapping[str, Any], postgres, tmp_path: Path
) -> None:
    dsn = urlsplit(await new_database(postgres.dsn))
    environment = {
        **services["migrate"]["environment"],
        "LEADERFORGE_POSTGRES_DSN": urlunsplit(dsn._replace(netloc=f"{dsn.username}@{dsn.hostname}:{dsn.port}")),
        "PGPASSWORD": STRANGE_PASSWORD,
    }
    connection = await asyncpg.connect(postgres.dsn)
    try:
        await connection.execute(f"alter role current_user password {quoted(STRANGE_PASSWORD)}")
        with running(native(services["migrate"]["command"]), environment, tmp_path) as migrate:
            assert migrate.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()
    finally:
        await connection.execute(f"alter role current_user password {quoted(str(dsn.password))}")
        await connection.close()


def quoted(text: str) -> str:
    """Return the text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def test_a_password_that_the_pooler_cannot_read_is_refused(services: Mapping[str, Any]) -> None:
    command = [part.replace("$$", "$") for part in services["citus-setup"]["command"]]
    setup = subprocess.run(
        command, env={"PATH": os.environ["PATH"], "PGPASSWORD": 'a"b'}, capture_output=True, text=True, check=False
    )
    assert setup.returncode == 1
    assert setup.stderr == "error: POSTGRES_PASSWORD must not contain a double quote\n"


def test_locust_has_the_version_of_the_tests() -> None:
    pins = (ROOT / "requirements" / "dev.txt").read_text()
    [version] = re.findall(r"^locust==(\S+)", pins, re.MULTILINE)
    assert f"FROM locustio/locust:{version}\n" in LOAD_IMAGE.read_text()


async def test_the_set_up_of_citus_registers_each_node_once(services: Mapping[str, Any], postgres) -> None:
    """SQL functions replace the functions of Citus. As on Citus, a second registration of a node fails."""
    dsn = await empty_database(postgres.dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(STAND_IN_FOR_CITUS)
    parts = urlsplit(dsn)
    variables = {
        **services["citus-setup"]["environment"],
        "PATH": f"{postgres_program('psql').parent}:{os.environ['PATH']}",
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGUSER": str(parts.username),
        "PGPASSWORD": str(parts.password),
        "PGDATABASE": parts.path[1:],
    }
    script = str(ROOT / "deploy" / "images" / "citus-setup.sql")
    command = [part.replace("$$", "$").replace("/setup.sql", script) for part in services["citus-setup"]["command"]]
    for _ in range(2):
        await asyncio.to_thread(subprocess.run, command, env=variables, capture_output=True, check=True)
        nodes = await connection.fetch("select nodename, nodeport from pg_dist_node order by nodename")
        assert [tuple(node) for node in nodes] == [
            ("citus-coordinator", 5432),
            ("citus-worker-1", 5432),
            ("citus-worker-2", 5432),
        ]
    await connection.close()


@pytest.mark.skipif("LEADERFORGE_TEST_CITUS_DSN" not in os.environ, reason="needs a Citus cluster")
async def test_the_set_up_of_citus_leaves_registered_nodes_alone() -> None:
    """Run the set-up again on registered nodes. The set-up must not register the nodes a second time.

    A second registration can fail, because Citus may give the two-phase commits of both registrations the same name.
    """
    connection = await asyncpg.connect(os.environ["LEADERFORGE_TEST_CITUS_DSN"])
    registered = await connection.fetch("select nodename, nodeport from pg_dist_node order by groupid limit 3")
    script = (ROOT / "deploy" / "images" / "citus-setup.sql").read_text()
    for name, (address, port) in zip(("coordinator", "worker-1", "worker-2"), registered, strict=True):
        script = script.replace(f"'citus-{name}', 5432", f"'{address}', {port}")
        script = script.replace(f"'citus-{name}' and nodeport = 5432", f"'{address}' and nodeport = {port}")
    statements = re.sub(r"^(--|\\set).*$", "", script, flags=re.MULTILINE).strip(" ;\n").split(";")
    assert [await connection.fetch(statement) for statement in statements] == [[], [], []]
    await connection.close()


@pytest.mark.long
async def test_the_api_the_worker_and_locust_run_by_its_commands(valkey, postgres, tmp_path: Path) -> None:
    """The API has several submit keys. Locust has no key of its own, and must use one of the API's keys."""
    services = services_with({"LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEYS, "LEADERFORGE_SEGMENTS": SEGMENTS})
    here = {
        "LEADERFORGE_REDIS_NODES": ",".join(valkey.addresses),
        "LEADERFORGE_NAMESPACE": "test-compose",
        "LEADERFORGE_POSTGRES_DSN": await new_database(postgres.dsn),
    }
    migrate, api, maintenance = ({**services[one]["environment"], **here} for one in ("migrate", "api", "maintenance"))
    with running(native(services["migrate"]["command"]), migrate, tmp_path) as migrating:
        assert migrating.wait(60) == 0, (tmp_path / "log").read_text()
    port = str(free_port())
    with ExitStack() as stack:
        # Listen on loopback only, because outside a container other machines could connect.
        local = {**api, "LEADERFORGE_HOST": "127.0.0.1", "LEADERFORGE_PORT": port}
        stack.enter_context(running(native(services["api"]["command"]), local, tmp_path))
        stack.enter_context(running(native(services["maintenance"]["command"]), maintenance, tmp_path))
        wait_until(
            lambda: healthy(f"http://127.0.0.1:{port}"), PATIENCE_S, "the API, and the worker to build the index"
        )
        headers = {"Authorization": f"Bearer {api['LEADERFORGE_ADMIN_KEYS']}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_S) as client:
            make_calls(client)
        played(f"http://127.0.0.1:{port}", services["locust"]["environment"], tmp_path)


def played(url: str, variables: Mapping[str, str], directory: Path) -> None:
    """Run the command of Locust's image for three seconds. Fails if one of its calls failed."""
    [line] = re.findall(r"^CMD (.*)", LOAD_IMAGE.read_text(), re.MULTILINE)
    places = {"/mnt/locust/locustfile.py": str(ROOT / "tests/load/locustfile.py"), "http://api:8000": url}
    options = ["--headless", "--users", "2", "--spawn-rate", "2", "--run-time", "3s", "--only-summary"]
    command = [sys.executable, "-m", "locust", *(places.get(part, part) for part in json.loads(line)), *options]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, env=environment, cwd=directory, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_index_node_runs_by_its_command(services: Mapping[str, Any], tmp_path: Path) -> None:
    [port] = free_node_ports(1)
    command = [str(valkey_server()), *services["valkey-1"]["command"][1:]]
    command[command.index("/data")] = str(tmp_path)
    with running([*command, "--port", str(port), "--bind", "127.0.0.1"], {}, tmp_path):
        client = redis.Redis(port=port)
        wait_until(lambda: pings(client), PATIENCE_S, "the node")
        assert client.info("cluster")["cluster_enabled"] == 1
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        client.close()


def pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
