"""What the cameras of a deployment are told, and what they show while they are aimed.

That watching has begun is on the disk before a camera hears of it: no router that is started anew
goes back to aiming. Previews are in memory alone, the newest of each camera, and none is left, or
taken any more, from the moment on in which watching begins.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from time import monotonic_ns

from pydantic import TypeAdapter, ValidationError

from lfr_batch.errors import LiveError, StoreError, TooEarly
from lfr_batch.live.records import AimReport, CameraOrders, WatchingBegun
from lfr_batch.storage.local_store import LocalStore

WATCHING = "watching.json"
_BEGUN = TypeAdapter(WatchingBegun)


class OrderBook:
    """``place`` is the router's folder. Every method may be called from any thread."""

    def __init__(self, place: LocalStore, watch_from: datetime | None) -> None:
        """``watch_from``: it is aimed first, and watching may begin then; None: it watches at once.

        Raises LiveError for a damaged file, StoreUnreachable.
        """
        self._place, self._watch_from = place, watch_from
        self._begun = read_begun(place) if watch_from else None
        self._told_ns: dict[str, int] = {}
        self._aims: dict[str, AimReport] = {}
        self._lock = Lock()

    def watching(self) -> WatchingBegun | None:
        """When and by whom it was begun; None while it is aimed, and where it never was."""
        with self._lock:
            return self._begun

    def orders(self, camera: str) -> CameraOrders:
        with self._lock:
            return CameraOrders(self._is_watching, self._told_ns.get(camera, 0))

    def begin(self, by: str, now: datetime) -> bool:
        """Whether it begins by that: the first one counts. On the disk when it returns.

        Raises TooEarly before the deployment's window, StoreFull, StoreUnreachable.
        """
        with self._lock:
            if self._is_watching or self._watch_from is None:
                return False
            if now < self._watch_from:
                raise TooEarly(
                    f"watching may begin at {self._watch_from.astimezone(UTC):%H:%M} UTC, when the "
                    "deployment's window does: nobody may be looked for before"
                )
            begun = WatchingBegun(now, by)
            self._write(begun)
            self._begun = begun
            self._aims.clear()
        return True

    def try_again(self, camera: str) -> None:
        with self._lock:
            self._told_ns[camera] = monotonic_ns()

    def take(self, report: AimReport) -> None:
        """Nothing, once watching has begun."""
        with self._lock:
            if not self._is_watching:
                self._aims[report.camera] = report

    def aim(self, camera: str) -> AimReport | None:
        with self._lock:
            return self._aims.get(camera)

    def aims(self) -> tuple[AimReport, ...]:
        """Without their stills, which only whoever looks at one needs."""
        with self._lock:
            return tuple(replace(aim, preview_jpeg=b"") for aim in self._aims.values())

    def _write(self, begun: WatchingBegun) -> None:
        """What the disk refuses has not begun for the next router either."""
        try:
            self._place.write_atomic(WATCHING, _BEGUN.dump_json(begun) + b"\n")
        except StoreError:
            with suppress(StoreError):
                self._place.delete(WATCHING)
            raise

    @property
    def _is_watching(self) -> bool:
        return self._watch_from is None or self._begun is not None


def read_begun(place: LocalStore) -> WatchingBegun | None:
    """None where it has not begun, or was never aimed. Raises LiveError, StoreUnreachable."""
    try:
        return _BEGUN.validate_json(place.read(WATCHING))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise LiveError(
            f"{place.root / WATCHING} is damaged or of another version: whether watching has begun "
            "is not known; end this deployment and begin another"
        ) from error
