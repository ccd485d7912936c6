"""By which names a console may be asked for. Pure.

A page of somebody else's can have its own name lead to this machine (DNS rebinding): its browser
then takes the console for a part of that page. The name it asks for gives it away.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from cryptography import x509

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def name_of(host: str) -> str | None:
    """Of a ``Host`` header, without port and brackets; None where it is none."""
    found = _HOST.fullmatch(host.lower())
    return found[1].strip("[]") if found else None


def port_of(host: str, scheme: str) -> int:
    """As the browser has it, of a ``Host`` header that has a name."""
    found = _HOST.fullmatch(host.lower())
    return int(found[2]) if found and found[2] else _DEFAULT_PORTS[scheme]


def is_own(name: str, names: Collection[str], came_to: str) -> bool:
    """``names``: in small letters, ``*.`` for one label; ``came_to``: this machine's address on
    which the request came in, by which it may always be asked for."""
    if name == came_to or name in names or f"*.{name.partition('.')[2]}" in names:
        return True
    return name == "localhost" and ipaddress.ip_address(came_to).is_loopback


def names_in(certificate: bytes) -> frozenset[str]:
    """Of a PEM file: what its first certificate was made for, in small letters."""
    first = x509.load_pem_x509_certificates(certificate)[0]
    try:
        made_for = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = made_for.get_values_for_type(x509.IPAddress)
    names = made_for.get_values_for_type(x509.DNSName)
    return frozenset(str(each).lower() for each in (*names, *addresses))
