"""Footage in S3 or a store that speaks its protocol.

Endpoint, region, credentials and proxies come from where boto3 takes them (environment,
profiles, instance roles); ``S3Config`` overrides what it names.
"""

from __future__ import annotations

import base64
import fnmatch
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BufferedReader
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import (
    FootageChanged,
    FootageGone,
    FootageUnreadable,
    LfrError,
    NoFootage,
    StoreAway,
    StoreUnreachable,
    UsageError,
)
from lfr_batch.footage.kept import KEPT_OBJECTS, KeptParts
from lfr_batch.footage.places import Found, ObjectFacts, ObjectState, sort_by_name
from lfr_batch.footage.ranged import BUFFER_BYTES, KIB, Ahead, RangedReader
from lfr_batch.footage.unchanged import WHILE_READ
from lfr_batch.storage import s3_errors, s3_requests
from lfr_batch.storage.s3_errors import Meaning, S3Failure

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

SCHEME = "s3://"
MIB = 1024 * 1024
GLIMPSE_BYTES, READING_BYTES = 64 * KIB, MIB
"""Asked for first at a place, of an object that is looked into, and of one that is read."""
WHOLE_BYTES = 8 * MIB
"""An object of at most so many is fetched whole by whoever reads of it."""
WILDCARD = re.compile(r"[*?\[]")
ARCHIVED = {"GLACIER", "DEEP_ARCHIVE"}
WEAK = "W/"
"""Begins an ETag that other bytes may have, too."""
UNVERSIONED = "null"
"""The version that every object has that is written while a bucket keeps no versions."""

SENTENCES: Mapping[Meaning, tuple[type[LfrError], str]] = {
    **{
        meaning: (StoreAway if meaning in s3_errors.AWAY else StoreUnreachable, sentence)
        for meaning, sentence in s3_errors.SENTENCES.items()
    },
    "no bucket": (
        StoreUnreachable,
        "the bucket of {what} does not exist: check its name and endpoint",
    ),
    "absent": (FootageGone, "{what} does not exist: check the key"),
    "not allowed": (
        StoreUnreachable,
        "{what} may not be read with these credentials (403): ask for "
        "s3:ListBucket and s3:GetObject, or set s3.requester_pays where the requester pays",
    ),
    "bad credentials": (
        StoreUnreachable,
        "the credentials for {what} are not accepted ({said}): renew them",
    ),
    "condition failed": (
        FootageChanged,
        f"{{what}} was replaced {WHILE_READ}: scan it anew",
    ),
    "no endpoint": (
        StoreAway,
        "{what} cannot be reached at {endpoint}: check s3.endpoint_url and the network",
    ),
}
REFUSED = StoreUnreachable, "{what} cannot be read: the store answers {said}"
"""Whatever else the store answers."""
REPLACED = S3Failure("condition failed", "another ETag")


def find(given: str, s3: S3Config) -> Found:
    """The objects under ``s3://bucket/prefix``, the object of that very name, or a pattern's.

    A prefix that may not be listed is a gap. Raises NoFootage where there is none,
    StoreUnreachable for a bucket that is not there or does not answer.
    """
    bucket, prefix = split(given)
    pattern = WILDCARD.search(prefix)
    there, gaps = _listed(bucket, prefix[: pattern.start()] if pattern else prefix, given, s3)
    keys = list(there)
    if prefix in there:
        uri = f"{SCHEME}{bucket}/{prefix}"
        return Found(named=(uri,), states={uri: there[prefix]})
    if pattern:
        keys = [key for key in keys if _matches(key, prefix)]
    if not keys and not gaps:
        raise NoFootage(f"{given} holds no footage: check the bucket and the prefix")
    uris = [f"{SCHEME}{bucket}/{key}" for key in keys]
    states = {uri: there[key] for uri, key in zip(uris, keys, strict=True)}
    if pattern:
        return Found(named=tuple(uris), gaps=gaps, states=states)
    folder = prefix.rpartition("/")[0]
    sorts = (sort_by_name(key.removeprefix(folder).lstrip("/")) for key in keys)
    return Found(below=tuple(zip(uris, sorts, strict=True)), gaps=gaps, states=states)


