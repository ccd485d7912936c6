"""The results as Python asks them: a DuckDB connection with the views, Arrow and pandas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import duckdb
import pyarrow as pa

from lfr_batch.config.load import NOTHING
from lfr_batch.front.settings import Settings
from lfr_batch.results.ask import about, ask
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import Lake, run_query


@dataclass(frozen=True, slots=True)
class Results:
    """What was published when it was opened or later. Close it, or use it in a ``with``."""

    lake: Lake
    """Of all results under a root."""

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The views ``runs``, ``footage``, ``segments``, ``sightings``, ``candidates``,
        ``best_shots``, ``alerts``, ``reviews``, ``latest_run``, ``finished_runs``, and ``columns``,
        which documents them all. DuckDB itself would write where it is told to; the methods below
        let nothing be written."""
        return self.lake.connection

    def arrow(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> pa.Table:
        """The answer of the last statement; ``$name`` in it is taken from ``parameters``.

        Raises QueryError, ResultsError for a damaged part, StoreUnreachable.
        """
        return run_query(self.lake, sql, parameters)

    def pandas(self, sql: str, parameters: Mapping[str, Any] = NOTHING) -> Any:
        """The same as a ``pandas.DataFrame``."""
        return self.arrow(sql, parameters).to_pandas()

    def ask(self, question: str, parameters: Mapping[str, Any] = NOTHING) -> pa.Table:
        """The answer to a ready question, as ``best`` or ``not_searched``.

        Raises QueryError also where the run that is meant can have no answer: none would read as
        "nobody".
        """
        return ask(self.lake, question, parameters)

    def about(self, question: str, parameters: Mapping[str, Any] = NOTHING) -> str:
        """Which runs ``ask`` answers of, for people."""
        return about(self.lake, question, parameters)

    def close(self) -> None:
        self.lake.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_results(settings: Settings | None = None) -> Results:
    """The results of the settings' results root; a lake that is not there yet is an empty one.

    Raises ConfigError, ResultsTooNew, StoreUnreachable, and ResultsError for a damaged part.
    """
    return Results(open_lake(*(settings or Settings()).results_place()))
