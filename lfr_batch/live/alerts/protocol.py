"""What everybody else knows of the alert router."""

from __future__ import annotations

from typing import Protocol

from lfr_batch.live.records import (
    AimReport,
    Alert,
    CameraHealth,
    CameraOrders,
    Event,
    LiveCounts,
    Review,
    SinkState,
    WatchingBegun,
)


class AlertRouter(Protocol):
    """Every method may be called from any thread."""

    def raise_alert(self, alert: Alert) -> bool:
        """True: it is on the disk, sealed and synced, and counts as raised; ``raised_at`` and
        ``times.raise_s`` are the router's. False: within the cool-down, and forgotten. The same
        ``alert_id`` again is True again, and nothing else.

        Raises StoreFull and StoreUnreachable: it is shown from now on, and written as soon as
        that can be done; offer it again until it is, since the router may be lost meanwhile.
        UsageError for an alert of another deployment.
        """

    def review(self, review: Review) -> None:
        """On the disk when it returns; the same ``review_id`` again is nothing new.

        Raises UsageError for an alert that is not there, StoreFull, StoreUnreachable, also for an
        alert that is itself not written yet.
        """

    def report_health(self, health: CameraHealth) -> CameraOrders: ...

    def report_aim(self, report: AimReport) -> None:
        """Kept until the next one of this camera, in memory; not at all once watching has begun."""

    def aim(self, camera: str) -> AimReport | None:
        """The last one; None once watching has begun."""

    def aims(self) -> tuple[AimReport, ...]:
        """The last one of each camera, without its still."""

    def watching(self) -> WatchingBegun | None:
        """None while the cameras are aimed, and in a deployment that never was."""

    def begin_watching(self, by: str) -> bool:
        """On the disk when it returns; whether it begins by that, since the first one counts.

        Raises TooEarly before the deployment's window, StoreFull, StoreUnreachable.
        """

    def try_again(self, camera: str) -> None:
        """Tell a camera that was refused to try its user and password once more."""

    def alerts(self, limit: int | None = None) -> tuple[Alert, ...]:
        """Newest first, at most ``limit``, with their two main pictures, which are read from the
        disk; further ones are left out, as ``items.listed_alert`` does it."""

    def known(self, alert_id: str) -> Alert | None:
        """Without its pictures, so that no disk is asked; how many there are is told."""

    def alert(self, alert_id: str) -> Alert | None:
        """With its pictures, which are read from the disk; None where they cannot be."""

    def reviews(self) -> tuple[Review, ...]:
        """Of the alerts that are still kept, oldest first."""

    def health(self) -> tuple[CameraHealth, ...]:
        """The last report of each camera, in order of their names."""

    def counts(self) -> LiveCounts: ...

    def events(self, after: int, timeout_s: float) -> tuple[Event, ...]:
        """What has happened since event ``after``; waits up to ``timeout_s`` for the first.

        Of several changes of one camera or sink only the last is told. ``after`` 0: everything.
        """

    def sink_states(self) -> tuple[SinkState, ...]:
        """One more, ``spool``, while sealed files cannot be read or written."""

    def close(self) -> int:
        """Lets the sinks finish for a few seconds; what is undelivered stays sealed on disk.

        How many alerts are lost, since the disk had no room for them to the last.
        """
