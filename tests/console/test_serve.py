from __future__ import annotations

import socket
import ssl
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import enumerate as threads

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.errors import ConfigError
from tests.console.made import Client, served


def test_it_answers_as_soon_as_it_is_there_and_not_after(tmp_path: Path) -> None:
    with served(tmp_path) as console:
        assert console.client().ask("GET", "/").status == 200
        url = console.url
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("GET", url, retries=False, timeout=2.0)
    assert not [thread for thread in threads() if thread.name.startswith("console")]


def test_it_ends_soon_although_screens_are_watching(tmp_path: Path) -> None:
    with ExitStack() as browsers:
        with served(tmp_path) as console:
            client = browsers.enter_context(closing(Client(console.url)))
            client.login(console.tokens["operator"])
            screens = [client.events() for _ in range(3)]
            for screen in screens:
                screen.next("beat")
            began_s = time.monotonic()
        assert time.monotonic() - began_s < 10.0
        for screen in screens:
            assert screen.next("end")["data"]["reason"] == "stopped"
            with pytest.raises(EOFError):
                screen.next("nothing")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config = ConsoleConfig(port=port)
        with (
            pytest.raises(ConfigError, match=f"127.0.0.1 port {port} is taken by another program"),
            served(tmp_path, config),
        ):
            pass


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "would send faces over the network unencrypted"),
        ({"host": "192.0.2.1"}, "unencrypted"),
        ({"host": "van.example"}, "unencrypted"),
        ({"host": "127.0.0.300"}, "unencrypted"),
        ({"certificate": "not-there.pem"}, "console.certificate not-there.pem"),
    ],
)
def test_an_address_that_will_not_do_is_one_sentence(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    config = ConsoleConfig.model_validate({"port": 0, **settings})
    with pytest.raises(ConfigError, match=said) as raised, served(tmp_path, config):
        pass
    assert "\n" not in str(raised.value)


def test_an_address_of_another_machine_cannot_be_had(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "console.pem")
    config = ConsoleConfig(host="192.0.2.1", port=0, certificate=str(certificate))
    with pytest.raises(ConfigError, match="cannot be had"), served(tmp_path, config):
        pass


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_this_machine_has_several_names(host: str, tmp_path: Path) -> None:
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with served(tmp_path, ConsoleConfig(host=host, port=0)) as console:
        assert console.client("operator").ask("GET", "/api/time").status == 200


def test_with_a_certificate_it_speaks_https_and_its_cookie_is_secure(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path / "console.pem")
    config = ConsoleConfig(port=0, certificate=str(certificate))
    with served(tmp_path, config) as console:
        assert console.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(certificate))
        with urllib3.PoolManager(ssl_context=trusting, retries=False) as pool:
            answer = pool.request(
                "POST",
                f"{console.url}/login",
                json={"token": console.tokens["operator"]},
                headers={"X-LFR-Console": "1", "Origin": console.url},
            )
        assert answer.status == 200
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")


def self_signed(path: Path, *names: str) -> Path:
    """A certificate for 127.0.0.1 and ``names`` and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    here = [x509.IPAddress(ip_address("127.0.0.1")), *map(x509.DNSName, names)]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("sealed", [False, True])
def test_it_ends_without_complaint_although_browsers_say_no_goodbye(
    sealed: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = self_signed(tmp_path / "console.pem")
    trusting = ssl.create_default_context(cafile=str(certificate))
    config = ConsoleConfig(port=0, certificate=str(certificate) if sealed else None)
    with ExitStack() as browsers:
        with served(tmp_path, config) as console:
            host, port = console.url.rpartition("/")[2].split(":")
            for _ in range(2):
                browser = browsers.enter_context(socket.create_connection((host, int(port))))
                if sealed:
                    browser = trusting.wrap_socket(browser, server_hostname=host)
                    browsers.enter_context(browser)
                browser.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
                assert browser.recv(100).startswith(b"HTTP/1.1 200")
        said = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
        assert said == []
