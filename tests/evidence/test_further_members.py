"""A pack has all shots of the track, as the lake has them: for everybody, also where it is for
eyes that may see nobody else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lfr_batch.evidence.board import BoardContent, board
from lfr_batch.evidence.pack import OTHERS_LEFT_OUT
from lfr_batch.front.evidence import MadePack
from tests.evidence.runs import RunCase
from tests.evidence.test_board import drawn, facts
from tests.evidence.test_nothing_found import facts_of
from tests.evidence.test_pack import members_of, said_in

__all__ = ["facts"]

TITLE = "Further shots of the track, best first"


@pytest.fixture(params=["without_footage", "redacted"])
def pack(request: pytest.FixtureRequest) -> MadePack:
    made: MadePack = request.getfixturevalue(request.param)
    return made


def test_further_shots_are_members_beside_the_evidence_picture(
    finished: RunCase, pack: MadePack
) -> None:
    members = members_of(pack.path)
    listed = said_in(members, "manifest.json")["members"]
    seen = facts_of(finished, finished.run_id).sightings
    kept = {each.sighting_id: each.shot["further_jpegs"] for each in seen}
    assert sorted(map(len, kept.values()))[0] == 0
    assert max(map(len, kept.values())) > 1
    for sighting_id, jpegs in kept.items():
        folder = f"sightings/{sighting_id}"
        names = [f"{folder}/shot-{n}.jpg" for n in range(2, 2 + len(jpegs))]
        assert [n for n in sorted(members) if n.startswith(f"{folder}/shot-")] == names
        assert [members[name] for name in names] == jpegs
        assert {*names} <= {*listed}


def test_the_board_shows_them_with_their_moments(
    facts: BoardContent, case: RunCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seen in facts_of(case, case.run_id).sightings:
        text = drawn(replace(facts, sighting=seen), monkeypatch)
        further = seen.shot["further"]
        assert (TITLE in text) is bool(further)
        for number, shot in enumerate(further, 2):
            assert f"shot-{number}.jpg\n{shot['media_s']:.3f}\n" in text


@pytest.mark.parametrize("jpegs", [None, []])
def test_of_a_run_that_kept_none_there_is_none(
    jpegs: list[bytes] | None, case: RunCase, facts: BoardContent
) -> None:
    seen = facts_of(case, case.run_id).sightings[0]
    older = replace(seen, shot={**seen.shot, "further": jpegs, "further_jpegs": jpegs})
    assert board(replace(facts, sighting=older))


def test_a_redacted_copy_seals_nothing_and_shows_the_own_face(redacted: MadePack) -> None:
    made, members = redacted, members_of(redacted.path)
    manifest = said_in(members, "manifest.json")
    assert (manifest["sealed"], manifest["to"], manifest["redacted"]) == ({}, {}, True)
    assert made.doubtful_frames == manifest["doubtful_frames"]
    assert len([name for name in members if name.endswith("clip.webm")]) == 1
    assert OTHERS_LEFT_OUT in manifest["lacks"]
    assert {name.rsplit("/", 1)[-1] for name in members if "enrolled" in name} == {"enrolled-1.jpg"}
    for each in made.sightings:
        for side in (112, 448):
            data = np.frombuffer(members[f"sightings/{each}/aligned-{side}.png"], np.uint8)
            face = cv2.imdecode(data, 1)
            assert face is not None
            assert face.shape == (side, side, 3)
