"""Model packs on disk: ``HOME/models/<name>/manifest.json`` and the files it names."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from lfr_batch.errors import PackDamaged, PackError, PackNotFound, PackRefused
from lfr_batch.models.manifest import PackManifest, is_pack_name, is_safe_name
from lfr_batch.storage.disk_errors import WayOut, is_full, refusal
from lfr_batch.storage.files import sha256_of, sync
from lfr_batch.storage.folders import sync_tree

MANIFEST = "manifest.json"
_ADD_AGAIN = WayOut("free space and add the pack again")


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack on this machine."""

    manifest: PackManifest
    directory: Path

    @property
    def home(self) -> Path:
        return self.directory.parent.parent

    def path(self, file: str) -> Path:
        return self.directory / file

    @property
    def detector_path(self) -> Path:
        return self.path(self.manifest.detector.file)

    @property
    def embedder_path(self) -> Path:
        return self.path(self.manifest.embedder.file)

    def derivations(self) -> tuple[Pack, ...]:
        """See ``PackManifest.derivations``."""
        return tuple(replace(self, manifest=each) for each in self.manifest.derivations())

    def as_for(self, identity: str) -> Pack | None:
        """The pack as it made the templates of that identity; None: it never did."""
        those = self.derivations()
        return next((each for each in those if each.manifest.identity == identity), None)


def packs_root(home: Path) -> Path:
    return home / "models"


def load_pack(home: Path, name: str) -> Pack:
    """The pack ``name``, every file verified.

    Raises PackNotFound if there is no such pack, PackDamaged if a file is missing or differs,
    PackError if one may not be read.
    """
    pack = read_pack(home, name)
    verify_pack(pack)
    return pack


def read_pack(home: Path, name: str) -> Pack:
    """The pack ``name`` as its manifest describes it; its files are not looked at."""
    directory = packs_root(home) / name
    if not is_safe_name(name) or not _is_file(directory / MANIFEST):
        raise PackNotFound(_not_found(home, name))
    return Pack(_read_manifest(directory), directory)


def pack_names(home: Path) -> list[str]:
    """The packs there are, damaged and unreadable ones too. Raises PackError."""
    root = packs_root(home)
    try:
        names = sorted(os.listdir(root))  # noqa: PTH208 - names are what is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise _unreadable(root, error) from error
    return [name for name in names if not name.startswith(".") and _holds_manifest(root / name)]


def _holds_manifest(directory: Path) -> bool:
    try:
        return (directory / MANIFEST).is_file()
    except OSError:
        return True


def list_packs(home: Path) -> list[Pack]:
    """Every pack with a sound manifest, by name; files are not looked at.

    Raises PackError where a manifest may not be read.
    """
    packs = []
    for name in pack_names(home):
        with contextlib.suppress(PackDamaged):
            packs.append(read_pack(home, name))
    return packs


def verify_pack(pack: Pack) -> None:
    """Raises PackDamaged, naming the first file that is missing or whose sha256 differs.

    Raises PackError where a file may not be read.
    """
    for file, sha256 in pack.manifest.files.items():
        path = pack.path(file)
        if not _is_file(path):
            raise PackDamaged(_damaged(pack, f"{file} is missing"))
        if _sha256_in_pack(path) != sha256:
            raise PackDamaged(_damaged(pack, f"{file} is not the file it was (sha256 differs)"))


def add_pack(home: Path, directory: Path, name: str | None = None) -> Pack:
    """Install the pack in ``directory``: one of ours, or one in InsightFace's layout.

    ``name`` overrides the pack's own. Raises PackNotFound if there is no such directory, and what
    ``install_pack`` and ``read_insightface_directory`` raise.
    """
    if not _is_directory(directory):
        raise PackNotFound(f"{directory} is not a directory: give the one with the pack's files.")
    if name is not None and not is_pack_name(name):
        raise PackRefused(f"{name!r} is no name for a pack: use letters, digits, '.', '_' and '-'.")
    if _is_ours(directory):
        manifest = _read_manifest(directory)
        manifest = manifest if name is None else manifest.model_copy(update={"name": name})
    else:
        manifest = _describe(directory, name)
    return install_pack(home, manifest, directory)


