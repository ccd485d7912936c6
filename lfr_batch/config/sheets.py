"""Tables that operators write: CSV as people, databases and spreadsheets make it.

The first line that is not blank names the columns. Comma, semicolon or tab separate (whichever the
header uses, or Excel's line ``sep=;`` before it says); UTF-8, or UTF-16 with its mark ("Unicode
text").
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from lfr_batch.errors import ConfigError

DELIMITERS = (",", ";", "\t")
QUOTED = re.compile(r'"[^"]*"')
STATED_DELIMITER = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
SPACE_BEHIND_QUOTE = re.compile(r'"[ ]+(?=[,;\t\r\n]|\Z)')
"""Between a quoted cell and the separator, which the csv module refuses."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    line: int
    """Of the file, from 1; of a row over several lines the last."""
    cells: tuple[str, ...]
    """Without spaces around them; perhaps fewer than the header has."""


@dataclass(frozen=True, slots=True)
class Sheet:
    header: tuple[str, ...]
    """As written, without spaces around; '' for a column without a name, which is empty."""
    rows: tuple[SheetRow, ...]
    """Without blank lines."""


def read_sheet(path: Path) -> Sheet:
    """Raises ConfigError where it cannot be read, is no CSV, or a line does not fit its header."""
    text = _text(path)
    stated = STATED_DELIMITER.match(text)
    lines = text[stated.end() :] if stated else text
    delimiter = stated[1] if stated else _delimiter(lines)
    records = _records(path, lines, delimiter, 1 if stated else 0)
    header = next((row.cells for row in records if any(row.cells)), ())
    require_distinct(path, header)
    rows = tuple(_fitting(path, row, header) for row in records if any(row.cells))
    return Sheet(header, rows)


def column_key(name: str) -> str:
    """What is the same for ``Camera ID``, ``camera-id`` and ``camera_id``."""
    letters = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_-]+", "", letters)


def require_distinct(path: Path, names: Iterable[str]) -> None:
    """Raises ConfigError where two columns have one name."""
    seen: dict[str, str] = {}
    for name in filter(None, names):
        first = seen.setdefault(column_key(name), name)
        if first is not name:
            also = f" (also written {name!r})" if name != first else ""
            raise ConfigError(f"{path} has the column {first!r} twice{also}; rename one of them.")


def did_you_mean(name: str, known: Sequence[str]) -> str | None:
    """The known name that is most like ``name``; None where none is."""
    keys = {column_key(each): each for each in known}
    nearest = difflib.get_close_matches(column_key(name), keys, n=1, cutoff=0.6)
    return keys[nearest[0]] if nearest else None


def is_slip_for(name: str, known: str) -> bool:
    """Whether one letter is too many, missing, another, or changed places with the next."""
    written, meant = column_key(name), column_key(known)
    pairs = zip(written, meant, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    one, other = written[same:], meant[same:]
    swapped = one[1:2] + one[:1] + one[2:]
    return written != meant and (
        one[1:] == other or one == other[1:] or one[1:] == other[1:] or swapped == other
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}); give a CSV file that can."
        ) from error
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no CSV in UTF-8; save it as CSV in UTF-8.") from error


def _delimiter(text: str) -> str:
    """The one that stands most often in the header, outside its quotes."""
    header = QUOTED.sub("", text.lstrip("\r\n").partition("\n")[0])
    return max(DELIMITERS, key=header.count)


def _records(path: Path, text: str, delimiter: str, lines_before: int) -> Iterator[SheetRow]:
    tidy = io.StringIO(SPACE_BEHIND_QUOTE.sub('"', text), newline="")
    reader = csv.reader(tidy, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            yield SheetRow(reader.line_num + lines_before, stripped)
    except csv.Error as error:
        line = reader.line_num + lines_before
        raise ConfigError(f"{path} line {line} is not valid CSV: {error}.") from error


def _fitting(path: Path, row: SheetRow, header: Sequence[str]) -> SheetRow:
    if len(row.cells) > len(header):
        raise ConfigError(
            f"{path} line {row.line} has {len(row.cells)} cells where the header has "
            f"{len(header)}; quote cells that contain the separator."
        )
    for name, cell in zip(header, row.cells, strict=False):
        if cell and not name:
            raise ConfigError(
                f"{path} line {row.line} says {cell!r} in a column without a name; name it in "
                "the first line."
            )
    return row
