"""Addresses of clients, as far as they are certain."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope as AsgiScope

from leaderforge.setting_types import Network

Address = IPv4Address | IPv6Address

_OF_PROXIES = frozenset({b"forwarded", b"via", b"x-real-ip"})
"""Headers by which proxies pass on the client's address or their own. `X-Forwarded-...` are others."""
_IN_EVENT = "aws.event"
"""Member of the scope of a request that came as an event of AWS."""
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_SITE_PREFIX = 64
"""Bits of an IPv6 address that identify a site. One subscriber owns at least such a network, so it counts as one."""


def is_reached_locally(scope: AsgiScope) -> bool:
    """Return whether the request arrived where only this machine reaches the server: a loopback address or a file."""
    if _IN_EVENT in scope:
        return False
    host = _host_in(scope.get("server"))
    if host in _LOOPBACK:  # spares most requests the parser
        return True
    address = _parsed(host)
    return address is None or address.is_loopback


def is_on_this_machine(scope: AsgiScope) -> bool:
    """Return whether the request comes from a program on this machine, and not from a proxy on it."""
    if any(name in _OF_PROXIES or name.startswith(b"x-forwarded-") for name, _ in scope["headers"]):
        return False
    address = _address_in(scope.get("client"))
    return address is not None and address.is_loopback


def address_of(scope: AsgiScope, proxies: Sequence[Network]) -> str:
    """Return the client's address: the nearest one, going back from this server, that is not a trusted proxy's.

    Clients can forge X-Forwarded-For, therefore only the parts that trusted proxies appended count.
    """
    address = _peer_of(scope)
    hops = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for hop in reversed(hops.split(",") if hops else []):
        if address is None or not any(address in network for network in proxies):
            break
        address = _parsed(hop.strip())
    return _subscriber(address)


def _peer_of(scope: AsgiScope) -> Address | None:
    """Return the address at the other end of the connection, None if it is unknown.

    Servers may replace the client in the scope: uvicorn believes the X-Forwarded-For of every program on its machine,
    unless it is told not to. Only programs on this machine can connect to a loopback address. The server's own
    address, which no header changes, therefore shows such a connection.
    """
    # On AWS Lambda the server is the Host header. There the client comes from API Gateway, which nobody can forge.
    server = None if _IN_EVENT in scope else _address_in(scope.get("server"))
    return server if server is not None and server.is_loopback else _address_in(scope.get("client"))


def _address_in(endpoint: Sequence[object] | None) -> Address | None:
    return _parsed(_host_in(endpoint))


def _host_in(endpoint: Sequence[object] | None) -> str:
    """Return the host of an end of a connection, which is a host and a port. Return "" if it is unknown."""
    return str(endpoint[0]) if endpoint else ""


def _parsed(text: str) -> Address | None:
    """Return the address, as IPv4 if it is an IPv4-mapped IPv6 address. Return None for other text."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _subscriber(address: Address | None) -> str:
    """Return an address as text, an IPv6 address as its site's network."""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _SITE_PREFIX), strict=False))
    return "unknown" if address is None else str(address)
