"""Who reads the environment for S3, and who sets something in it for a moment: one at a time.

pyarrow's client takes from the environment alone what boto3's is told; and whoever goes through
all of it while a name is taken out, as botocore does for credentials and proxies, fails.
"""

from __future__ import annotations

from threading import Lock

ALONE = Lock()
