"""What whoever adds an embedder says of it, where its graph does not tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lfr_batch.config.yaml_text import parse_yaml, read_bounded
from lfr_batch.errors import ConfigError
from lfr_batch.models.manifest import ChannelOrder, Finite, FivePoints, Layout, Positive

ARCFACE: Literal["arcface"] = "arcface"


class EmbedderSheet(BaseModel):
    """None: not said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: Literal["arcface"] | FivePoints | None = None
    """Left eye, right eye, nose, left and right corner of the mouth, as the picture shows them:
    x and y in units of the input's side."""
    size: Annotated[int, Field(ge=32, le=1024)] | None = None
    colour: ChannelOrder | None = None
    mean: Finite | None = None
    std: Positive | None = None
    flip: bool | None = None
    layout: Layout | None = None


def read_sheet(path: Path) -> EmbedderSheet:
    """YAML or JSON. Raises ConfigError."""
    return sheet_of(_read(path) or {}, str(path))


def read_template(text: str) -> object:
    """``arcface``, or what a YAML or JSON file says. Raises ConfigError."""
    return text if text == ARCFACE else _read(Path(text))


def sheet_of(said: object, origin: str) -> EmbedderSheet:
    """Raises ConfigError, a sentence that begins with ``origin``."""
    try:
        return EmbedderSheet.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0]) if first["loc"] else "the document"
        known = ", ".join(EmbedderSheet.model_fields)
        raise ConfigError(
            f"{origin} does not describe an embedder ({where}: {first['msg']}): it may say "
            f"{known}; a template is arcface, or five points [x, y] from 0 to 1."
        ) from error


def joined(sheet: EmbedderSheet, over: EmbedderSheet) -> EmbedderSheet:
    """What ``over`` says goes before what the sheet says."""
    return sheet.model_copy(update=over.model_dump(exclude_none=True))


def _read(path: Path) -> Any:
    try:
        return parse_yaml(read_bounded(path), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{path} cannot be read ({why}): check the name.") from error
