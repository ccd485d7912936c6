"""Texts that are small and cost much: refused by name, before they cost anything."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import lfr_batch
from lfr_batch.config.load import load_config, load_live, load_policy
from lfr_batch.config.yaml_text import MOST_BYTES, MOST_VALUES, parse_yaml, read_bounded
from lfr_batch.console.users import load_users, users_file
from lfr_batch.errors import ConfigError

LETTERS = "abcdefghi"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise(LETTERS)
)
"""A few hundred letters that stand for 9^9 values."""
HOSTILE = {
    "aliases": (BOMB, "line 2 is not valid YAML: aliases .* are not taken"),
    "depth": ("a: " + "[" * 5000 + "]" * 5000, "nested deeper than 20"),
    "values": (f"a: [{'b,' * 500_000}]", f"more than {MOST_VALUES} keys and values"),
    "base of 60": ("a: 1" + ":1" * 100_000, "a number of more than 100 digits"),
    "digits": ("a: " + "9" * 5000, "a number of more than 100 digits"),
    "fractions": ("a: 1" + ":1" * 100_000 + ".5", "a number of more than 100 digits"),
    "size": ("#" * (MOST_BYTES + 1), "larger than 1 MiB"),
    "wide letters": ("#" + "\U0001f600" * (MOST_BYTES // 4), "larger than 1 MiB"),
    "a day that never was": ("a: 2026-13-45", "month must be in 1..12"),
    "code": ("a: !!python/object/apply:os.getpid []", "could not determine a constructor"),
}


@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_costs_more_than_it_looks_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"^my file.*{said}") as raised:
        parse_yaml(text, "my file")
    assert "\n" not in str(raised.value)


CHEAP = ("aliases", "depth", "base of 60", "a day that never was")
READERS: dict[str, Any] = {"scan": load_config, "live": load_live, "policy": load_policy}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("kind", CHEAP)
def test_every_file_is_read_that_way(kind: str, reader: Any, tmp_path: Path) -> None:
    text, said = HOSTILE[kind]
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"mine\.yaml.*{said}"):
        reader(path)


@pytest.mark.parametrize("kind", CHEAP)
def test_so_are_the_users(kind: str, tmp_path: Path) -> None:
    users_file(tmp_path).parent.mkdir()
    users_file(tmp_path).write_text(HOSTILE[kind][0])
    with pytest.raises(ConfigError, match=r"users\.yaml is not a list of users"):
        load_users(tmp_path)


def test_so_is_a_value_on_the_command_line() -> None:
    for value in ("[&a [1], *a]", "1" + ":1" * 1000, "[" * 100 + "]" * 100):
        with pytest.raises(ConfigError, match=r"^The value of decide.top_k .*is not valid YAML: "):
            load_config(None, [f"decide.top_k={value}"])


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="/dev/zero is larger than 1 MiB"):
        read_bounded(Path("/dev/zero"))


def test_nothing_else_reads_yaml() -> None:
    """By what each module takes from ``yaml``: writing is free."""
    package = Path(lfr_batch.__file__).parent
    used = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "yaml"
        and ("load" in node.attr.lower() or node.attr in {"parse", "scan", "compose"})
    }
    assert used == {"config/yaml_text.py"}
