"""How the configuration is read: YAML, then overrides, then the schema's word."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.policy import Policy
from lfr_batch.config.schema import Config
from lfr_batch.config.yaml_text import parse_yaml, read_bounded
from lfr_batch.errors import ConfigError

WITHOUT_EFFECT_ON_RESULTS = frozenset(
    {"engine", "limits", "s3", "job", "deployment", "alerts", "console", "retention"}
)
"""Sections that say where, how and how far a run is done, not what comes out of it."""
EXAMPLES: Mapping[type[BaseModel], str] = {
    Config: "conf/default.yaml",
    LiveConfig: "conf/live.yaml",
    Policy: "conf/policy.yaml",
}
"""The file that shows every key."""
COMMAND_LINE = "the command line"
NOTHING: Mapping[str, Any] = MappingProxyType({})

_Kind = TypeVar("_Kind", Config, LiveConfig, Policy)


def load_config(
    path: Path | None, overrides: Sequence[str] = (), unless_said: Mapping[str, Any] = NOTHING
) -> Config:
    """The configuration in ``path`` with ``section.key=value`` overrides applied.

    ``unless_said``: ``section.key`` to the value that holds where neither says any.

    Raises ConfigError naming the file or override, the key and what is allowed.
    """
    return _loaded(Config, path, overrides, unless_said)


def load_live(path: Path, overrides: Sequence[str] = ()) -> LiveConfig:
    """As ``load_config``, of a live deployment. A camera is named by its place in the list:
    ``cameras.0.source=…``. What the file leaves out, the overrides may give.
    """
    return _loaded(LiveConfig, path, overrides)


def load_policy(path: Path) -> Policy:
    """As ``load_config``, of the rules of the house."""
    return _loaded(Policy, path, ())


def parse_policy(text: str, origin: str) -> Policy:
    """As ``load_policy``, of a text. Raises ConfigError."""
    return _parsed(Policy, _yaml_of(text, origin, Policy), origin)


def parse_config(content: Mapping[str, Any], origin: str) -> Config:
    """A configuration from plain data, as JSON or YAML give it. Raises ConfigError."""
    return _parsed(Config, content, origin)


def parse_live(content: Mapping[str, Any], origin: str) -> LiveConfig:
    """As ``parse_config``, of a live deployment."""
    return _parsed(LiveConfig, content, origin)


def override(config: _Kind, settings: Mapping[str, Any]) -> _Kind:
    """``config`` with ``section.key`` settings replaced; None leaves a setting as it is."""
    content: dict[str, Any] = dump_config(config)
    for key, value in settings.items():
        if value is not None:
            content = _with(content, key.split("."), value)
    return _parsed(type(config), content, COMMAND_LINE)


def dump_config(config: Config | LiveConfig | Policy) -> dict[str, Any]:
    """Plain data that ``parse_config`` or ``parse_live`` reads back."""
    content: dict[str, Any] = config.model_dump(mode="json")
    return content


def config_hash(config: Config | LiveConfig) -> str:
    """12 hex digits over the settings that decide what a run finds."""
    content = config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT_ON_RESULTS))
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _loaded(
    kind: type[_Kind],
    path: Path | None,
    overrides: Sequence[str],
    unless_said: Mapping[str, Any] = NOTHING,
) -> _Kind:
    content = {} if path is None else _read_yaml(path, kind)
    if overrides:
        _require_sound(kind, content, str(path))
    for override in overrides:
        content = _overridden(content, override)
    for key, value in unless_said.items():
        if not _says(content, key.split(".")):
            content = _with(content, key.split("."), value)
    return _parsed(kind, content, COMMAND_LINE if overrides else str(path))


def _require_sound(kind: type[_Kind], content: Mapping[str, Any], origin: str) -> None:
    """Raises ConfigError for what is wrong in ``content`` beyond what it leaves out."""
    try:
        _validated(kind, content, origin)
    except ValidationError as error:
        worst = _worst(error)
        if worst["type"] != "missing":
            raise ConfigError(_sentence(kind, worst, origin)) from error


def _parsed(kind: type[_Kind], content: Mapping[str, Any], origin: str) -> _Kind:
    try:
        return _validated(kind, content, origin)
    except ValidationError as error:
        raise ConfigError(_sentence(kind, _worst(error), origin)) from error


def _worst(error: ValidationError) -> ErrorDetails:
    """The first; what is missing comes last, since it may be there under a mistyped name."""
    return min(error.errors(), key=lambda each: each["type"] == "missing")


def _validated(kind: type[_Kind], content: Mapping[str, Any], origin: str) -> _Kind:
    """Raises ValidationError, ConfigError for what is not plain."""
    try:
        # Through JSON, so that lists may stand for tuples while everything else stays strict.
        text = json.dumps(_filled(content, kind), allow_nan=False, default=_time)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{origin}: {error}; write plain values only.") from error
    return kind.model_validate_json(text)


def _time(value: object) -> str:
    """YAML makes dates and times of what looks like one."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


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