def _is_ours(directory: Path) -> bool:
    """InsightFace calls its manifest by the same name."""
    try:
        document = json.loads((directory / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and "lfr_pack" in document


def _describe(directory: Path, name: str | None) -> PackManifest:
    from lfr_batch.models import insightface_layout  # noqa: PLC0415 - onnx is slow to import

    return insightface_layout.read_insightface_directory(directory, name)


def install_pack(
    home: Path, manifest: PackManifest, source: Path, *, replace: bool = False
) -> Pack:
    """Copy the files that ``manifest`` names from ``source``: the whole pack, or nothing of it.

    Installing the same pack again is fine, and mends a damaged one or renews its licence. Raises
    PackRefused if another pack has this name and ``replace`` is not set, PackDamaged if a file is
    not what the manifest says, StoreFull if the disk is.
    """
    pack = Pack(manifest, packs_root(home) / manifest.name)
    if _is_installed(pack):
        return pack
    taken = os.path.exists(pack.directory)  # noqa: PTH110 - never raises
    if taken and not replace and not _same_but_for_its_licence(pack):
        raise PackRefused(
            f"There is another model pack {manifest.name!r} in {packs_root(home)} already: "
            "choose another name with --name."
        )
    try:
        _install_afresh(pack, source)
    except OSError as error:
        raise _copy_error(error, source, home) from error
    return pack


def _install_afresh(pack: Pack, source: Path) -> None:
    root = pack.directory.parent
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".new-") as temporary:
        fresh = Pack(pack.manifest, Path(temporary) / "pack")
        _copy_files(fresh, source)
        verify_pack(fresh)
        _move_into_place(fresh.directory, pack.directory, Path(temporary) / "old")
        sync(root)


def _is_installed(pack: Pack) -> bool:
    if not _same_manifest(pack):
        return False
    try:
        verify_pack(pack)
    except PackDamaged:
        return False
    return True


def _same_manifest(pack: Pack) -> bool:
    try:
        return _read_manifest(pack.directory) == pack.manifest
    except PackError:
        return False


def _same_but_for_its_licence(pack: Pack) -> bool:
    try:
        return _read_manifest(pack.directory).differs_in_licence_alone(pack.manifest)
    except PackError:
        return False


def _copy_files(fresh: Pack, source: Path) -> None:
    for file in fresh.manifest.files:
        target = fresh.path(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target)
    fresh.path(MANIFEST).write_text(fresh.manifest.to_json())
    sync_tree(fresh.directory)


def _move_into_place(fresh: Path, final: Path, aside: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        final.rename(aside)
    try:
        fresh.rename(final)
    except OSError:
        # Somebody else was faster with the same pack.
        if not (final / MANIFEST).is_file():
            raise


def _copy_error(error: OSError, source: Path, home: Path) -> Exception:
    if is_full(error):
        return refusal(error, packs_root(home), _ADD_AGAIN)
    return PackError(
        f"The model pack cannot be copied from {source} to {packs_root(home)}: {error}."
    )


def _read_manifest(directory: Path) -> PackManifest:
    path = directory / MANIFEST
    try:
        return PackManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise PackDamaged(
            f"{path} is not a pack's manifest ({where}: {first['msg']}): "
            "remove that directory and fetch or add the pack again."
        ) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise _unreadable(path, error) from error


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise _unreadable(path, error) from error


def _sha256_in_pack(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> PackError:
    return PackError(f"{path} cannot be read ({error.strerror}): check its permissions.")


def _damaged(pack: Pack, what: str) -> str:
    name = pack.manifest.name
    again = "lfr models fetch open" if name == "open" else f"lfr models add DIR --name {name}"
    return f"Model pack {name!r} is damaged: {what}; remove {pack.directory} and run `{again}`."


def _not_found(home: Path, name: str) -> str:
    there = ", ".join(map(repr, pack_names(home))) or "none"
    return (
        f"There is no model pack {name!r} in {packs_root(home)} (there: {there}); "
        "`lfr models fetch open` gets the open one, `lfr models add DIR` takes yours."
    )
