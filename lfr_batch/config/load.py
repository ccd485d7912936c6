"""How the configuration is read: YAML, then overrides, then the schema's word."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from lfr_batch.config.schema import Config
from lfr_batch.errors import ConfigError

WITHOUT_EFFECT_ON_RESULTS = frozenset({"engine", "s3", "job"})
"""Sections that say where and how a run is done, not what comes out of it."""


def load_config(path: Path | None, overrides: Sequence[str] = ()) -> Config:
    """The configuration in ``path`` with ``section.key=value`` overrides applied.

    Raises ConfigError naming the file or override, the key and what is allowed.
    """
    content = {} if path is None else _read_yaml(path)
    config = parse_config(content, str(path))
    if not overrides:
        return config
    for override in overrides:
        content = _overridden(content, override)
    return parse_config(content, "the command line")


def parse_config(content: Mapping[str, Any], origin: str) -> Config:
    """A configuration from plain data, as JSON or YAML give it. Raises ConfigError."""
    try:
        # Through JSON, so that lists may stand for tuples while everything else stays strict.
        return Config.model_validate_json(json.dumps(_filled(content, Config), allow_nan=False))
    except ValidationError as error:
        raise ConfigError(_sentence(error, origin)) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{origin}: {error}; write plain values only.") from error


def override(config: Config, settings: Mapping[str, Any]) -> Config:
    """``config`` with ``section.key`` settings replaced; None leaves a setting as it is."""
    content: dict[str, Any] = dump_config(config)
    for key, value in settings.items():
        if value is not None:
            content = _with(content, key.split("."), value)
    return parse_config(content, "the command line")


def dump_config(config: Config) -> dict[str, Any]:
    """Plain data that ``parse_config`` reads back."""
    content: dict[str, Any] = config.model_dump(mode="json")
    return content


def config_hash(config: Config) -> str:
    """12 hex digits over the settings that decide what a run finds."""
    content = config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT_ON_RESULTS))
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML would silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"it says {name!r} twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def _filled(content: Mapping[str, Any], section: type[BaseModel]) -> dict[str, Any]:
    """``content`` without sections that were left empty: all of theirs is commented out."""
    filled: dict[str, Any] = {}
    for key, value in content.items():
        field = section.model_fields.get(key)
        kind = field.annotation if field else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            filled[key] = value
        elif isinstance(value, Mapping):
            filled[key] = _filled(value, kind)
        elif value is not None:
            filled[key] = value
    return filled


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        # As safe as yaml.safe_load, whose loader it is.
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"The configuration {path} cannot be read: {reason}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(f"{path}{where} is not valid YAML: {problem}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold sections with keys, as conf/default.yaml does.")
    return content


def _overridden(content: Mapping[str, Any], override: str) -> dict[str, Any]:
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"{override!r} is not an override; write section.key=value.")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"The value of {key} in {override!r} is not valid YAML.") from error
    return _with(content, key.strip().split("."), value)


def _with(content: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    first, *rest = keys
    if rest:
        below = content.get(first)
        value = _with(below if isinstance(below, dict) else {}, rest, value)
    return {**content, first: value}


def _sentence(error: ValidationError, origin: str) -> str:
    first = error.errors()[0]
    location = [part for part in first["loc"] if isinstance(part, str | int)]
    key = ".".join(map(str, location))
    if first["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(key, _known_keys(Config), n=1, cutoff=0.4)
        hint = f"did you mean {nearest[0]!r}?" if nearest else "conf/default.yaml lists every key."
        return f"{origin}: there is no setting {key!r}; {hint}"
    given = first.get("input")
    message = str(first["msg"]).removeprefix("Input ").rstrip(".")
    return f"{origin}: {key or 'the configuration'} is {given!r}, but {message}."


def _known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        inner = (field.annotation, *get_args(field.annotation))
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, f"{prefix}{name}.")
    return keys
