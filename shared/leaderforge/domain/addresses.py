"""Addresses of other servers, and the rule that decides whether the service may connect to them."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

_EMBEDDING = ip_network("64:ff9b::/96")
"""Network for NAT64: the last 32 bits of an address in it are an IPv4 address, to which a gateway connects."""
_SPECIAL: Collection[Network] = (
    ip_network("64:ff9b:1::/48"),  # NAT64 in a private network
    ip_network("2001::/32"),  # Teredo, a tunnel to an embedded IPv4 address
    ip_network("2002::/16"),  # 6to4, a tunnel to an embedded IPv4 address
    ip_network("192.88.99.0/24"),  # relays of 6to4
    ip_network("fec0::/10"),  # site-local, the predecessor of unique local addresses
)
"""Networks without public hosts, although some versions of Python count their addresses as global."""


_LAST_PORT = 65_535


def host_and_port(address: str) -> tuple[str, int]:
    """Return the parts of an address such as `10.0.0.4:7000`. Raises `ValueError` with the reason."""
    host, _, port = address.rpartition(":")
    if not host or not (port.isdecimal() and port.isascii()):
        raise ValueError("write host:port")
    if len(port) > 5 or not 1 <= int(port) <= _LAST_PORT:
        raise ValueError(f"the port must be 1 to {_LAST_PORT}")
    return host, int(port)


def is_admitted(text: str, allowed: Collection[Network]) -> bool:
    """Return whether the service may connect to an address: it must be public, or in an `allowed` network."""
    try:
        address = _effective(ip_address(text))
    except ValueError:
        return False
    if any(address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL)


def _effective(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address for which an IPv6 address stands, otherwise the address itself.

    Raises `ValueError` for an IPv6 address with a zone, because such an address is valid on one link only.
    """
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise ValueError("an address with a zone")
    if address in _EMBEDDING:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
