from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from threading import Thread

import pytest

from lfr_batch.logs import LogLines, LogObjects, about


@pytest.fixture
def logger() -> logging.Logger:
    return logging.Logger("lfr_batch.test")


def lines_of(logger: logging.Logger, formatter: logging.Formatter) -> io.StringIO:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return written


def test_a_line_says_what_it_is_about_in_its_thread_alone(logger: logging.Logger) -> None:
    written = lines_of(logger, LogObjects())
    with about(run_id="r1"):
        with about(segment_id="s1"):
            logger.warning("file %s", "a\u202eb")
            other = Thread(target=logger.warning, args=("beside",))
            other.start()
            other.join()
        logger.warning("after")
    inside, beside, after = map(json.loads, written.getvalue().splitlines())
    assert (inside["run_id"], inside["segment_id"]) == ("r1", "s1")
    assert inside["message"] == "file a\u202eb"
    assert (inside["level"], inside["logger"]) == ("WARNING", "lfr_batch.test")
    assert inside["at"].endswith("+00:00")
    assert "run_id" not in beside
    assert "segment_id" not in after


def test_as_json_a_line_is_one_line_whatever_is_in_it(logger: logging.Logger) -> None:
    written = lines_of(logger, LogObjects())
    try:
        raise ValueError("bad\nname")  # noqa: TRY301 - it has a traceback then
    except ValueError:
        logger.exception("two\nlines")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["message"] == "two\nlines"
    assert json.loads(line)["trace"].endswith("ValueError: bad\nname")


def test_for_people_the_ids_come_last(logger: logging.Logger) -> None:
    written = lines_of(logger, LogLines("%(message)s"))
    with about(run_id="r1", segment_id="s1"):
        logger.warning("so it is")
    assert written.getvalue() == "so it is (run_id=r1 segment_id=s1)\n"


@pytest.mark.parametrize(
    ("level", "form", "begins"),
    [("INFO", "json", '{"at": '), ("info", "text", "INFO:root:heard"), ("ERROR", "text", "")],
)
def test_the_environment_says_how_and_what(level: str, form: str, begins: str) -> None:
    code = (
        "import logging; from lfr_batch.logs import start_logging as s; s(); logging.info('heard')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"LFR_LOG": level, "LFR_LOG_FORMAT": form, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.startswith(begins)
    assert bool(done.stderr) == bool(begins)
