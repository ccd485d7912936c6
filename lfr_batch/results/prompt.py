"""The interactive prompt of ``lfr sql``; reads statements from a pipe just as well."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer  # type: ignore[import-untyped]

from lfr_batch.errors import QueryError
from lfr_batch.results.ask import about, ask
from lfr_batch.results.parameters import parameter
from lfr_batch.results.queries import all_queries, load_query, own_questions
from lfr_batch.results.render import TEXTS, render
from lfr_batch.results.sql import Lake, columns_text, run_query, view_names
from lfr_batch.visible import visible, visible_lines

HELP = """\
Type SQL, ending with ; (it may span lines). Results are only read.
  .tables          the views
  .schema [VIEW]   columns, types and what they mean
  .queries [NAME]  ready questions, or the SQL of one
  .ask NAME        ask a ready question, with the values that its parameters have
  .param [NAME=VALUE]  give $NAME a value in what follows (without =VALUE: take it away)
  .format NAME     table, csv or json
  .help            this text
  .quit            leave (also Ctrl-D)
"""
Output = Callable[[str], object]
Heard = Callable[[str, Mapping[str, Any]], None]
"""Told of a statement, or of a ready question by its name, with its parameters' values, before it
is answered."""


def _nobody_hears(_: str, __: Mapping[str, Any]) -> None:
    """Whoever calls it has that on record otherwise."""


@dataclass
class _Session:
    lake: Lake
    write: Output
    own: Path | None = None
    """Folder of somebody's own questions."""
    parameters: dict[str, str] = field(default_factory=dict)
    format: str = "table"
    statement_heard: Heard = _nobody_hears
    question_heard: Heard = _nobody_hears


def prompt(
    lake: Lake,
    home: Path,
    format: str = "table",  # noqa: A002 - the option's name
    parameters: Mapping[str, str] = MappingProxyType({}),
    statement_heard: Heard = _nobody_hears,
    question_heard: Heard = _nobody_hears,
) -> int:
    """Read statements until the end and print answers. Returns the exit code.

    At a terminal, mistakes are shown and it goes on (0); from a pipe, the first mistake ends it
    with 2. The history is kept in ``home/sql_history``, readable by its owner alone.
    Raises QueryError for a format that is no text.
    """
    session = _Session(
        lake, _write, own_questions(home), dict(parameters),
        statement_heard=statement_heard, question_heard=question_heard,
    )  # fmt: skip
    _format(session, format)
    if sys.stdin.isatty():
        sys.stdout.write("Type .help for help; end a query with ;\n")
        return _converse(session, _typed_lines(lake, home))
    return _read_through(session, sys.stdin)


def statements(lines: Iterable[str]) -> Iterator[str]:
    """Dot commands as they come, SQL up to the line that ends with ``;``, and what is left."""
    waiting = ""
    for line in lines:
        if not waiting and line.lstrip().startswith("."):
            yield line.strip()
            continue
        waiting = f"{waiting}{line.rstrip()}\n" if waiting or line.strip() else ""
        if waiting.rstrip().endswith(";"):
            yield waiting.strip()
            waiting = ""
    if waiting.strip():
        yield waiting.strip()


def _converse(session: _Session, lines: Iterable[str]) -> int:
    for statement in statements(lines):
        try:
            if not _obey(session, statement):
                break
        except QueryError as error:
            _tell(error)
        except KeyboardInterrupt:
            _tell("Stopped.")
    return 0


def _read_through(session: _Session, lines: Iterable[str]) -> int:
    for statement in statements(lines):
        try:
            if not _obey(session, statement):
                break
        except QueryError as error:
            _tell(error)
            return error.exit_code
    return 0


def _obey(session: _Session, statement: str) -> bool:
    """Run a statement or dot command. False to leave."""
    if not statement.startswith("."):
        session.statement_heard(statement, session.parameters)
        _show(session, run_query(session.lake, statement, session.parameters))
        return True
    name, _, argument = statement.rstrip(";").partition(" ")
    if name in (".quit", ".exit"):
        return False
    if name not in _COMMANDS:
        raise QueryError(f"there is no command {name}; .help lists them")
    _COMMANDS[name](session, argument.strip())
    return True


def _show(session: _Session, table: pa.Table) -> None:
    encoding, whole = sys.stdout.encoding or "utf-8", not sys.stdout.isatty()
    session.write(str(render(table, session.format, encoding, whole=whole)))


def _ask(session: _Session, name: str) -> None:
    wanted = load_query(name, session.own).parameters
    given = {key: value for key, value in session.parameters.items() if key in wanted}
    session.question_heard(name, given)
    _tell(about(session.lake, name, given, session.own))
    _show(session, ask(session.lake, name, given, session.own))


def _param(session: _Session, said: str) -> None:
    if not said:
        listed = sorted(session.parameters.items())
        session.write("".join(f"{name} = {visible(value)}\n" for name, value in listed))
    elif "=" in said:
        name, value = parameter(said)
        session.parameters[name] = value
    else:
        session.parameters.pop(said, None)


def _write(text: str) -> None:
    """A terminal is shown control characters as escapes, whatever the format."""
    sys.stdout.write(visible_lines(text) if sys.stdout.isatty() else text)


def _tell(sentence: object) -> None:
    sys.stderr.write(f"{visible(str(sentence))}\n")


def _tables(session: _Session, argument: str) -> None:  # noqa: ARG001 - one signature for all
    session.write("\n".join(view_names(session.lake)) + "\n")


def _schema(session: _Session, view: str) -> None:
    session.write(columns_text(session.lake, view or None) + "\n")


def _queries(session: _Session, name: str) -> None:
    if name:
        session.write(load_query(name, session.own).sql)
        return
    ready = all_queries(session.own).values()
    session.write("".join(f"{visible(q.name):24} {visible(q.summary)}\n" for q in ready))


def _format(session: _Session, name: str) -> None:
    if name not in TEXTS:
        raise QueryError(f"there is no format {name!r} here: choose {', '.join(TEXTS)}")
    session.format = name


def _help(session: _Session, argument: str) -> None:  # noqa: ARG001 - one signature for all
    session.write(HELP)


_COMMANDS: dict[str, Callable[[_Session, str], None]] = {
    ".tables": _tables,
    ".schema": _schema,
    ".queries": _queries,
    ".ask": _ask,
    ".param": _param,
    ".format": _format,
    ".help": _help,
}


def _typed_lines(lake: Lake, home: Path) -> Iterator[str]:
    """What is typed at a terminal; Ctrl-C drops the statement, Ctrl-D ends."""
    typed = _prompt_session(lake, home)
    while True:
        try:
            yield from typed.prompt("lfr> ").splitlines()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _prompt_session(lake: Lake, home: Path) -> PromptSession[str]:
    home.mkdir(parents=True, exist_ok=True)
    history = home / "sql_history"
    history.touch(mode=0o600)
    names = run_query(lake, 'SELECT DISTINCT "column" FROM columns').column(0).to_pylist()
    words = sorted({*names, *view_names(lake), *_COMMANDS})
    return PromptSession(
        history=FileHistory(history),
        lexer=PygmentsLexer(SqlLexer),
        completer=WordCompleter(words, ignore_case=True),
        complete_while_typing=False,
        multiline=Condition(lambda: True),
        prompt_continuation="...> ",
        key_bindings=_enter_sends_whole_statements(),
    )


def _enter_sends_whole_statements() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        text = event.current_buffer.text.strip()
        if not text or text.endswith(";") or text.startswith("."):
            event.current_buffer.validate_and_handle()
        else:
            event.current_buffer.insert_text("\n")

    return bindings
