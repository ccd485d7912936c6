"""Commands about packs and galleries in a bucket whose place is in a configuration alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest import CaptureFixture, MonkeyPatch  # noqa: PT013 - both stand in every signature

from lfr_batch.config.schema import S3Config
from lfr_batch.homes.change import changed_gallery
from lfr_batch.storage import s3_client
from tests.cli.here import lfr
from tests.e2e.cli import WHO
from tests.one_case import Casework
from tests.s3_servers import moto_server, new_bucket


@pytest.fixture
def config(casework: Casework, tmp_path: Path, monkeypatch: MonkeyPatch) -> Iterator[str]:
    """A file that names the endpoint of a home with a gallery in it; the environment does not."""
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "cache"))
    with moto_server() as address, new_bucket(address, tmp_path) as bucket:
        home, s3 = f"s3://{bucket}/home", S3Config(endpoint_url=address)
        monkeypatch.setenv("LFR_HOME", home)
        with changed_gallery(home, "people", s3) as folder:
            shutil.copytree(casework.home / "galleries", folder / "galleries")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        s3_client.client.cache_clear()
        path = tmp_path / "scan.yaml"
        path.write_text(f"s3:\n  endpoint_url: {address}\njob:\n  out: {tmp_path / 'results'}\n")
        yield str(path)


def test_each_reaches_the_home_that_the_configuration_names(
    config: str, open_pack_home: Path, capsys: CaptureFixture[str]
) -> None:
    pack = str(open_pack_home / "models" / "open")
    for words, says in (
        (["models", "add", pack], "open"),
        (["models", "list"], "open"),
        (["models", "verify", "open"], "files verified"),
        (["gallery", "list"], "people"),
        (["gallery", "show", "people"], "astronaut"),
        (["gallery", "verify", "people"], "is intact"),
        (["doctor"], "gallery people"),
        (["gallery", "delete", "people", "--yes", *WHO], "is gone from s3://"),
    ):
        code, out, err = lfr(capsys, *words, "--config", config)
        assert says in out, (words, err)
        assert code == 0 or words == ["doctor"], (words, err)
    code, _, err = lfr(capsys, "models", "list")
    assert code == 1, err
    assert "http://127.0.0.1:1" in err
    endpoint = Path(config).read_text().splitlines()[1].split()[1]
    code, out, _ = lfr(capsys, "models", "list", "--set", f"s3.endpoint_url={endpoint}")
    assert (code, "open" in out) == (0, True)
