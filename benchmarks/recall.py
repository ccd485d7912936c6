"""Recall against sampling rate, detector input and motion gate: one setting changed at a time.

    python -m benchmarks.recall --home lfr-data [--data ../shared/data] [--out recall.json]
                                [--markdown] [--factor sampling] [--clips FOLDER] [--small]

Scans rendered clips with planted faces (``benchmarks.planted``) and, with ``--data``, real clips
with known answers. A plant is found if a sighting names its person while its best shot lies on the
planted face; any other sighting is false. "found" leaves out the plants that are smaller than
``quality.min_face_px``: the gate refuses them on purpose; their own column shows whether it does.
Cost is processor time for each second of footage, as a ratio to the defaults, which are scanned
anew for each table.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from rich.console import Console

from benchmarks.known_answers import KNOWN, known_gallery
from benchmarks.machine import describe_machine
from benchmarks.planted import CLIPS, DURATIONS_S, FACE_SIZES_PX, PEOPLE, SCENES, PlantedClip
from benchmarks.planted_film import RECIPE, build
from benchmarks.recall_scan import (
    Scan,
    Visit,
    enrol_gallery,
    false_sightings,
    scan,
    visits,
)
from benchmarks.tables import show
from lfr_batch.config.load import config_hash, override
from lfr_batch.config.schema import Config

Settings = Mapping[str, Any]
DEFAULT_FOLDER = Path("~/.cache/lfr-benchmarks").expanduser() / f"planted-{RECIPE}"
OTHERS_ENROLLED = 49

DEFAULT = "default"
FACTORS: Mapping[str, Mapping[str, Settings]] = {
    "sampling": {
        **{f"{fps:g} fps": {"footage.sample_fps": fps} for fps in (1.0, 2.0, 3.0, 5.0, 8.0, 12.5)},
        "every frame": {"footage.sample_fps": 0.0},
    },
    "detector input": {
        **{f"{px} px": {"detect.long_side_px": px} for px in (320, 480, 640, 960, 1280)},
        **{f"face_px {px:g}": {"detect.face_px": px} for px in (12.0, 16.0, 20.0, 24.0)},
    },
    "detector": {
        **{f"mixed, {s:g} s": {"detect.thorough_every_s": s} for s in (1.0, 2.0, 5.0)},
        **{
            f"{frames}, {px:g}": {"detect.frames": frames, "detect.face_px": px}
            for frames in ("quick", "thorough")
            for px in (16.0, 20.0, 24.0)
        },
    },
    "motion gate": {
        "off": {"footage.motion.enabled": False},
        **{f"luma {luma:g}": {"footage.motion.changed_luma": luma} for luma in (3.0, 6.0, 12.0)},
        **{f"skip {skip:g} s": {"footage.motion.max_skip_s": skip} for skip in (1.0, 2.0, 5.0)},
        "whole frames": {"footage.motion.regions": False},
    },
}
SMALL = ("2 fps", "12.5 fps", "640 px", "face_px 16", "off")


@dataclass(frozen=True, slots=True)
class Share:
    found: int
    of: int

    def __str__(self) -> str:
        return f"{self.found}/{self.of}" if self.of else "–"


@dataclass(frozen=True, slots=True)
class Row:
    """What one configuration found and what it cost."""

    setting: str
    found: Share
    """Of the plants that the quality gate accepts."""
    by_size: Mapping[int, Share]
    by_duration: Mapping[float, Share]
    """Of the plants that the gate accepts, by the longest of these that they were visible for."""
    known: Share
    """Of the people to be found in the real clips."""
    false: int
    """Sightings of nobody who is there, planted and real."""
    mean_score: float
    """Over the plants that were found."""
    frames_analysed: int
    cpu_s_per_media_s: float
    wall_s_per_media_s: float


@dataclass(frozen=True, slots=True)
class Material:
    """Footage with known answers; ``data`` is None where there is no real footage."""

    home: Path
    clips: Sequence[PlantedClip]
    folder: Path
    data: Path | None


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="lfr-recall-") as temporary:
        material = prepare(asked, Path(temporary), console.log)
        rows: list[dict[str, object]] = []
        for factor, configs in chosen(asked).items():
            of_factor = measure(material, configs, asked.repeats, console.log)
            show(cells(factor, of_factor), markdown=asked.markdown)
            rows += [{"factor": factor, **asdict(row)} for row in of_factor]
    if asked.out:
        document = {
            "machine": describe_machine(),
            "defaults": config_hash(Config()),
            "plants": [asdict(clip) for clip in material.clips],
            "rows": rows,
        }
        asked.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--home", type=Path, required=True, help="home with the open model pack")
    parser.add_argument("--data", type=Path, help="folder of the real footage")
    parser.add_argument("--clips", type=Path, default=DEFAULT_FOLDER, help="rendered clips")
    parser.add_argument("--out", type=Path, help="write figures as JSON")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    parser.add_argument("--factor", choices=[*FACTORS], action="append", help="only this; repeats")
    parser.add_argument("--repeats", type=int, default=1, help="cost is the median of so many")
    parser.add_argument("--small", action="store_true", help="few settings on the short scenes")
    return parser


def chosen(asked: argparse.Namespace) -> dict[str, dict[str, Config]]:
    """By factor, the configurations to measure by name, the defaults first."""
    factors: dict[str, dict[str, Config]] = {}
    for factor, settings in FACTORS.items():
        names = [name for name in settings if not asked.small or name in SMALL]
        if names and factor in (asked.factor or FACTORS):
            changed = {name: override(Config(), settings[name]) for name in names}
            factors[factor] = {DEFAULT: Config(), **changed}
    return factors


def prepare(asked: argparse.Namespace, temporary: Path, say: Callable[[str], None]) -> Material:
    """Render what is not there yet; enrol into a home of its own that is thrown away."""
    clips = SCENES if asked.small else CLIPS
    say(f"planted clips in {asked.clips} (rendered once)")
    images = build(asked.clips, asked.home / "cache" / "archives", clips)
    (temporary / "models").symlink_to((asked.home / "models").resolve())
    _enrol(temporary, "planted", images)
    if asked.data is not None:
        (temporary / "images").mkdir()
        known = known_gallery(asked.data.resolve(), temporary / "images", OTHERS_ENROLLED)
        _enrol(temporary, "known", known)
    return Material(temporary, clips, asked.clips, asked.data)


def _enrol(home: Path, gallery: str, images: Path) -> None:
    refused = enrol_gallery(home, gallery, images)
    if refused:
        raise SystemExit(f"not enrolled: {'; '.join(refused)}")


def measure(
    material: Material, configs: Mapping[str, Config], repeats: int, say: Callable[[str], None]
) -> list[Row]:
    """A row for every configuration; those that are the same are scanned once."""
    done: dict[str, Row] = {}
    rows: list[Row] = []
    for name, config in configs.items():
        key = config_hash(config)
        if key not in done:
            say(f"scanning: {name}")
            done[key] = _row(name, material, [_scans(material, config) for _ in range(repeats)])
        rows.append(_renamed(done[key], name))
    return rows


def _renamed(row: Row, name: str) -> Row:
    return Row(**{field: getattr(row, field) for field in Row.__slots__} | {"setting": name})


def _scans(material: Material, config: Config) -> tuple[Scan, Scan | None]:
    """Of the planted and of the real clips."""
    with tempfile.TemporaryDirectory(dir=material.home) as root:
        planted = scan(
            [material.folder / clip.file for clip in material.clips],
            "planted",
            config,
            material.home,
            Path(root) / "planted",
        )
        if material.data is None:
            return planted, None
        real = [material.data / path for path in KNOWN]
        return planted, scan(real, "known", config, material.home, Path(root) / "known")


def _row(name: str, material: Material, scans: Sequence[tuple[Scan, Scan | None]]) -> Row:
    planted, real = scans[0]
    plants = [
        visit
        for visit in visits(material.clips, planted.found)
        if PEOPLE[visit.plant.person].enrolled
    ]
    accepted = [v for v in plants if v.plant.face_px >= Config().quality.min_face_px]
    scores = [visit.score for visit in plants if visit.found]
    pairs = [[one for one in both if one is not None] for both in scans]
    return Row(
        setting=name,
        found=_share(accepted),
        by_size={px: _share([v for v in plants if v.plant.face_px == px]) for px in FACE_SIZES_PX},
        by_duration=dict(_by_duration(accepted)),
        known=_known(real),
        false=len(false_sightings(material.clips, planted.found)) + _strays(real),
        mean_score=fmean(scores) if scores else 0.0,
        frames_analysed=sum(one.frames_analysed for one in pairs[0]),
        cpu_s_per_media_s=median(sum(s.cpu_s for s in p) / _media_s(p) for p in pairs),
        wall_s_per_media_s=median(sum(s.wall_s for s in p) / _media_s(p) for p in pairs),
    )


def _media_s(scans: Sequence[Scan]) -> float:
    return sum(one.media_s for one in scans)


def _share(plants: Sequence[Visit]) -> Share:
    return Share(sum(bool(visit.found) for visit in plants), len(plants))


def _by_duration(plants: Sequence[Visit]) -> Iterator[tuple[float, Share]]:
    for least_s, next_s in zip(DURATIONS_S, (*DURATIONS_S[1:], float("inf")), strict=True):
        yield least_s, _share([v for v in plants if least_s <= v.plant.visible_s + 1e-6 < next_s])


def _known(real: Scan | None) -> Share:
    wanted = {(Path(path).name, who) for path, people in KNOWN.items() for who in people}
    if real is None:
        return Share(0, 0)
    return Share(len(wanted & {(one.file, one.subject_id) for one in real.found}), len(wanted))


def _strays(real: Scan | None) -> int:
    known = {Path(path).name: people for path, people in KNOWN.items()}
    found = real.found if real is not None else ()
    return sum(one.subject_id not in known[one.file] for one in found)


def cells(factor: str, rows: Sequence[Row]) -> list[list[str]]:
    """The table as text, its head first; costs are relative to the first row's."""
    head = [factor, "found", *(f"{px} px" for px in FACE_SIZES_PX)]
    head += [*(f"{s:g} s" for s in DURATIONS_S), "real", "false", "score", "frames", "cost"]
    return [head, *(_cells(row, rows[0]) for row in rows)]


def _cells(row: Row, default: Row) -> list[str]:
    return [
        row.setting,
        str(row.found),
        *(str(share) for share in row.by_size.values()),
        *(str(share) for share in row.by_duration.values()),
        str(row.known),
        str(row.false),
        f"{row.mean_score:.3f}",
        str(row.frames_analysed),
        f"{row.cpu_s_per_media_s / default.cpu_s_per_media_s:.2f}",
    ]


if __name__ == "__main__":
    main()
