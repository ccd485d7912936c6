"""Queries of a bucket that does not always answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from benchmarks.faulty_proxy import NONE, faulty_proxy
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import ResultsError, StoreAway, StoreUnreachable
from lfr_batch.results.damage import about_part
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store

from .test_fencing import drive, planned

PART = "footage/run_id=R/000001-00000000-part-00000.parquet"
IN_BUCKET = "reading the stream registered as 'lfr_sightings_3' failed: IOError: "


@pytest.mark.parametrize("kind", ["busy", "reset", "broken_body"])
def test_what_passes_is_not_noticed(bucket: str, endpoint: str, kind: str) -> None:
    store = planned(open_store(f"s3://{bucket}/lake"))
    drive(store)
    asked = "FROM sightings ORDER BY ALL"
    wanted = run_query(open_lake(store.uri), asked).to_pylist()
    shares: Mapping[str, float] = {kind: 0.4}
    with faulty_proxy(endpoint, replace(NONE, **shares), 3) as proxy:
        found = run_query(open_lake(store.uri, S3Config(endpoint_url=proxy.address)), asked)
    assert found.to_pylist() == wanted
    assert proxy.met[kind]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            f"source '{PART}': AWS Error NETWORK_CONNECTION during GetObject: curlCode: 18",
            StoreAway,
        ),
        (f"key '{PART}': AWS Error UNKNOWN (HTTP status 503) during HeadObject", StoreAway),
        (f"{IN_BUCKET}AWS Error INTERNAL_FAILURE during GetObject operation", StoreAway),
        (f"{IN_BUCKET}Couldn't deserialize thrift", StoreUnreachable),
        (f"source '{PART}': Parquet magic bytes not found", ResultsError),
    ],
)
def test_an_outage_is_not_taken_for_damage(said: str, kind: type[Exception]) -> None:
    assert type(about_part(said)) is kind
