"""Ready questions, one documented ``.sql`` file each: ours, and those of whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from lfr_batch.errors import QueryError

_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_KEY = re.compile(r"^-- Key: (.+)\.$", re.MULTILINE)
_ENDING = ".sql"


@dataclass(frozen=True, slots=True)
class ReadyQuery:
    name: str
    summary: str
    """The first line of the file's comment."""
    parameters: tuple[str, ...]
    """Names of its ``$parameters``; each may be left out (null) and has a sensible default."""
    sql: str
    key: tuple[str, ...] = ()
    """Columns that tell the rows of its answer apart; none where the file does not say."""
    path: Path | None = None
    """The file, of one of somebody's own."""

    @property
    def asks(self) -> str | None:
        """The call of a macro of ``run_views`` that says which runs it is about; None: it does not
        ask for runs as our questions do."""
        if "run_id" not in self.parameters or "case_ref" not in self.parameters:
            return None
        if "all" in self.parameters:
            return "asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN)"
        return "asked_runs($run_id::VARCHAR, $case_ref::VARCHAR)"


def own_questions(home: Path) -> Path:
    """The folder of somebody's own questions, which need not be there."""
    return home / "queries"


def query_names() -> tuple[str, ...]:
    """Of our own questions."""
    return _names(item.name for item in files(__package__).iterdir())


def all_queries(own: Path | None = None) -> Mapping[str, ReadyQuery]:
    """By name, ours first; ``own`` is the folder of somebody's own, which need not be there.

    Raises QueryError for one that cannot be read or has the name of another.
    """
    return {name: load_query(name, own) for name in (*query_names(), *own_names(own))}


def own_names(own: Path | None) -> tuple[str, ...]:
    """Raises QueryError for a folder that may not be looked into."""
    try:
        return _names(path.name for path in own.iterdir()) if own else ()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise QueryError(
            f"{own} cannot be read ({error.strerror}); mend its permissions"
        ) from error


def load_query(name: str, own: Path | None = None) -> ReadyQuery:
    """Raises QueryError, listing the names, for a name there is not; and for one that is both ours
    and in ``own``: which of the two was meant nobody can tell."""
    ours, theirs = name in query_names(), name in own_names(own)
    if ours and theirs:
        raise QueryError(
            f"{own}/{name}{_ENDING} has the name of one of the ready questions: call it otherwise"
        )
    if not ours and not theirs:
        there = ", ".join((*query_names(), *own_names(own)))
        raise QueryError(f"there is no ready query {name!r}; there are {there}")
    query = _query(name, _text(name, own if theirs else None))
    return replace(query, path=own / f"{name}{_ENDING}") if own and theirs else query


def _names(files_there: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(n.removesuffix(_ENDING) for n in files_there if n.endswith(_ENDING)))


def _text(name: str, own: Path | None) -> str:
    source = (own or files(__package__)).joinpath(f"{name}{_ENDING}")
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{source} cannot be read as a question in UTF-8: {error}") from error


def _query(name: str, sql: str) -> ReadyQuery:
    lines = sql.splitlines()
    asked = "\n".join(line for line in lines if not line.startswith("--"))
    said = lines[0].removeprefix("--").strip() if lines and lines[0].startswith("--") else ""
    key = _KEY.search(sql)
    return ReadyQuery(
        name=name,
        summary=said,
        parameters=tuple(dict.fromkeys(_PARAMETER.findall(asked))),
        sql=sql,
        key=tuple(key[1].split(", ")) if key else (),
    )
