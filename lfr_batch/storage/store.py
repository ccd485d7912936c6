"""A place for files: a directory (``local_store``) or a bucket (``s3_store``)."""

from __future__ import annotations

from typing import Literal, Protocol

PATIENCE_S = 60.0
"""How long a request is made again that a bucket does not answer."""


class S3Settings(Protocol):
    """Frozen, hashable, picklable. What is None is as boto3 finds it."""

    def __hash__(self) -> int: ...

    @property
    def endpoint_url(self) -> str | None: ...

    @property
    def region(self) -> str | None: ...

    @property
    def checksums(self) -> Literal["when_supported", "when_required"] | None: ...

    @property
    def requester_pays(self) -> bool:
        """Accept the cost of reading in buckets whose requesters pay."""


class Store(Protocol):
    """Frozen, picklable. Paths are relative to the root, with forward slashes.

    Every method raises StoreFull or StoreUnreachable, with the way out in the message; a bucket
    raises StoreAway after ``PATIENCE_S`` without an answer that is one.
    """

    @property
    def uri(self) -> str:
        """The root as the user knows it."""

    def write_atomic(self, path: str, data: bytes) -> None:
        """All of ``data`` under ``path``, or the old content, whatever happens meanwhile."""

    def write_new(self, path: str, data: bytes) -> bool:
        """Write only if nothing is there. Whether it was written.

        A bucket's answer that was lost on its way makes that 'not': then what is there is this very
        data. A bucket without conditional writes just writes, and one that ignores conditions, too.
        """

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError."""

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """Every file under the directory ``prefix``, sorted; none if there is no such place."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """Bytes of every file under the directory ``prefix``."""

    def folders(self, prefix: str) -> tuple[str, ...]:
        """Names of the folders in the directory ``prefix``, sorted, without looking into them."""

    def move(self, path: str, to: str) -> None:
        """Give a file another place, where none is; one that is not there any more is passed over.

        A bucket copies it: nobody misses it meanwhile."""

    def delete(self, path: str) -> None:
        """Remove a file, or a directory and all in it; nothing to remove is no error."""
