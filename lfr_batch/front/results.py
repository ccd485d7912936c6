"""The results as Python asks them: a DuckDB connection with the views, Arrow and pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from lfr_batch.config.load import NOTHING
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.opening import Opener, opener_of, statement
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import folder_here
from lfr_batch.results.ask import about, ask, runs_asked
from lfr_batch.results.lake import open_lake
from lfr_batch.results.queries import own_questions
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.which_run import run_in_lake


@dataclass(frozen=True, slots=True)
class Results:
    """What was published when it was opened or later. Close it, or use it in a ``with``."""

    lake: Lake
    """Of all results under a root."""
    questions: Path | None = None
    """Folder of somebody's own questions, beside the ready ones; it need not be there."""
    opener: Opener | None = None
    """Who asks: each question is a line of the audit log before it is answered. None: this software
    itself, for something that is on record otherwise."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The views ``runs``, ``footage``, ``segments``, ``sightings``, ``candidates``,
        ``subjects``, ``best_shots``, ``alerts``, ``reviews``, those that are made of them
        (``sightings_wide``, ``visits``, ``coverage``, …), and ``columns``, which documents them
        all. DuckDB itself would write where it is told to; the methods below
        let nothing be written. What is asked of it is on record by nothing but that it was had."""
        if self.opener and self._has_any():
            self.opener.takes_connection()
        return self.lake.connection

    def arrow(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> pa.Table:
        """The answer of the last statement; ``$name`` in it is taken from ``parameters``.

        Raises QueryError, ResultsError for a damaged part, StoreUnreachable.
        """
        self.heard(sql, parameters)
        return run_query(self.lake, sql, parameters)

    def pandas(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> Any:
        """The same as a ``pandas.DataFrame``."""
        return self.arrow(sql, parameters).to_pandas()

    def ask(self, question: str, parameters: Mapping[str, Any] = NOTHING) -> pa.Table:
        """The answer to a ready question, as ``best`` or ``not_searched``, or to one's own.

        ``run_id`` may be 'latest' or the beginning of an id that no other run's has. Raises
        QueryError also where the run that is meant can have no answer: none would read as "nobody".
        """
        self.heard_question(question, parameters)
        return ask(self.lake, question, parameters, self.questions)

    def heard(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> None:
        """Put on record that it is asked: of which cases cannot be known."""
        if self.opener and self._has_any():
            self.opener.opens(statement(sql, parameters), None)

    def heard_question(self, question: str, parameters: Mapping[str, Any] = NOTHING) -> None:
        """The same of a ready question. Raises as ``ask``."""
        if self.opener and self._has_any():
            runs = runs_asked(self.lake, question, parameters, self.questions)
            self.opener.opens(statement(f"question {question}", parameters), runs)

    def about(self, question: str, parameters: Mapping[str, Any] = NOTHING) -> str:
        """Which runs ``ask`` answers of, and the key of its answer, for people."""
        return about(self.lake, question, parameters, self.questions)

    def run_id(self, said: str, case_ref: str | None = None) -> str:
        """Of the run whose id begins like that; 'latest': of the one that finished last, of a case
        where given. Raises QueryError for one there is not, and where several begin like that."""
        return run_in_lake(self.lake, said, case_ref)

    def _has_any(self) -> bool:
        """Where there is no run nothing is opened, and no log begun in a mistyped home."""
        return bool(run_query(self.lake, "SELECT 1 FROM runs LIMIT 1").num_rows)

    def close(self) -> None:
        self.lake.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_results(
    settings: Settings | None = None, *, why: str | None = None, operator: str | None = None
) -> Results:
    """The results of the settings' results root; a lake that is not there yet is an empty one.
    Runs whose time without an authorisation is over are withheld first.

    Each question is a line in the home's audit log: who (``operator``, else the login name), what
    was asked, of which cases, and ``why``. A log that cannot be written to keeps nobody from
    asking. Raises AuthorityError where the policy asks why and nobody says, ConfigError,
    ResultsTooNew, StoreUnreachable, and ResultsError for a damaged part.
    """
    settings = settings or Settings()
    act_on_clocks(settings)
    opener = opener_of(settings, "sql", why, operator)
    questions = own_questions(folder_here(settings.home_place))
    return Results(open_lake(*settings.results_place()), questions, opener)
