"""Trying to log in: whoever has a token enters at once; who has none has to wait more and more.

Waiting protects the log and the machine, not the tokens: those have 256 random bits, so that nobody
finds one however quickly they may try. What a wrong token costs must therefore never be laid upon
whoever comes with a right one, from the same address or not.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from lfr_batch.console.users import User, Users

logger = logging.getLogger(__name__)

FAILURES, WITHIN_S = 10, 60.0
MOST_KEYS = 2000
"""Sources and beginnings of tokens that are remembered; the one that failed longest ago goes."""
_TOKEN = re.compile(r"([A-Za-z0-9_-]{4})[A-Za-z0-9_-]{39}")
NO_TOKEN = "what is no token"


@dataclass(frozen=True, slots=True)
class LoginTry:
    """What became of it."""

    who: str
    """The user's name; of a wrong token its first four letters, of anything else NO_TOKEN: it may
    be a password that somebody has pasted."""
    source: str
    user: User | None
    wait_s: float = 0.0
    """Of a wrong one: how long no further one is heard from there, or with that beginning."""
    is_heard: bool = True
    """False where it had been told to wait."""


Hear = Callable[[LoginTry], None]


@dataclass(slots=True)
class Failures:
    """FAILURES of a source, or with one beginning, within WITHIN_S, and further wrong tokens have
    to wait. Every method may be called from any thread."""

    _times: dict[str, deque[float]] = field(default_factory=dict)
    """Last failed last."""
    _lock: Lock = field(default_factory=Lock)

    def wait_s(self, *keys: str) -> float:
        """How long the one that has to wait longest has to; 0 if none has."""
        now_s = time.monotonic()
        with self._lock:
            return max((self._wait_s(key, now_s) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        now_s = time.monotonic()
        with self._lock:
            for key in keys:
                times = self._times.pop(key, None) or deque(maxlen=FAILURES)
                times.append(now_s)
                self._times[key] = times
            while len(self._times) > MOST_KEYS:
                del self._times[next(iter(self._times))]

    def _wait_s(self, key: str, now_s: float) -> float:
        times = self._times.get(key)
        if times is None or len(times) < FAILURES:
            return 0.0
        return max(0.0, times[0] + WITHIN_S - now_s)


def try_login(users: Users, failures: Failures, token: str, source: str) -> LoginTry:
    """The token is looked at first, in the same time whatever it is: nobody's failures hold up a
    right one, and a wrong one is looked at no less for having to wait."""
    user = users.with_token(token)
    if user is not None:
        return LoginTry(user.name, source, user)
    beginning = beginning_of(token)
    keys = [f"from {source}", *([f"with {beginning}"] if beginning != NO_TOKEN else [])]
    wait_s = failures.wait_s(*keys)
    if wait_s > 0:
        return LoginTry(beginning, source, None, wait_s, is_heard=False)
    failures.failed(*keys)
    return LoginTry(beginning, source, None, failures.wait_s(*keys))


def beginning_of(token: str) -> str:
    found = _TOKEN.fullmatch(token)
    return found[1] if found else NO_TOKEN


def log_login(tried: LoginTry) -> None:
    """No line for one that was told to wait: whoever tries often must not fill the log."""
    if tried.user is not None:
        logger.info("%s logged in from %s", tried.who, tried.source)
    elif tried.is_heard and tried.wait_s > 0:
        logger.warning(
            "a wrong token from %s (%s); it is one too many, and for %.0f s further wrong ones "
            "from there, or with that beginning, are refused without a line here",
            tried.source,
            tried.who,
            tried.wait_s,
        )
    elif tried.is_heard:
        logger.warning("a wrong token from %s (%s)", tried.source, tried.who)
