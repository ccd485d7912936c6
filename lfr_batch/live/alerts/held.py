"""Alerts that are shown though they cannot be written: in memory, in order, until they can be."""

from __future__ import annotations

from threading import Event, Lock

from lfr_batch.errors import StoreError
from lfr_batch.live.records import Alert


class Held:
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        """With their pictures."""
        self._refusal: StoreError | None = None
        """Why nothing can be written at the moment."""
        self._lock = Lock()
        self.some = Event()
        """Set while there is any, and when nobody should wait for one any more."""

    def __len__(self) -> int:
        return len(self._alerts)

    def __contains__(self, alert_id: str) -> bool:
        return alert_id in self._alerts

    def get(self, alert_id: str) -> Alert | None:
        return self._alerts.get(alert_id)

    def in_order(self) -> tuple[Alert, ...]:
        with self._lock:
            return tuple(self._alerts.values())

    def add(self, alert: Alert) -> None:
        with self._lock:
            self._alerts[alert.alert_id] = alert
            self.some.set()

    def written(self, alert_id: str) -> None:
        with self._lock:
            del self._alerts[alert_id]
            if not self._alerts:
                self._refusal = None
                self.some.clear()

    def refuse(self, error: StoreError | None) -> bool:
        """What the disk said last; None: it takes what it is given. As long as alerts are held it
        has refused something. Whether this is news."""
        with self._lock:
            before = self._refusal
            if error is not None or not self._alerts:
                self._refusal = error
            return (before is None) != (self._refusal is None)

    def refused(self, what: str = "") -> StoreError:
        """To be raised. A new one each time: one that was raised holds on to where that was."""
        error = self._refusal or StoreError("the alert is not written yet; try again")
        return type(error)(f"{what}{error}")

    def trouble(self) -> str | None:
        """One sentence; None while all is well."""
        with self._lock:
            if self._refusal is None:
                return None
            so_far = f" ({len(self._alerts)} are only shown)" if self._alerts else ""
            return f"alerts cannot be kept{so_far}: {self._refusal}"