@dataclass(frozen=True, slots=True)
class S3Object:
    """See ``places.Source``."""

    uri: str
    s3: S3Config
    known: ObjectState | None = field(default=None, compare=False)
    """As ``as_of`` was told."""
    in_full: bool = field(default=False, compare=False)

    path = None

    def stored(self) -> str:
        forms = (self.uri, *(unicodedata.normalize(form, self.uri) for form in ("NFC", "NFD")))
        if len(set(forms)) == 1:
            return self.uri
        objects = (S3Object(form, self.s3) for form in dict.fromkeys(forms))
        return next((each.uri for each in objects if each._is_there()), self.uri)

    def _is_there(self) -> bool:
        try:
            self._head()
        except FootageUnreadable:
            return False
        return True

    def open_bytes(self) -> BinaryIO:
        """It asks for ranges, of up to ``read_ahead_mib`` where it is read on and on. Its reads
        raise, too."""
        known = self.known or _state_of(self._head())
        etag = known.etag or ""

        def fetch(start: int, stop: int) -> bytes:
            return _read_range(self, (start, stop), etag)

        reader = RangedReader(known.bytes, fetch, self._ahead(), self._kept())
        return cast("BinaryIO", BufferedReader(reader, BUFFER_BYTES))

    def as_of(self, state: ObjectState, *, in_full: bool = False) -> S3Object:
        return replace(self, known=state, in_full=in_full)

    def let_go(self) -> None:
        KEPT_OBJECTS.let_go((self, self.known))

    def _ahead(self) -> Ahead:
        most = self.s3.read_ahead_mib * MIB
        if self.in_full:
            least = min(READING_BYTES, most)
            return Ahead(least, most, WHOLE_BYTES, near_bytes=least, leaves_out=False)
        return Ahead(GLIMPSE_BYTES, most, most if self.known else 0)

    def _kept(self) -> KeptParts | None:
        """None where nothing tells its content from another that takes its place."""
        known = self.known
        told = known is not None and known.etag and not known.etag.startswith(WEAK)
        return KEPT_OBJECTS.of((self, known)) if told else None

    def state(self) -> ObjectState:
        """Size, the store's own checksum, and the version where the bucket keeps versions."""
        return _state_of(self._head(ChecksumMode="ENABLED"))

    def facts(self) -> ObjectFacts:
        """Size and the store's own checksum. Transfers nothing of the object."""
        head = self._head(ChecksumMode="ENABLED")
        if head.get("StorageClass") in ARCHIVED and "expiry-date" not in head.get("Restore", ""):
            raise FootageUnreadable(f"{self.uri} is in an archive tier: restore it first")
        return ObjectFacts(_state_of(head), _checksum(head), _sha256(head))

    def _head(self, **asked: Any) -> HeadObjectOutputTypeDef:
        bucket, key = split(self.uri)
        with _explained(self.uri):
            return s3_requests.head(self.s3, bucket, key, **asked)


def _state_of(head: HeadObjectOutputTypeDef) -> ObjectState:
    version = head.get("VersionId")
    return ObjectState(
        head["ContentLength"],
        checksum=_checksum(head),
        version_id=None if version == UNVERSIONED else version,
        etag=head.get("ETag"),
    )


def _checksum(head: HeadObjectOutputTypeDef) -> str:
    if sha256 := _sha256(head):
        return f"sha256:{sha256}"
    etag = head.get("ETag", "").strip('"')
    return f"etag:{etag}" if etag else f"modified:{head['LastModified'].isoformat()}"


def _sha256(head: HeadObjectOutputTypeDef) -> str | None:
    """Hex; None also where there is only a checksum of an upload's parts' checksums."""
    sha256 = head.get("ChecksumSHA256", "")
    return base64.b64decode(sha256).hex() if sha256 and "-" not in sha256 else None


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``; the key may hold any character."""
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise UsageError(f"{uri} names no bucket: write s3://bucket/prefix")
    return bucket, key


def _listed(
    bucket: str, prefix: str, given: str, s3: S3Config
) -> tuple[dict[str, ObjectState], tuple[str, ...]]:
    """How each object stands by its key, and why there may be more, where the store lists no more
    of them."""
    keys: dict[str, ObjectState] = {}
    try:
        for item in s3_requests.objects(s3, bucket, prefix):
            if not item["Key"].endswith("/"):
                keys[item["Key"]] = ObjectState(item["Size"], etag=item.get("ETag"))
    except (*s3_errors.BOTO_ERRORS, OSError, ValueError) as error:
        failure = s3_errors.failure_of(error)
        refusal = _refusal(given, failure)
        if failure.meaning != "not allowed":
            raise refusal from error
        return keys, (str(refusal),)
    return keys, ()


def _matches(key: str, pattern: str) -> bool:
    """Shell pattern; ``*`` stays within one level unless the pattern holds ``**``."""
    same_depth = "**" in pattern or key.count("/") == pattern.count("/")
    return same_depth and fnmatch.fnmatchcase(key, pattern.replace("**/", "*"))


def _read_range(there: S3Object, span: tuple[int, int], etag: str) -> bytes:
    """Not every store heeds the condition, but each says what it sends."""
    condition = {"IfMatch": etag} if etag and not etag.startswith(WEAK) else {}

    def require_same(answer: GetObjectOutputTypeDef) -> None:
        if answer.get("ETag", "") != etag:
            raise _refusal(there.uri, REPLACED)

    with _explained(there.uri):
        return s3_requests.read_range(there.s3, split(there.uri), span, require_same, **condition)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn boto3's errors into sentences."""
    try:
        yield
    except (*s3_errors.BOTO_ERRORS, OSError, ValueError) as error:
        raise _refusal(what, s3_errors.failure_of(error)) from error


def _refusal(what: str, failure: S3Failure) -> LfrError:
    kind, sentence = SENTENCES.get(failure.meaning, REFUSED)
    return kind(sentence.format(what=what, said=failure.said, endpoint=failure.endpoint))
