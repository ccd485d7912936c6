"""Render the reference of the Python API as HTML: ``python infra/reference.py FOLDER``.

What warns fails: a name that is promised and not there, an annotation that cannot be read.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pdoc

import lfr_batch


def main(folder: Path) -> None:
    warnings.simplefilter("error")
    # pdoc looks at what a module has already, and these are loaded when first used.
    for name in lfr_batch.__all__:
        setattr(lfr_batch, name, getattr(lfr_batch, name))
    pdoc.render.configure(footer_text=f"lfr_batch {lfr_batch.__version__}")
    pdoc.pdoc("lfr_batch", "!lfr_batch.", "lfr_batch.errors", output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
