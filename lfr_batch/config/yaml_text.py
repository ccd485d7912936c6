"""How YAML is read, wherever it comes from: bounded in what it may cost.

A YAML text of a few hundred letters may stand for gigabytes (an alias of an alias of an alias), a
short one for minutes of work. No file of this project needs what makes that possible.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lfr_batch.errors import ConfigError

MOST_BYTES = 1 << 20
MOST_DEPTH = 20
"""Of sections and lists within each other."""
MOST_VALUES = 30_000
"""Keys, values, lists and sections: each costs about 1 KB and 0.1 ms."""
MOST_DIGITS = 100
"""Of a number: YAML's numbers to the base of 60 take the square of their length."""


def read_bounded(path: Path) -> str:
    """The text of a file. Raises OSError, UnicodeDecodeError; ConfigError for one that is too
    large, of which no more is read than may be."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    _require_small(data, str(path))
    return data.decode()


def parse_yaml(text: str, origin: str) -> Any:
    """Plain data; None of an empty text. Raises ConfigError, a sentence that begins with
    ``origin``, for what is no YAML, says a key twice, has aliases or tags, or is beyond the
    limits."""
    _require_small(text.encode("utf-8", "surrogatepass"), origin)
    try:
        # As safe as yaml.safe_load, whose loader it is.
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(f"{origin}{where} is not valid YAML: {problem}.") from error
    except (ValueError, OverflowError) as error:  # what only looks like a date or a number
        raise ConfigError(f"{origin} is not valid YAML: {error}.") from error


def _require_small(data: bytes, origin: str) -> None:
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{origin} is larger than {MOST_BYTES >> 20} MiB: is it a configuration?")


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML would silently take the last, and what may
    become more than it looks."""

    depth = 0
    values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        self.depth += 1
        self.values += 1
        if isinstance(event, yaml.AliasEvent):
            raise _problem("aliases (*name) are not taken; write it out", event)
        if self.depth > MOST_DEPTH:
            raise _problem(f"it is nested deeper than {MOST_DEPTH}", event)
        if self.values > MOST_VALUES:
            raise _problem(f"it holds more than {MOST_VALUES} keys and values", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node: yaml.ScalarNode = super().compose_scalar_node(anchor)
        is_number = node.tag in {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
        if is_number and len(node.value) > MOST_DIGITS:
            raise _problem(f"a number of more than {MOST_DIGITS} digits", node)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise _problem(f"it says {name!r} twice", key)
            seen.add(name)
        return super().construct_mapping(node, deep)


def _problem(said: str, where: Any) -> yaml.MarkedYAMLError:
    """``where``: an event or a node."""
    return yaml.MarkedYAMLError(problem=said, problem_mark=where.start_mark)
