"""What the GPU's benchmarks are told on the command line, and the home they work in."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gpu.bench import Bench, Scene
from lfr_batch.errors import DeviceUnavailable, UsageError
from lfr_batch.models.devices import cuda_is_usable

SCENES: dict[Scene, str] = {"street": "street", "wall": "cctv_static"}
LINKED = ("models", "cache")
TEMPLATES = (1_000_000, 10_000_000)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, default=Path("lfr-data"), help="has the models")
    parser.add_argument("--pack", default="open")
    parser.add_argument("--clip", type=Path, help="a clip in which something moves always")
    parser.add_argument("--static", type=Path, help="a clip in which little moves")
    parser.add_argument("--pictures", type=Path, help="a folder as `lfr gallery enrol` takes it")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--templates", type=int, nargs="+", help="1 M and 10 M unless said")
    parser.add_argument("--quick", action="store_true", help="shorter; 1 M templates unless said")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the product, as `lfr --set` takes it",
    )


@contextmanager
def opened_bench(arguments: argparse.Namespace) -> Iterator[Bench]:
    """Raises DeviceUnavailable without a GPU that is asked for, UsageError."""
    require_gpu(arguments.device)
    home = arguments.home.resolve()
    if not (home / "models").is_dir():
        raise UsageError(f"{home} has no models: give --home, or fetch them with `lfr models`.")
    clips, pictures = clips_of(arguments), arguments.pictures
    with tempfile.TemporaryDirectory(prefix="lfr-gpu-") as scratch:
        yield Bench(
            home=own_home(home, Path(scratch)),
            scratch=Path(scratch),
            pack=arguments.pack,
            device=arguments.device,
            clips=clips,
            pictures=pictures and pictures.resolve(),
            templates=tuple(arguments.templates or TEMPLATES[: 1 if arguments.quick else None]),
            settings=tuple(arguments.settings),
            quick=arguments.quick,
        )


def require_gpu(device: str) -> None:
    if device == "cuda" and not cuda_is_usable():
        raise DeviceUnavailable(
            "No GPU can be used here, so nothing was measured: on a machine with one, "
            "`make setup-gpu` installs what is needed."
        )


def own_home(home: Path, scratch: Path) -> Path:
    """With the other's models and its cache, which are links."""
    own = scratch / "home"
    own.mkdir()
    for name in LINKED:
        if (home / name).is_dir():
            (own / name).symlink_to(home / name)
    return own


def clips_of(arguments: argparse.Namespace) -> dict[Scene, Path]:
    """Those that are named; where none is, those that are rendered."""
    given: dict[Scene, Path | None] = {"street": arguments.clip, "wall": arguments.static}
    named = {scene: path.resolve() for scene, path in given.items() if path is not None}
    for path in named.values():
        if not path.is_file():
            raise UsageError(f"{path} is no file: name a clip that is there.")
    return named or rendered()


def rendered() -> dict[Scene, Path]:
    from benchmarks.clips import DEFAULT_FOLDER, render_clips  # noqa: PLC0415 - slow import

    paths = render_clips(DEFAULT_FOLDER, DEFAULT_FOLDER / "archives", tuple(SCENES.values()))
    return {scene: paths[name] for scene, name in SCENES.items()}
