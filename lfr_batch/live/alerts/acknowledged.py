"""Who has taken on which alert: kept beside the alerts, sealed, and deleted with them.

It is the console's, not the router's: no sink gets it, and no count depends on it.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from lfr_batch.errors import LiveError
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.alerts.spool import Spool
from lfr_batch.live.records import Acknowledged
from lfr_batch.storage.local_store import LocalStore


class Acknowledgements:
    """``folder`` is the router's, on this machine. Every method may be called from any thread."""

    def __init__(self, folder: Path, deployment_id: str) -> None:
        self._place, self._id, self._lock = LocalStore(folder), deployment_id, Lock()
        self._known: dict[str, Acknowledged] | None = None

    def of(self, alert_id: str) -> Acknowledged | None:
        """Raises LiveError where there are no alerts, StoreUnreachable."""
        with self._lock:
            return self._read().get(alert_id)

    def add(self, alert_id: str, said: Acknowledged) -> None:
        """On the disk when it returns; the first one of an alert counts.

        Raises LiveError where there are no alerts, StoreFull, StoreUnreachable.
        """
        with self._lock:
            if alert_id not in self._read():
                self._spool().acknowledge(alert_id, said)
                self._read()[alert_id] = said

    def _read(self) -> dict[str, Acknowledged]:
        if self._known is None:
            self._known = self._spool().acknowledged()
        return self._known

    def _spool(self) -> Spool:
        try:
            return Spool(self._place, load_seal(self._place, self._id))
        except FileNotFoundError as error:
            raise LiveError(f"the alerts of {self._id} are not there, or not any more") from error
