from __future__ import annotations

import pytest

from lfr_batch.console.hosts import is_own, name_of, port_of
from lfr_batch.console.sources import source_of


@pytest.mark.parametrize(
    ("host", "name", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 443),
        ("[::1]:8443", "::1", 8443),
        ("Van.Example:8443", "van.example", 8443),
        ("a b", None, 443),
        ("a/b", None, 443),
        ("", None, 443),
        ("van:", None, 443),
    ],
)
def test_a_host_is_a_name_and_a_port(host: str, name: str | None, port: int) -> None:
    assert name_of(host) == name
    assert port_of(host, "https") == port


@pytest.mark.parametrize(
    ("name", "came_to", "own"),
    [
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.8", "10.0.0.7", False),
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("localhost", "10.0.0.7", False),
        ("van.example", "10.0.0.7", True),
        ("a.force.example", "10.0.0.7", True),
        ("force.example", "10.0.0.7", False),
    ],
)
def test_a_name_is_its_own_or_not(name: str, came_to: str, own: bool) -> None:
    assert is_own(name, {"van.example", "*.force.example"}, came_to) is own


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_whoever_has_a_network_is_one_source(address: str, source: str) -> None:
    assert source_of(address) == source
