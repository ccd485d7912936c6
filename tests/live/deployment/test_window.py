from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lfr_batch.errors import AuthorityError, LfrError, UsageError
from lfr_batch.live.deployment.window import (
    Reason,
    Term,
    is_over,
    played_since_s,
    require_authority,
    term_of,
)
from tests.live.made import STARTED, a_config, health

HOUR = timedelta(hours=1)
ENDS = STARTED + 6 * HOUR


def config(**changes: Any) -> Any:
    """A window of six hours from STARTED, and a camera."""
    return a_config(**{"cameras": ({"name": "north", "source": "rtsp://camera/1"},), **changes})


FILM = ({"name": "film", "source": "a.mp4"},)


@pytest.mark.parametrize(
    ("now", "made_at", "ends_at", "ends_by"),
    [
        (STARTED, STARTED - HOUR, ENDS, "window"),
        (ENDS - timedelta(seconds=1), STARTED, ENDS, "window"),
        (STARTED, STARTED - 20 * HOUR, STARTED + 4 * HOUR, "watchlist"),
    ],
)
def test_it_ends_at_the_earliest_of_its_times(
    now: datetime, made_at: datetime, ends_at: datetime, ends_by: Reason
) -> None:
    assert term_of(config(), made_at, now, rehearse=False) == Term(now, ends_at, ends_by)


def test_no_deployment_lasts_longer_than_a_day() -> None:
    asked = config(watchlist={"gallery": "w", "max_age_h": 100.0})
    long = asked.deployment.model_copy(update={"ends_at": STARTED + 72 * HOUR})
    term = term_of(asked.model_copy(update={"deployment": long}), STARTED, STARTED, rehearse=False)
    assert term == Term(STARTED, STARTED + 24 * HOUR, "longest")


@pytest.mark.parametrize(
    ("now", "made_at", "rehearse", "says"),
    [
        (STARTED - 3 * HOUR, STARTED, False, "has not begun: wait 3 hours, aim its cameras with"),
        (STARTED - HOUR, STARTED, False, "wait 60 minutes"),
        (ENDS, STARTED, False, "which ended 0 minutes ago: a new window needs a new authority"),
        (ENDS + 100 * HOUR, STARTED, False, "which ended 4 days ago"),
        (STARTED, STARTED - 24 * HOUR, False, "'watchlist' expired: it was enrolled 24 hours ago"),
        (STARTED, STARTED - 25 * HOUR, True, "is good for 24 h; enrol it anew"),
    ],
)
def test_when_it_may_not_begin(now: datetime, made_at: datetime, rehearse: bool, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        term_of(config(cameras=FILM) if rehearse else config(), made_at, now, rehearse)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("now", "watch_from"),
    [(STARTED - 2 * HOUR, STARTED), (STARTED - HOUR, STARTED), (STARTED + HOUR, STARTED + HOUR)],
)
def test_it_may_be_aimed_before_its_window_and_watches_within_it(
    now: datetime, watch_from: datetime
) -> None:
    term = term_of(config(), STARTED - 3 * HOUR, now, rehearse=False, aim=True)
    assert term == Term(now, ENDS, "window", watch_from)


def test_it_is_not_aimed_long_before_its_window_or_after_it() -> None:
    for now, says in ((STARTED - 2 * HOUR - timedelta(seconds=1), "not begun"), (ENDS, "ended")):
        with pytest.raises(UsageError, match=says):
            term_of(config(), STARTED - 3 * HOUR, now, rehearse=False, aim=True)


def test_a_rehearsal_that_is_aimed_may_watch_at_once() -> None:
    term = term_of(config(cameras=FILM), ENDS, ENDS, rehearse=True, aim=True)
    assert (term.starts_at, term.watch_from) == (ENDS, ENDS)


def test_a_rehearsal_has_a_window_of_its_own_that_is_as_long() -> None:
    now = ENDS + 100 * HOUR
    assert term_of(config(cameras=FILM), now, now, rehearse=True) == Term(
        now, now + 6 * HOUR, "window"
    )


@pytest.mark.parametrize("source", ["rtsp://camera/1", "http://camera/1.ts", "v4l2:/dev/video0"])
def test_a_rehearsal_has_no_real_camera(source: str) -> None:
    cameras = (*FILM, {"name": "real", "source": source})
    with pytest.raises(UsageError, match="camera real is none: nobody may watch a street as a re"):
        term_of(config(cameras=cameras), STARTED, STARTED, rehearse=True)
    with pytest.raises(UsageError, match=r"Camera film is a file, .* play files with --rehearse"):
        term_of(config(cameras=cameras), STARTED, STARTED, rehearse=False)


@pytest.mark.parametrize(
    ("now", "elapsed_s", "over"),
    [
        (STARTED, 0.0, False),
        (ENDS - timedelta(seconds=1), 21_599.0, False),
        (ENDS, 21_600.0, True),
        (ENDS + 10 * HOUR, 60.0, True),  # the wall clock was put forward
        (STARTED - 10 * HOUR, 21_600.0, True),  # it was put back
        (STARTED - 10 * HOUR, 21_599.0, False),
    ],
)
def test_it_is_over_by_whichever_clock_is_ahead(
    now: datetime, elapsed_s: float, over: bool
) -> None:
    assert is_over(Term(STARTED, ENDS, "window"), now, elapsed_s) is over


LOOP = ({"name": "film", "source": "a.mp4", "loop": True},)
FILMS = (*FILM, {"name": "other", "source": "b.mp4"})


@pytest.mark.parametrize(
    ("cameras", "ended", "before_s", "since_s"),
    [
        (FILM, "", None, None),
        (FILM, "film", None, 9.0),
        (FILM, "film", 8.0, 8.0),
        (FILM, "", 8.0, None),  # its part was started anew, and plays it again
        (FILMS, "film", None, None),
        (FILMS, "film other", None, 9.0),
        (LOOP, "film", None, None),
        ((*FILM, {"name": "north", "source": "rtsp://camera/1"}), "film north", None, None),
    ],
)
def test_files_are_played_once_all_are_and_cameras_never(
    cameras: tuple[dict[str, Any], ...], ended: str, before_s: float | None, since_s: float | None
) -> None:
    asked = config(cameras=cameras).cameras
    heard = [
        replace(health(each.name, 0), state="ended" if each.name in ended.split() else "live")
        for each in asked
    ]
    assert played_since_s(asked, heard, 9.0, before_s) == since_s


@pytest.mark.parametrize("blank", [" ", "\t\n", "\u200b", "\u202e", "\u00a0"])
def test_what_nobody_can_see_is_no_authority(blank: str) -> None:
    asked = config().deployment
    require_authority(asked)
    for name in ("case", "authority", "authorising_officer", "purpose", "place"):
        error: type[LfrError] = AuthorityError
        with pytest.raises(error, match=rf"deployment\.{name} must be stated"):
            require_authority(asked.model_copy(update={name: blank}))
