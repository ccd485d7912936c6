"""Where a test has its results root: on a disk, unless it says otherwise.

What disk and bucket have in common is the stores' own tests'; here are in a bucket, too, those of
what goes another way there.
"""

from __future__ import annotations

import pytest

on_both = pytest.mark.parametrize("root", ["disk", "bucket"], indirect=True)
in_bucket = pytest.mark.parametrize("root", ["bucket"], indirect=True)
