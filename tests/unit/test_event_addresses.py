"""Addresses that events may reach: the networks, the check of names at the connection, and redirects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest

from leaderforge.adapters.webhooks.sender import HttpNoticeSender
from leaderforge.domain.addresses import is_admitted
from leaderforge.domain.endpoints import require_url
from leaderforge.domain.errors import Refused

REFUSED = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "100::1", "not an address", ""),
]
ADMITTED = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused(address: str) -> None:
    assert not is_admitted(address, ())


@pytest.mark.parametrize("address", ADMITTED)
def test_public_addresses_are_admitted(address: str) -> None:
    assert is_admitted(address, ())


def test_a_setting_admits_networks_and_nothing_beside_them() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert is_admitted("10.1.2.3", allowed)
    assert is_admitted("::ffff:10.1.2.3", allowed)
    assert is_admitted("fd12::1", allowed)
    assert not is_admitted("10.2.0.1", allowed)
    assert not is_admitted("127.0.0.1", allowed)


@pytest.mark.parametrize(
    "url",
    [
        *("", "https://", "ftp://example.org/", "http://example.org/", "https://user:pw@example.org/"),
        *("https://example.org/#part", "https://example.org:99999/", "https://exa mple.org/", "https://\u00fc.org/"),
        *(
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]/",
        ),
        "https://example.org/" + "x" * 500,
    ],
)
def test_unacceptable_urls_are_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        require_url(url, ())
    assert refused.value.message.startswith("url: ")


def test_acceptable_urls_stay_as_they_are() -> None:
    for url in ("https://example.org/hooks?a=b", "https://example.org:8443", "https://[2606:4700::1111]/x"):
        assert require_url(url, ()) == url
    assert require_url("http://10.0.0.7/hooks", (ip_network("10.0.0.0/8"),))


@asynccontextmanager
async def answering(*lines: str) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve one answer on a port of this machine. Yield the port and the heads of the requests."""
    heads: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write("\r\n".join([*lines, "content-length: 0", "connection: close", "", ""]).encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


def sender(*networks: str, timeout_s: float = 5.0) -> HttpNoticeSender:
    """Return a sender that may also connect to addresses in these networks."""
    return HttpNoticeSender([ip_network(network) for network in networks], timeout_s=timeout_s)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0"])
async def test_names_and_numbers_of_this_machine_are_refused_at_the_connection(host: str) -> None:
    async with answering("HTTP/1.1 200 OK") as (port, heads):
        attempt = await sender().send(f"http://{host}:{port}/", {}, b"{}")
    assert attempt.status is None
    assert attempt.error is not None
    assert heads == []


async def test_the_checked_address_is_the_connected_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # The sender must make one query only, because a hostile name server could answer a second query with an address
    # that the sender would refuse.
    queries: list[str] = []
    loop = asyncio.get_running_loop()

    async def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        queries.append(host)
        return [(2, 1, 6, "", ("127.0.0.2" if len(queries) == 1 else "127.0.0.1", port))]

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    async with answering("HTTP/1.1 200 OK") as (port, heads):
        attempt = await sender("127.0.0.2/32").send(f"http://rebinding.example:{port}/", {}, b"{}")
    assert queries == ["rebinding.example"]
    assert attempt.error is not None  # nothing listens at 127.0.0.2
    assert heads == []


async def test_one_special_address_of_a_name_suffices_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in ("127.0.0.1", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with answering("HTTP/1.1 200 OK") as (port, heads):
        attempt = await sender("127.0.0.0/8").send(f"http://both.example:{port}/", {}, b"{}")
    assert attempt.error is not None
    assert "10.0.0.1" in attempt.error
    assert heads == []


async def test_redirects_are_not_followed() -> None:
    async with answering("HTTP/1.1 200 OK") as (target, heads):
        location = f"location: http://127.0.0.1:{target}/"
        async with answering("HTTP/1.1 302 Found", location) as (port, _):
            attempt = await sender("127.0.0.0/8").send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert attempt.status == 302
    assert attempt.error == "redirect 302, which is not followed"
    assert heads == []


async def test_a_silent_receiver_and_a_closed_port_are_failures() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        attempt = await sender("127.0.0.0/8", timeout_s=0.05).send(f"http://127.0.0.1:{port}/", {}, b"{}")
        assert (attempt.status, attempt.error) == (None, "no response within 0.05 s")
    attempt = await sender("127.0.0.0/8").send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert attempt.error is not None
    assert attempt.error.startswith("no response: ")


async def test_a_request_has_its_headers_and_body() -> None:
    async with answering("HTTP/1.1 204 No Content") as (port, heads):
        attempt = await sender("127.0.0.0/8").send(
            f"http://127.0.0.1:{port}/path?x=1", {"webhook-id": "n"}, b'{"a": 1}'
        )
    assert attempt.has_succeeded
    head = heads[0].decode().lower()
    assert head.startswith("post /path?x=1 http/1.1\r\n")
    assert f"host: 127.0.0.1:{port}\r\n" in head
    for line in ("webhook-id: n", "content-type: application/json", "content-length: 8", "user-agent: leaderforge/"):
        assert line in head
