"""Command-line options of the commands that change a gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.gallery.records import Pick

GalleryArgument = Annotated[str, typer.Argument(metavar="NAME", help="Gallery that is there.")]
ImagesOption = Annotated[
    str, typer.Option(help="A folder per subject, or pictures named so; or s3://bucket/prefix.")
]
SubjectsOption = Annotated[Path | None, typer.Option(help="CSV with more about the subjects.")]
ExcludeOption = Annotated[
    list[str] | None, typer.Option(help="Leave out files that match; may be repeated.")
]
PickOption = Annotated[
    Pick | None, typer.Option(help="Which of several faces of like size to enrol.")
]
AdultsOption = Annotated[
    bool, typer.Option("--adults", help="Nobody whose age no column states is under 18.")
]
AcceptChildrenOption = Annotated[
    bool, typer.Option("--accept-children", help="Enrol children under 6, too.")
]
