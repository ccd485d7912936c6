from __future__ import annotations

import pytest

from lfr_batch.footage.kept import MOST_OBJECTS, KeptObjects, KeptParts


@pytest.mark.parametrize(
    ("renewed", "kept", "refused"),
    [(False, {0: b"abcd", 10: b"efgh"}, [20, 30]), (True, {0: b"abcd", 30: b"mnop"}, [])],
)
def test_where_there_is_no_room_what_is_new_is_refused_or_what_is_old_goes(
    renewed: bool, kept: dict[int, bytes], refused: list[int]
) -> None:
    pieces = KeptParts(10, renewed=renewed)
    given = {0: b"abcd", 10: b"efgh", 20: b"ijkl", 30: b"mnop"}
    taken: dict[int, bool] = {}
    for start, data in given.items():
        taken[start] = pieces.add(start, data)
        pieces.at(0)  # is used all the time
    assert [start for start, added in taken.items() if not added] == refused
    assert {start: piece.data for start in given if (piece := pieces.at(start))} == kept
    assert pieces.bytes == 8


def test_a_byte_is_found_in_its_piece() -> None:
    pieces = KeptParts(100)
    for start, data in ((10, b"0123456789"), (30, b"abcde")):
        assert pieces.add(start, data)
    assert [pieces.at(n) is not None for n in (9, 10, 19, 20, 29, 30, 34, 35)] == [
        *(False, True, True, False, False, True, True, False)
    ]
    assert [pieces.next_start(n) for n in (0, 10, 29, 30)] == [10, 30, 30, None]
    assert [before and before.start for before in map(pieces.before, (9, 10, 29, 99))] == [
        *(None, 10, 10, 30)
    ]


def test_a_piece_that_comes_again_takes_its_own_place() -> None:
    pieces = KeptParts(100)
    pieces.add(0, b"abc")
    pieces.add(0, b"abcdef")
    assert pieces.bytes == 6
    assert pieces.at(5) == (0, b"abcdef")


def test_all_objects_together_have_their_room() -> None:
    shelf = KeptObjects(most_bytes=100, share_bytes=40)
    objects = [shelf.of(name) for name in "abcd"]
    for pieces in objects:
        assert pieces.add(0, bytes(30))
        assert not pieces.add(50, bytes(30)), "more than its share"
    assert shelf.bytes == 90
    oldest, *others = objects
    assert oldest.at(0) is None
    assert not oldest.add(0, bytes(10)), "whoever still reads it keeps nothing any more"
    assert all(pieces.at(0) for pieces in others)


def test_the_object_that_was_opened_last_stays() -> None:
    shelf = KeptObjects(most_bytes=50, share_bytes=40)
    shelf.of("a").add(0, bytes(20))
    shelf.of("b").add(0, bytes(20))
    shelf.of("a")
    shelf.of("c").add(0, bytes(20))
    assert [bool(shelf.of(name).at(0)) for name in "abc"] == [True, False, True]


def test_few_objects_are_kept_however_small() -> None:
    shelf = KeptObjects()
    for n in range(2 * MOST_OBJECTS):
        shelf.of(n).add(0, b"x")
    assert shelf.bytes == MOST_OBJECTS


def test_what_is_let_go_is_gone() -> None:
    shelf = KeptObjects()
    pieces = shelf.of("a")
    pieces.add(0, b"abc")
    shelf.let_go("a")
    shelf.let_go("never there")
    assert (shelf.bytes, pieces.at(0), shelf.of("a").at(0)) == (0, None, None)
