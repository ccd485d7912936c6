"""Find enrolled faces in footage archives: scan, search, and answers in SQL.

The front door:

    import lfr_batch as lfr

    stated = lfr.Authority("OP-1", "Insp. A. Example, ref 12/2026", "identify the suspect", "ae")
    lfr.enrol("custody", "custody/", stated)
    run = lfr.scan(["/archive/high-street"], "custody", stated)
    with lfr.open_results() as results:
        print(results.pandas("FROM sightings WHERE run_id = $run", {"run": run.run_id}))

Names are loaded when they are first used: ``import lfr_batch`` alone loads neither Ray nor a
decoder. Every error raised on purpose is an ``LfrError``, whose message is one sentence.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lfr_batch.version import __version__

if TYPE_CHECKING:
    from lfr_batch.errors import LfrError
    from lfr_batch.front.calibrate import Calibrated, Uncalibrated, calibrate, uncalibrate
    from lfr_batch.front.dry_run import DryRun
    from lfr_batch.front.enrolment import EnrolledGallery
    from lfr_batch.front.evaluate import FinishedEvaluation, evaluate
    from lfr_batch.front.export import Exported, export
    from lfr_batch.front.forget import forget
    from lfr_batch.front.gallery_check import CheckedGallery, check_gallery
    from lfr_batch.front.growing import GrownGallery
    from lfr_batch.front.report import WrittenReport, report
    from lfr_batch.front.results import Results, open_results
    from lfr_batch.front.runs import FinishedRun
    from lfr_batch.front.settings import Settings
    from lfr_batch.front.standing import Tick
    from lfr_batch.front.verbs import (
        add_to_gallery,
        enrol,
        foresee,
        resume,
        scan,
        scan_new,
        search,
        sync_gallery,
        watch,
    )
    from lfr_batch.oversight.authority import Authority
    from lfr_batch.oversight.forgotten import ForgetReceipt

__all__ = [
    "Authority",
    "Calibrated",
    "CheckedGallery",
    "DryRun",
    "EnrolledGallery",
    "Exported",
    "FinishedEvaluation",
    "FinishedRun",
    "ForgetReceipt",
    "GrownGallery",
    "LfrError",
    "Results",
    "Settings",
    "Tick",
    "Uncalibrated",
    "WrittenReport",
    "__version__",
    "add_to_gallery",
    "calibrate",
    "check_gallery",
    "enrol",
    "evaluate",
    "export",
    "foresee",
    "forget",
    "open_results",
    "report",
    "resume",
    "scan",
    "scan_new",
    "search",
    "sync_gallery",
    "uncalibrate",
    "watch",
]

_MODULES = {
    "Authority": "oversight.authority",
    "Calibrated": "front.calibrate",
    "CheckedGallery": "front.gallery_check",
    "DryRun": "front.dry_run",
    "EnrolledGallery": "front.enrolment",
    "Exported": "front.export",
    "FinishedEvaluation": "front.evaluate",
    "FinishedRun": "front.runs",
    "ForgetReceipt": "oversight.forgotten",
    "GrownGallery": "front.growing",
    "LfrError": "errors",
    "Results": "front.results",
    "Settings": "front.settings",
    "Tick": "front.standing",
    "Uncalibrated": "front.calibrate",
    "WrittenReport": "front.report",
    "add_to_gallery": "front.verbs",
    "calibrate": "front.calibrate",
    "check_gallery": "front.gallery_check",
    "enrol": "front.verbs",
    "evaluate": "front.evaluate",
    "export": "front.export",
    "foresee": "front.verbs",
    "forget": "front.forget",
    "open_results": "front.results",
    "report": "front.report",
    "resume": "front.verbs",
    "scan": "front.verbs",
    "scan_new": "front.verbs",
    "search": "front.verbs",
    "sync_gallery": "front.verbs",
    "uncalibrate": "front.calibrate",
    "watch": "front.verbs",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
