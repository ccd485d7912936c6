from __future__ import annotations

from lfr_batch.results.rows import row_of, segment_of, sighting_of

from .synthetic import archive


def test_a_row_of_a_newer_program_is_read_without_its_new_columns() -> None:
    segment = archive().segments[0]
    assert segment_of({**row_of(segment), "priority": 3}) == segment


def test_a_sighting_is_the_same_after_the_journey() -> None:
    for sighting in archive().sightings:
        assert sighting_of(row_of(sighting)) == sighting
