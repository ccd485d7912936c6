"""`lfr gallery enrol` for ``ray job submit --working-dir . -- python jobs/enrol_gallery.py …``.

The package is taken from the working directory that was shipped, if it is not installed on the
cluster. LFR_HOME and the pictures must be in places that every node
sees: a folder or, for LFR_HOME, s3://, not below what is shipped, which is thrown away.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from lfr_batch.cli.app import main

if __name__ == "__main__":
    main(["gallery", "enrol", *sys.argv[1:]])
