from __future__ import annotations

import pytest

from lfr_batch.results.searched import lacking, parts, place


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(0, 1)], {}),
        ([(2, 1)], {}),
        ([(0, 1), (1, 1)], {"0": "video stream 1", "1": "video stream 2"}),
        ([(0, 1), (0, 2)], {"0": "recording 1", "1": "recording 2"}),
        (
            [(0, 1), (1, 1), (0, 2)],
            {
                "0": "video stream 1, recording 1",
                "1": "video stream 2, recording 1",
                "2": "video stream 1, recording 2",
            },
        ),
        ([(None, 1), (None, 1)], {}),
    ],
)
def test_a_part_is_named_where_it_is_not_the_only_one(
    rows: list[tuple[int | None, int]], told: dict[str, str]
) -> None:
    alone = {"footage_id": "alone", "uri": "alone.mp4", "stream": 1, "recording": 1}
    footage = [
        {"footage_id": str(n), "uri": "many.mp4", "stream": stream, "recording": recording}
        for n, (stream, recording) in enumerate(rows)
    ]
    assert parts([*footage, alone]) == told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("ok", True), ("ok", True)], []),
        ([("ok", True), ("failed", False)], ["1 searched only in part (faulty)"]),
        ([("ok", True), ("never", False)], ["1 searched only in part (by design or limit)"]),
        ([("ok", True), ("ok", False)], ["1 searched only in part (by design or limit)"]),
        ([("failed", False), ("failed", False)], ["1 could not be searched at all"]),
        ([("failed", False), ("never", False)], ["1 could not be searched at all"]),
        ([("ok", False)], ["1 of which nothing was looked at"]),
    ],
)
def test_a_file_counts_once_for_all_its_rows(rows: list[tuple[str, bool]], told: list[str]) -> None:
    footage = [{"uri": "a.mp4", "outcome": which, "looked_at": seen} for which, seen in rows]
    assert lacking(footage) == told


@pytest.mark.parametrize(
    ("part", "picture", "pictures", "told"),
    [
        ("", None, None, ""),
        ("recording 2", None, None, "recording 2"),
        ("", 1, 1, ""),
        ("", 1, 3, "picture 1 of 3"),
        ("", 2, None, "picture 2"),
    ],
)
def test_a_picture_is_named_where_a_still_has_several(
    part: str, picture: int | None, pictures: int | None, told: str
) -> None:
    assert place(part, picture, pictures) == told
