import socket
from collections.abc import Iterator

import pytest

from leaderforge.embedded.ports import BUS_OFFSET, LOOPBACK, free_node_ports, free_port, is_free


@pytest.fixture(params=[LOOPBACK, "0.0.0.0"])  # noqa: S104 - other programs may listen there
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    with socket.create_server((request.param, free_port())) as server:
        yield server.getsockname()[1]


def test_a_port_that_is_listened_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)
    assert free_port(taken) > taken


def test_a_port_whose_connections_linger_is_free() -> None:
    with socket.create_server((LOOPBACK, free_port())) as server:
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)):
            server.accept()[0].close()
    assert is_free(port)


def test_node_ports_have_free_bus_ports() -> None:
    first = free_port()
    with socket.create_server((LOOPBACK, first + BUS_OFFSET)):
        ports = free_node_ports(3, first)
    assert first not in ports
    assert len(set(ports)) == 3
    assert all(is_free(port) and is_free(port + BUS_OFFSET) for port in ports)


def test_there_are_no_ports_above_the_last() -> None:
    with pytest.raises(OSError, match="free ports"):
        free_node_ports(1, 65_000)
