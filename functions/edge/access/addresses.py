"""Addresses of clients, from the connection and from the headers of trusted proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope as AsgiScope

from leaderforge.domain.addresses import Network

Address = IPv4Address | IPv6Address

_OF_PROXIES = frozenset({b"forwarded", b"via", b"x-real-ip"})
"""Request headers that only proxies add. Headers `X-Forwarded-...` are not listed: their prefix identifies them."""
_IN_EVENT = "aws.event"
"""Key of the ASGI scope whose value is the AWS event. Only requests on AWS Lambda have it."""
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_SITE_PREFIX = 64
"""Prefix length of an IPv6 network that counts as one client, because a subscriber owns at least a /64."""


def is_reached_locally(scope: AsgiScope) -> bool:
    """Return whether the request arrived at a loopback address or a Unix socket, which only this machine can reach."""
    if _IN_EVENT in scope:
        return False
    host = _host_in(scope.get("server"))
    if host in _LOOPBACK:  # fast path: most requests need no parser
        return True
    address = _parsed(host)
    return address is None or address.is_loopback


def is_on_this_machine(scope: AsgiScope) -> bool:
    """Return whether the request comes from a program on this machine that is not a proxy."""
    if any(name in _OF_PROXIES or name.startswith(b"x-forwarded-") for name, _ in scope["headers"]):
        return False
    address = _address_in(scope.get("client"))
    return address is not None and address.is_loopback


def address_of(scope: AsgiScope, proxies: Sequence[Network]) -> str:
    """Return the client's address: on the way back from this server, the first address that is no trusted proxy.

    Clients can forge X-Forwarded-For. Therefore, use only the parts that trusted proxies have appended.
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

    If the scope's server is a loopback address, the client is on this machine: return the loopback address. The scope's
    client may be forged then, because uvicorn trusts the X-Forwarded-For of programs on its own machine.
    """
    # On AWS Lambda, the scope's server is the Host header, which clients choose. The scope's client comes from API
    # Gateway and cannot be forged.
    server = None if _IN_EVENT in scope else _address_in(scope.get("server"))
    return server if server is not None and server.is_loopback else _address_in(scope.get("client"))


def _address_in(endpoint: Sequence[object] | None) -> Address | None:
    return _parsed(_host_in(endpoint))


def _host_in(endpoint: Sequence[object] | None) -> str:
    """Return the host of an endpoint, a pair of host and port. Return "" if the endpoint is unknown."""
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
    """Return the text of an IPv4 address, or of the /64 network of an IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _SITE_PREFIX), strict=False))
    return "unknown" if address is None else str(address)
