"""`lfr live` for ``ray job submit --working-dir . -- python jobs/run_live.py --config FILE``.

FILE is in conf/, which is shipped. The package is taken from what was shipped, if it is not
installed on the cluster. All parts of the deployment run on the machine that this runs on, the
cluster's head unless ``--entrypoint-resources`` say otherwise: frames stay there, and cameras,
LFR_HOME and the console are as that machine sees them. ``ray job stop`` ends the deployment as
Ctrl-C does.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

from lfr_batch.cli.app import main

if __name__ == "__main__":
    main(["live", *sys.argv[1:]])
