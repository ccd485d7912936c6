"""One meaning a word: no two public classes of the package have the same name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "lfr_batch"


def named_twice(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Public classes of more than one of ``sources``, and which."""
    where: dict[str, list[str]] = defaultdict(list)
    for module, text in sources.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(module)
    return {name: modules for name, modules in where.items() if len(modules) > 1}


def test_no_class_is_named_as_another() -> None:
    texts = {
        str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
    }
    assert named_twice(texts) == {}


def test_a_name_that_stands_twice_is_noticed() -> None:
    sources = {"a": "class Look: ...\nclass _Own: ...\n", "b": "class Look: ...\nclass _Own: ...\n"}
    assert named_twice(sources) == {"Look": ["a", "b"]}


def test_the_glossary_has_each_word_once() -> None:
    text = (PACKAGE.parent / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    words = [row for row in rows if row != "word"]
    assert {"probe", "segment", "FPIR"} <= set(words)
    assert len(words) == len(set(words))
