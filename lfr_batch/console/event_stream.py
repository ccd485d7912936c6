"""Server-sent events to one browser: what is new, a sign of life in between, and an end.

The event ``end`` says that nothing more will come, and why: the deployment's end, or the session's.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lfr_batch.console.feed import Feed, Note, Screen

logger = logging.getLogger(__name__)

BEAT_S = 1.0
"""A sign of life, and how long at most somebody who is logged out goes on being told things."""
SLOW_S = 5.0
"""A browser that takes nothing for so long is let go; it comes back when it can."""
RETRY_MS = 1000
LOGGED_OUT = Note("end", json.dumps({"reason": "session"}))


class EventStream(Response):
    """``missed``: what the browser has to be told first. It lasts until ``may_stay`` says no."""

    media_type = "text/event-stream"

    def __init__(
        self, feed: Feed, screen: Screen, missed: Sequence[Note], may_stay: Callable[[], bool]
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._feed, self._screen, self._missed, self._may_stay = feed, screen, missed, may_stay

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._say(send, f"retry: {RETRY_MS}\n\n".encode())
            await self._talk(send, gone)
            await self._say(send, b"", last=True)
        except TimeoutError:
            logger.warning("a screen took nothing for %g s and was let go", SLOW_S)
        finally:
            self._feed.leave(self._screen)
            gone.cancel()

    async def _talk(self, send: Send, gone: asyncio.Future[None]) -> None:
        told = 0
        for note in self._missed:
            told = note.number or told
            await self._say(send, note.encoded())
        await self._say(send, self._beat())
        while not gone.done():
            if not self._may_stay():
                await self._say(send, LOGGED_OUT.encoded())
                return
            try:
                note_or_end = await asyncio.wait_for(self._screen.queue.get(), BEAT_S)
            except TimeoutError:
                await self._say(send, self._beat())
                continue
            if note_or_end is None:
                return
            is_news = note_or_end.number is None or note_or_end.number > told
            if is_news and self._may_stay():
                await self._say(send, note_or_end.encoded())

    async def _say(self, send: Send, data: bytes, *, last: bool = False) -> None:
        """Raises TimeoutError for a browser that takes nothing."""
        async with asyncio.timeout(SLOW_S):
            await send({"type": "http.response.body", "body": data, "more_body": not last})

    def _beat(self) -> bytes:
        data = {"now": datetime.now(UTC).isoformat(), "silent_s": round(self._feed.silent_s, 1)}
        return Note("beat", json.dumps(data)).encoded()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
