"""Where a request comes from, as limits count it. Pure."""

from __future__ import annotations

import ipaddress

PREFIX = 64
"""Bits of an IPv6 address that whoever has a network has: the rest they can change at will."""


def source_of(address: str) -> str:
    """An IPv4 address, or the network of an IPv6 one; as it is where it is neither."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), PREFIX), strict=False))
