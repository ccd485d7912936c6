"""A camera's reports to the router, and the orders that come back with each of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic_ns

from lfr_batch.errors import LfrError
from lfr_batch.live.records import CameraHealth, CameraOrders

logger = logging.getLogger(__name__)


class Reports:
    """Of one camera's loop, from one thread."""

    def __init__(
        self, report: Callable[[CameraHealth], CameraOrders], try_again: Callable[[], None]
    ) -> None:
        """``try_again``: done when somebody has said so since the last report, or since now."""
        self._report, self._try_again = report, try_again
        self._heard_ns = monotonic_ns()
        self.orders: CameraOrders | None = None
        """The last that were heard; None before the first."""

    def tell(self, health: CameraHealth) -> None:
        """A router that is being restarted hears of it a second later."""
        try:
            orders = self._report(health)
        except LfrError as error:
            logger.warning("the health of camera %s was not heard: %s", health.camera, error)
            return
        self.orders = orders
        if orders.told_ns > self._heard_ns:
            self._heard_ns = orders.told_ns
            self._try_again()

    @property
    def is_watching(self) -> bool:
        """Whether the router has said that people are to be looked for."""
        return self.orders is not None and self.orders.watching

    @property
    def is_aiming(self) -> bool:
        return self.orders is not None and not self.orders.watching