def _read_yaml(path: Path, kind: type[BaseModel]) -> dict[str, Any]:
    try:
        text = read_bounded(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(
            f"The configuration {path} cannot be read ({reason}); give a YAML file that can, "
            f"as {EXAMPLES[kind]} is."
        ) from error
    return _yaml_of(text, str(path), kind)


def _yaml_of(text: str, origin: str, kind: type[BaseModel]) -> dict[str, Any]:
    content = parse_yaml(text, origin)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{origin} must hold sections with keys, as {EXAMPLES[kind]} does.")
    return content


def _overridden(content: Mapping[str, Any], override: str) -> dict[str, Any]:
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"{override!r} is not an override; write section.key=value.")
    value = parse_yaml(text, f"The value of {key} in {override!r}")
    changed: dict[str, Any] = _with(content, key.strip().split("."), value)
    return changed


def _with(content: Any, keys: list[str], value: Any) -> Any:
    """``content`` with what lies under ``keys`` replaced; a number counts in a list, whose end it
    may extend."""
    first, *rest = keys
    if isinstance(content, list) and first.isdecimal() and int(first) <= len(content):
        place = int(first)
        below = content[place] if place < len(content) else None
        changed = _with(below, rest, value) if rest else value
        return [*content[:place], changed, *content[place + 1 :]]
    known = content if isinstance(content, Mapping) else {}
    return {**known, first: _with(known.get(first), rest, value) if rest else value}


def _says(content: Any, keys: Sequence[str]) -> bool:
    """Also where something else stands in place of a section: that is to be refused."""
    for key in keys:
        if not isinstance(content, Mapping):
            return content is not None
        if key not in content:
            return False
        content = content[key]
    return True


def _sentence(kind: type[BaseModel], error: ErrorDetails, origin: str) -> str:
    location = [part for part in error["loc"] if isinstance(part, str | int)]
    key, example = ".".join(map(str, location)), EXAMPLES[kind]
    if error["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(key, _known_keys(kind, location), n=1, cutoff=0.4)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"{example} lists every key."
        return f"{origin}: there is no setting {key!r}; {hint}"
    if error["type"] == "missing":
        return f"{origin}: {key} is not stated; {example} shows an example."
    message = str(error["msg"]).removeprefix("Input ").rstrip(".")
    if error["type"] == "value_error":
        message = message.removeprefix("Value error, ")
        return f"{origin}: {key}: {message}." if key else f"{origin}: {message}."
    return f"{origin}: {key or 'the configuration'} is {error.get('input')!r}, but {message}."


def _known_keys(
    section: type[BaseModel], location: Sequence[str | int] = (), prefix: str = ""
) -> list[str]:
    """Of a list's entries those that ``location`` is about."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        keys.append(prefix + name)
        inner = (field.annotation, *get_args(field.annotation))
        below = f"{prefix}{name}."
        if Ellipsis in inner:
            below += "".join(f"{part}." for part in location if isinstance(part, int))
        for kind in inner:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _known_keys(kind, location, below)
    return keys
