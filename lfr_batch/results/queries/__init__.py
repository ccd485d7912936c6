"""Ready questions, one documented ``.sql`` file each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from lfr_batch.errors import QueryError

_PARAMETER = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class ReadyQuery:
    name: str
    summary: str
    """The first line of the file's comment."""
    parameters: tuple[str, ...]
    """Names of its ``$parameters``; each may be left out (null) and has a sensible default."""
    sql: str

    @property
    def asks(self) -> str:
        """The macro of ``run_views`` that says which runs it is about."""
        return "asked_run" if "asked_run(" in self.sql else "asked_runs"


def query_names() -> tuple[str, ...]:
    found = (item.name for item in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))


def load_query(name: str) -> ReadyQuery:
    """Raises QueryError, listing the names, for a name there is not."""
    if name not in query_names():
        raise QueryError(f"there is no ready query {name!r}; there are {', '.join(query_names())}")
    sql = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    lines = sql.splitlines()
    asked = "\n".join(line for line in lines if not line.startswith("--"))
    summary = lines[0].removeprefix("--").strip()
    return ReadyQuery(name, summary, tuple(dict.fromkeys(_PARAMETER.findall(asked))), sql)
