from __future__ import annotations

import logging

import pytest

from lfr_batch.console import seldom
from lfr_batch.console.seldom import Seldom


def test_of_a_kind_there_is_one_line_for_a_while(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = Seldom(logging.getLogger("lfr_batch.console.test"))
    for number in range(100):
        say.warning("a %d", number)
        say.warning("b %d", number)
    assert caplog.messages == ["a 0", "b 0"]
    monkeypatch.setattr(seldom, "EVERY_S", 0.0)
    say = Seldom(logging.getLogger("lfr_batch.console.test"))
    say.warning("a %d", 7)
    say.warning("a %d", 8)
    assert caplog.messages[2:] == ["a 7", "a 8"]
