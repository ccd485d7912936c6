"""No module imports one that imports it: not in a function either, nor for types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = "lfr_batch"


def circle_in(sources: Mapping[str, str]) -> list[str]:
    """A circle of modules, the first one again at its end; empty if there is none."""
    graph = {name: set(imported(text, sources)) - {name} for name, text in sources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


def imported(text: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Those of ``sources`` that ``text`` imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in sources)
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from below & sources.keys() or {node.module} & sources.keys()


def modules() -> dict[str, str]:
    found = {}
    for path in (REPOSITORY / PACKAGE).rglob("*.py"):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


def test_there_is_no_circle() -> None:
    assert circle_in(modules()) == []


LATE = "def run():\n    from p import a\n"
FOR_TYPES = "if TYPE_CHECKING:\n    from p.a import A\n"


@pytest.mark.parametrize("back", ["import p.a\n", "from p.a import x\n", LATE, FOR_TYPES])
def test_a_circle_is_noticed(back: str) -> None:
    sources = {"p": "", "p.a": "from p import b\n", "p.b": "from p.c import x\n", "p.c": back}
    assert set(circle_in(sources)) == {"p.a", "p.b", "p.c"}
    assert circle_in({**sources, "p.c": "import os\n"}) == []
